"""A TCP proxy that breaks calls at a named point, over real sockets, before a server that keeps books.

Up to that point everything passes as it is. So the server behind has read, done and charged what a server in the wild
would have, and its own books can judge what a client makes of the fault.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, Self
from urllib.parse import urlsplit

from imagine_async.testing.fault_plans import DropPoint, Fault, Plan
from imagine_async.testing.proxied_call import Way

__all__ = ["FaultProxy"]

_MOMENT_SECONDS = 0.05
_THREAD_NAME = "fault-proxy"


class FaultProxy:
    """A TCP proxy on 127.0.0.1 that breaks calls as planned; it listens for the length of a `with` block.

    It takes HTTP/1.1, with a `Content-Length` or in chunks. Every connection from a client has one of its own to the
    server behind, and a thread. A message is held in memory until it is whole.

    Args:
        target: The base URL of the server behind; `http` alone.
        plan: Tells the fault of each request.
        patience: Seconds to wait for the next byte of either side.
        sleep: Waits so many seconds, for tests; `None` for a wait that ends when the proxy is closed.

    Raises:
        ValueError: The target is no `http` URL.

    Example:
        with running_sandbox() as sandbox:
            with FaultProxy(sandbox.base_url, always(Fault(DropPoint.IN_BODY))) as proxy:
                client = AsyncImagine(sandbox.key, base_url=proxy.url)
    """

    def __init__(
        self, target: str, plan: Plan, *, patience: float = 20.0, sleep: Callable[[float], None] | None = None
    ) -> None:
        self._target = _address(target)
        self._plan = plan
        self._patience = patience
        self._closing = threading.Event()
        self._sleep = self._until_closing if sleep is None else sleep
        self._lock = threading.Lock()
        self._struck: Counter[Fault] = Counter()
        self._connections = count(1)
        self._ends: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._listener = _bound(0)
        self._port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """The base URL; it stays the same while connections are refused."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def struck(self) -> Counter[Fault]:
        """How often each fault has struck, and under `SOUND` how many requests passed."""
        with self._lock:
            return self._struck.copy()

    def listen(self) -> None:
        """Take connections."""
        self._listener.listen(2048)
        self._start(self._accept, self._listener)

    def refuse(self) -> None:
        """Take no further connections: whoever tries is refused. Those that were taken go on."""
        _shut(self._listener)
        # Bound and deaf, so that meanwhile nobody else is given the port.
        self._listener = _bound(self._port)

    def close(self) -> None:
        """Cut every connection, and wait until the threads have ended."""
        self._closing.set()
        _shut(self._listener)
        while threads := self._running():
            # Again and again: some may only just have been accepted.
            self._cut()
            threads[0].join(_MOMENT_SECONDS)

    def __enter__(self) -> Self:
        """Listen for the length of a block."""
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _start(self, work: Callable[..., None], *about: Any) -> None:
        thread = threading.Thread(target=work, args=about, name=_THREAD_NAME, daemon=True)
        with self._lock:
            self._threads = {each for each in self._threads if each.is_alive()} | {thread}
            # Within the lock: a thread that has not begun is not alive.
            thread.start()

    def _running(self) -> list[threading.Thread]:
        with self._lock:
            return [each for each in self._threads if each.is_alive()]

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._start(self._serve, client, next(self._connections))

    def _serve(self, client: socket.socket, connection: int) -> None:
        with client, contextlib.suppress(OSError), self._onward() as onward:
            client.settimeout(self._patience)
            onward.settimeout(self._patience)
            # Watched before it is made: making it may take long where nobody answers.
            self._watch(client, onward)
            try:
                onward.connect(self._target)
                self._carry(Way(client, onward, self._sleep), connection)
            finally:
                self._forget(client, onward)

    def _onward(self) -> socket.socket:
        return socket.socket(socket.AF_INET6 if ":" in self._target[0] else socket.AF_INET)

    def _carry(self, way: Way, connection: int) -> None:
        requests = count(1)
        while self._passes(way, self._plan(connection, next(requests))):
            pass

    def _passes(self, way: Way, fault: Fault) -> bool:
        """Carry one request; tell whether the connection goes on."""
        if fault.point is not DropPoint.IDLE and not way.awaits_request():
            return False
        with self._lock:
            self._struck[fault] += 1
        return way.carries(fault)

    def _until_closing(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            raise ConnectionError("the proxy is closed")

    def _cut(self) -> None:
        with self._lock:
            for end in self._ends:
                _shut_down(end)

    def _watch(self, *ends: socket.socket) -> None:
        with self._lock:
            self._ends.update(ends)

    def _forget(self, *ends: socket.socket) -> None:
        with self._lock:
            self._ends.difference_update(ends)


def _address(target: str) -> tuple[str, int]:
    parts = urlsplit(target)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"target: a base URL such as http://127.0.0.1:8787, not {target!r}")
    return parts.hostname, parts.port or 80


def _bound(port: int) -> socket.socket:
    """Bind a socket that does not listen yet: whoever connects is refused."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def _shut(listener: socket.socket) -> None:
    # A plain close does not wake the thread that is blocked in accept().
    _shut_down(listener)
    listener.close()


def _shut_down(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
