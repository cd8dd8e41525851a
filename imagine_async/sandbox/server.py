"""The sandbox on a port: in the foreground for people, in a thread for tests, demos and examples."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from attrs import field, frozen
from starlette.applications import Starlette

from imagine_async.sandbox.accounts import Accounts
from imagine_async.sandbox.app import create_app
from imagine_async.sandbox.calls.log import CallLog
from imagine_async.sandbox.patience import PatientProtocol
from imagine_async.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from imagine_async.sandbox.engines import Engine
    from imagine_async.sandbox.faults.loading import GivenFaults

__all__ = ["RunningSandbox", "running_sandbox", "serve"]

# Longer than any client keeps an idle connection, so that it is never the server that closes under a request.
_KEEP_ALIVE_SECONDS = 30
_GRACE_SECONDS = 10
_ALL = 2**31
_STOPPING = (signal.SIGINT, signal.SIGTERM)


@frozen
class RunningSandbox:
    """A sandbox that listens.

    Args:
        base_url: Where, for example `http://127.0.0.1:49152`.
        key: A key that it lets in.
        app: Its application.
    """

    base_url: str
    key: str = field(repr=False)
    app: Starlette

    def books(self) -> dict[str, Any]:
        """Return what every account was charged, as `GET /_sandbox/books` does."""
        return cast("Accounts", self.app.state.accounts).books()

    def calls(self) -> list[dict[str, Any]]:
        """Return the latest calls, the last change last, as `GET /_sandbox/calls` does."""
        return [call.as_data() for call in cast("CallLog", self.app.state.calls).since(0, _ALL)]


class _Server(uvicorn.Server):
    """A server that says when it accepts connections and can be stopped."""

    def __init__(self, app: Starlette, when_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                # Named, so that what else is installed changes nothing: only this one caps the length of a head.
                http=PatientProtocol,
                ws="none",
                lifespan="off",
                access_log=False,
                log_level="warning",
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # By now uvicorn listens to signals: whoever is told may send one at once.
        self._when_ready()


def serve(
    settings: SandboxSettings | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 8787,
    announce: Callable[[str, str], None],
    engine: Engine | None = None,
    faults: GivenFaults | None = None,
) -> None:
    """Serve a sandbox until SIGINT or SIGTERM; call it from the main thread.

    Args:
        settings: What the sandbox accepts, charges and paints.
        host: The address to listen at.
        port: The port to listen at; 0 for any free one.
        announce: Is called once, with the base URL and a key, when the port is open.
        engine: What paints; the procedural engine by default.
        faults: Faults to commit, as for `create_app`.

    Raises:
        FaultsError: The faults cannot be read, or hold what is no rule.
        OSError: The address cannot be listened at, for example because the port is taken.
    """
    settings = SandboxSettings() if settings is None else settings
    # The port first: if it is taken, that is known before the engine's slow import.
    with _listener(host, port) as listener, _quiet_signals():
        app = create_app(settings, engine=engine, faults=faults)
        try:
            _Server(app, lambda: announce(_base_url(host, listener), settings.keys[0])).run([listener])
        finally:
            app.state.accounts.close()


@contextmanager
def running_sandbox(
    settings: SandboxSettings | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    engine: Engine | None = None,
    clock: Callable[[], float] = time.monotonic,
    faults: GivenFaults | None = None,
) -> Generator[RunningSandbox, None, None]:
    """Run a sandbox in a thread of its own while a block runs.

    Args:
        settings: What the sandbox accepts, charges and paints.
        host: The address to listen at.
        port: The port to listen at; 0 for any free one.
        engine: What paints; the procedural engine by default.
        clock: Seconds on a clock that never steps back, for the rate limit, the video jobs and the URLs of results.
        faults: Faults to commit, as for `create_app`.

    Yields:
        The sandbox, ready for requests.

    Raises:
        FaultsError: The faults cannot be read, or hold what is no rule.
        OSError: The address cannot be listened at.
    """
    settings = SandboxSettings() if settings is None else settings
    with _listener(host, port) as listener:
        app = create_app(settings, engine=engine, clock=clock, faults=faults)
        ready = threading.Event()
        server = _Server(app, ready.set)
        thread = threading.Thread(target=server.run, args=([listener],), name="imagine-sandbox", daemon=True)
        thread.start()
        _wait_until(ready, thread)
        try:
            yield RunningSandbox(_base_url(host, listener), settings.keys[0], app)
        finally:
            server.should_exit = True
            thread.join()
            app.state.accounts.close()


def _wait_until(ready: threading.Event, thread: threading.Thread) -> None:
    """Wait for a server that starts, but not for one that has failed to."""
    while thread.is_alive() and not ready.is_set():
        ready.wait(0.1)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # Connections inherit it. asyncio would set it only on sockets made with an explicit protocol number, and without
    # it the second write of a reply waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _base_url(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing; `signal.SIG_IGN` would be inherited by child processes."""


@contextmanager
def _quiet_signals() -> Generator[None, None, None]:
    """Keep uvicorn, which stops cleanly and then raises the signal again, from ending in a traceback."""
    before = {number: signal.signal(number, _ignore) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
