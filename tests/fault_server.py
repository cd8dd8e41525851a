"""A TCP proxy that breaks calls at a named point, over real sockets, before a server that keeps books.

Up to that point everything passes as it is. So the server behind has read, done and charged what a server in the wild
would have, and its own books can judge what a client makes of the fault.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, Self
from urllib.parse import urlsplit

from attrs import frozen

from tests.fault_plans import Fault, FaultPoint, Plan

__all__ = ["FaultServer"]

_PATIENCE_SECONDS = 20.0
_MOMENT_SECONDS = 0.05
_PIECE_BYTES = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"


class FaultServer:
    """A TCP proxy on 127.0.0.1 that breaks calls as planned; it listens for the length of a `with` block.

    It takes HTTP/1.1 with a `Content-Length`; a message without one has no body. Every connection from a client has
    one of its own to the server behind, and a thread.

    Args:
        target: The base URL of the server behind; `http` alone.
        plan: Tells the fault of each request.

    Example:
        with running_sandbox() as sandbox:
            with FaultServer(sandbox.base_url, always(Fault(FaultPoint.IN_BODY))) as server:
                client = AsyncImagine(sandbox.key, base_url=server.url)
    """

    def __init__(self, target: str, plan: Plan) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._plan = plan
        self._lock = threading.Lock()
        self._struck: Counter[Fault] = Counter()
        self._connections = count(1)
        self._ends: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
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
        _shut(self._listener)
        for thread in self._threads:
            while thread.is_alive():
                # Again and again: some may only just have been accepted.
                self._cut()
                thread.join(_MOMENT_SECONDS)

    def __enter__(self) -> Self:
        """Listen for the length of a block."""
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _start(self, work: Callable[..., None], *about: Any) -> None:
        thread = threading.Thread(target=work, args=about, name="fault-server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._start(self._serve, client, next(self._connections))

    def _serve(self, client: socket.socket, connection: int) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(_PATIENCE_SECONDS)
            with socket.create_connection(self._target, _PATIENCE_SECONDS) as onward:
                self._watch(client, onward)
                try:
                    self._carry(_Way(client, onward), connection)
                finally:
                    self._forget(client, onward)

    def _carry(self, way: _Way, connection: int) -> None:
        requests = count(1)
        while self._passes(way, self._plan(connection, next(requests))):
            pass

    def _passes(self, way: _Way, fault: Fault) -> bool:
        """Carry one request; tell whether the connection goes on."""
        if not way.takes_request(fault):
            return False
        with self._lock:
            self._struck[fault] += 1
        return way.carries(fault)

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


@frozen
class _Way:
    """The two connections that requests go over, one after the other."""

    client: socket.socket
    onward: socket.socket

    def takes_request(self, fault: Fault) -> bool:
        """Wait for the first byte of a request and leave it unread; a fault before it strikes without."""
        return fault.point is FaultPoint.IDLE or bool(self.client.recv(1, socket.MSG_PEEK))

    def carries(self, fault: Fault) -> bool:
        """Carry a request and its reply as far as they get; tell whether the connection goes on."""
        self.client.sendall(self._passing(fault.point))
        if fault.point is FaultPoint.NONE:
            return True
        # First the server behind: it shall not be read on while a client already tells of the fault.
        self.onward.close()
        (_reset if fault.resets else _end)(self.client)
        return False

    def _passing(self, point: FaultPoint) -> bytes:
        """Send the request on, and return what gets through of the reply."""
        if point in (FaultPoint.IDLE, FaultPoint.BEFORE_HEADERS):
            return b""
        head = _head(self.client)
        length = _content_length(head)
        if point is FaultPoint.DURING_UPLOAD:
            self.onward.sendall(head + _exactly(self.client, length // 2))
            return b""
        self.onward.sendall(head + _exactly(self.client, length))
        head = _head(self.onward)
        body = _exactly(self.onward, _content_length(head))
        return _beginning(point, head, body)


def _beginning(point: FaultPoint, head: bytes, body: bytes) -> bytes:
    if point is FaultPoint.AFTER_UPLOAD:
        return b""
    if point is FaultPoint.AFTER_HEADERS:
        return head
    return head + (body[: len(body) // 2] if point is FaultPoint.IN_BODY else body)


def _head(end: socket.socket) -> bytes:
    """Read up to the end of the headers, and leave what follows."""
    head = b""
    while not head.endswith(_END_OF_HEAD):
        seen = head + end.recv(_PIECE_BYTES, socket.MSG_PEEK)
        place = seen.find(_END_OF_HEAD)
        whole = len(seen) if place < 0 else place + len(_END_OF_HEAD)
        head += _exactly(end, max(1, whole - len(head)))
    return head


def _exactly(end: socket.socket, length: int) -> bytes:
    """Read so many bytes."""
    data = bytearray()
    while len(data) < length:
        piece = end.recv(min(_PIECE_BYTES, length - len(data)))
        if not piece:
            raise ConnectionError("the other side has closed")
        data += piece
    return bytes(data)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _end(end: socket.socket) -> None:
    """End in order, as web servers do: what still comes is thrown away, because closing upon it would reset."""
    end.shutdown(socket.SHUT_WR)
    while end.recv(_PIECE_BYTES):
        pass


def _reset(end: socket.socket) -> None:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


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
