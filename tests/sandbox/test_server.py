"""The sandbox on a real port: in a thread, and in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from imagine_async import sandbox as sandbox_package
from imagine_async.sandbox import SandboxSettings, __main__, running_sandbox, serve
from imagine_async.sandbox.engines import Engine
from imagine_async.sandbox.server import RunningSandbox

if TYPE_CHECKING:
    from tests.flat_engine import FlatEngine
    from tests.sandbox.conftest import Bench

FORM = {"prompt": (None, "a red fox"), "style": (None, "anime"), "seed": (None, "7")}
LIMITS = "--credits none --rate-limit 5/s --side 99 --reply-form url --video-seconds 0.5"


def _generate(base_url: str, key: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.post(f"{base_url}/v2/image/generations", files=FORM, headers=headers, timeout=60)


def test_public_names() -> None:
    """These names, and no others, are what the package offers."""
    names = ["BooksError", "Plan", "RunningSandbox", "SandboxSettings", "create_app", "running_sandbox", "serve"]
    assert sandbox_package.__all__ == names
    assert all(hasattr(sandbox_package, name) for name in names)


def test_running(running: RunningSandbox) -> None:
    """A running sandbox answers at its base URL, to its key, and tells its books in both ways."""
    before = running.books()["accounts"][0]["calls"]
    reply = _generate(running.base_url, running.key)
    assert reply.status_code == 200
    assert reply.content.startswith(b"\xff\xd8\xff")
    assert running.books()["accounts"][0]["calls"] == before + 1
    assert httpx.get(f"{running.base_url}/_sandbox/books").json() == running.books()


def test_key_is_not_shown(running: RunningSandbox) -> None:
    """The repr of a running sandbox does not show its key."""
    assert running.key not in repr(running)


@pytest.fixture
def bench_engine(bench: Bench) -> FlatEngine:
    return bench.engine


def test_two_at_once_and_gone_after(bench_engine: FlatEngine) -> None:
    """Sandboxes take different free ports, and are gone after their block."""
    with running_sandbox(engine=bench_engine) as first, running_sandbox(engine=bench_engine) as second:
        assert first.base_url != second.base_url
        assert httpx.get(f"{first.base_url}/_sandbox/books").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{first.base_url}/_sandbox/books")


def test_stops_after_an_error(bench_engine: FlatEngine) -> None:
    """The sandbox is stopped when its block raises, and the error is not swallowed."""
    with pytest.raises(ZeroDivisionError), running_sandbox(engine=bench_engine) as sandbox:
        raise ZeroDivisionError
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{sandbox.base_url}/_sandbox/books")


def test_stops_with_idle_connections(bench_engine: FlatEngine) -> None:
    """A client that keeps its connection open does not keep the sandbox from stopping."""
    with httpx.Client() as client, running_sandbox(engine=bench_engine) as sandbox:
        assert client.get(f"{sandbox.base_url}/_sandbox/books").status_code == 200


def test_ipv6(bench_engine: FlatEngine) -> None:
    """An IPv6 address stands in brackets in the base URL."""
    if not _has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    with running_sandbox(host="::1", engine=bench_engine) as sandbox:
        assert sandbox.base_url.startswith("http://[::1]:")
        assert httpx.get(f"{sandbox.base_url}/_sandbox/books").status_code == 200


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_many_requests_on_one_connection(running: RunningSandbox) -> None:
    """One connection serves replies of success and of failure in turn."""
    headers = {"authorization": f"Bearer {running.key}"}
    with httpx.Client(base_url=running.base_url, headers=headers) as client:
        for _ in range(3):
            assert client.post("/v2/image/generations", files=FORM).status_code == 200
            assert client.post("/v2/image/nothing", files=FORM).status_code == 404
            assert client.post("/v2/image/enhance", files=FORM).status_code == 400


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_returns(bench_engine: FlatEngine, number: signal.Signals) -> None:
    """A served sandbox announces itself, answers, returns on a signal, and leaves signals as they were."""
    before, replies = signal.getsignal(number), []

    def ask_and_stop(base_url: str, key: str) -> None:
        replies.append(_generate(base_url, key).status_code)
        os.kill(os.getpid(), number)

    def announce(base_url: str, key: str) -> None:
        threading.Thread(target=ask_and_stop, args=(base_url, key)).start()

    serve(port=0, announce=announce, engine=bench_engine)
    assert replies == [200]
    assert signal.getsignal(number) is before


def test_program_hands_on_its_arguments(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The program serves what its arguments say, and announces a URL and a key in one line."""
    asked: list[dict[str, Any]] = []

    def serve_nothing(
        settings: SandboxSettings, *, announce: Callable[[str, str], None], engine: Engine, **rest: Any
    ) -> None:
        asked.append({"settings": settings, "engine": type(engine).__name__, **rest})
        announce("http://127.0.0.1:1", settings.keys[0])

    monkeypatch.setattr(__main__, "serve", serve_nothing)
    __main__.main([])
    __main__.main(["--host", "h", "--port", "1", "--key", "a", "--key", "b", "--engine", "cv", *LIMITS.split()])
    assert asked == [
        {"settings": SandboxSettings(), "engine": "ProceduralEngine", "host": "127.0.0.1", "port": 8787},
        {
            "settings": SandboxSettings(
                keys=("a", "b"), credits=None, rate_limit="5/s", side=99, reply_form="url", video_seconds=0.5
            ),
            "engine": "CvEngine",
            "host": "h",
            "port": 1,
        },
    ]
    assert capsys.readouterr().out == "http://127.0.0.1:1 vk-sandbox\nhttp://127.0.0.1:1 a\n"


@contextmanager
def _process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    command = [sys.executable, "-m", "imagine_async.sandbox", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base_url, _, key = process.stdout.readline().strip().partition(" ")
            yield process, base_url, key
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_process(number: signal.Signals) -> None:
    """The program prints one line with its URL and key, serves, and stops on a signal without a word."""
    with _process("--key", "vk-other", "--side", "32", "--credits", "9", "--rate-limit", "none") as running:
        process, base_url, key = running
        assert key == "vk-other"
        reply = _generate(base_url, key)
        assert (reply.status_code, "x-ratelimit-limit" in reply.headers) == (200, False)
        assert _generate(base_url, key).status_code == 402
        process.send_signal(number)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--side", "3"], "side: a whole number from 16"),
        (["--rate-limit", "fast"], "a rate limit reads like"),
        (["--credits", "many"], "invalid"),
        (["--reply-form", "xml"], "invalid choice"),
        (["--video-seconds", "-1"], "video_seconds: a number of seconds from 0"),
        (["--port", "0", "--host", "256.0.0.1"], ""),
    ],
)
def test_bad_arguments(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments that cannot work end the program with one message and no traceback."""
    with pytest.raises(SystemExit) as stopped:
        __main__.main(arguments)
    assert stopped.value.code == 2
    assert complaint in capsys.readouterr().err


def test_taken_port(running: RunningSandbox, bench_engine: FlatEngine) -> None:
    """A port that is taken raises an error that says so."""
    port = int(running.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"), running_sandbox(port=port, engine=bench_engine):
        pass


def test_replies_do_not_wait_for_acknowledgements(running: RunningSandbox) -> None:
    """A reply's body does not wait for its header's delayed acknowledgement, which takes 40 ms on Linux."""
    headers = {"authorization": f"Bearer {running.key}"}
    with httpx.Client(base_url=running.base_url, headers=headers) as client:
        client.post("/v2/image/generations", files=FORM)
        times = [client.post("/v2/image/generations", files=FORM).elapsed.total_seconds() for _ in range(20)]
    assert min(times) < 0.03
