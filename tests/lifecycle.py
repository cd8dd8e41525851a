"""What the lifecycle tests share: children with a script, and what a process has open."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from typing import TypedDict

from attrs import define, field

from imagine_async import NO_RETRY, RetryPolicy
from tests.samples import png_bytes
from tests.scripted_server import read_request, reply, scripted_server

__all__ = ["PLAIN", "HangingServer", "Options", "finish", "hanging_server", "nothing_left_open", "said_by", "start"]


class Options(TypedDict):
    """The options that the rows of the matrix need."""

    rate_limit: None
    retry: RetryPolicy


PLAIN: Options = {"rate_limit": None, "retry": NO_RETRY}
"""A client that neither paces nor resends, so that every fault shows."""

# From 3.12 on Python warns of every fork beside threads, which is what some of these tests are about.
_STRICT = [sys.executable, "-X", "dev", "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c"]
# In development mode asyncio remarks on every callback that a busy machine made slow.
_QUIET = "import logging; logging.getLogger('asyncio').setLevel(logging.ERROR)\n"
_SECONDS = 30


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a script in a child, where every warning is an error.

    Args:
        script: Its text, indented or not.
        *arguments: What it finds in `sys.argv[1:]`.

    Returns:
        The child; it may read its standard input to wait until `finish` is called.
    """
    # Not measured for coverage: a signal that strikes while the tracer runs is lost now and then, and never without it.
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.Popen(
        [*_STRICT, _QUIET + textwrap.dedent(script), *arguments],
        env=untraced,
        # A group of its own, so that what hangs can be ended with its children.
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    """Wait for a child, which must end with a code in time, and return what it wrote to stdout and stderr."""
    try:
        out, err = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"the process hangs\n{out}\n{err}") from None
    assert process.returncode == code, err
    return out, err


def said_by(script: str, *arguments: str) -> str:
    """Run a script that must end well and silently, and return what it wrote to stdout."""
    out, err = finish(start(script, *arguments))
    assert not err, err
    return out


def _open_sockets() -> int:
    count = 0
    for number in range(1024):
        with contextlib.suppress(OSError):
            count += stat.S_ISSOCK(os.fstat(number).st_mode)
    return count


@contextlib.contextmanager
def nothing_left_open() -> Iterator[None]:
    """See to it that a block leaves no socket open, and that nothing it leaves to the garbage collector complains."""
    gc.collect()
    before = _open_sockets()
    yield
    gc.collect()
    deadline = time.monotonic() + 5
    # A server in this process closes its end a moment later than the client.
    while _open_sockets() > before and time.monotonic() < deadline:
        time.sleep(0.005)
    assert _open_sockets() <= before


@define
class HangingServer:
    """Answers some calls with a picture, keeps the others waiting, and knows when their connections were closed.

    Args:
        url: The base URL.
        answers: How many more calls to answer.
        together: How many calls must have come before any is answered.
        calls: Calls that have come whole.
        left: The times, on the monotonic clock, at which callers that waited went away.
    """

    answers: int
    together: int = 1
    url: str = ""
    calls: int = 0
    left: list[float] = field(factory=list)
    _waiting: int = 0
    _changed: threading.Condition = field(factory=threading.Condition)

    def serve(self, connection: socket.socket) -> None:
        """Serve one connection."""
        while True:
            read_request(connection)
            with self._changed:
                self.calls += 1
                answered = self.answers > 0
                self.answers -= answered
                self._waiting += not answered
                self._changed.notify_all()
                assert self._changed.wait_for(lambda: self.calls >= self.together, _SECONDS)
            if not answered:
                return self._wait_for_the_end(connection)
            connection.sendall(reply(png_bytes()))

    def wait_for_calls(self, count: int) -> None:
        """Wait until so many calls have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.calls >= count, _SECONDS)

    def wait_until_left(self) -> int:
        """Wait until no caller waits any more; return how many went away."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._waiting, _SECONDS), "a call goes on at the server"
            return len(self.left)

    def _wait_for_the_end(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        # One that went away with a reset has gone as well.
        with contextlib.suppress(OSError):
            connection.recv(1)
        now = time.monotonic()
        with self._changed:
            self._waiting -= 1
            self.left.append(now)
            self._changed.notify_all()


@contextlib.contextmanager
def hanging_server(*, answers: int, together: int = 1) -> Iterator[HangingServer]:
    """Run a server that answers some calls, once so many have come together, and keeps the others waiting."""
    hanging = HangingServer(answers, together)
    with scripted_server(hanging.serve) as server:
        hanging.url = server.url
        yield hanging
