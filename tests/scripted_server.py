"""A TCP server on 127.0.0.1 that does what a test tells it to, connection by connection."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias

from attrs import define, field

Behaviour: TypeAlias = Callable[[socket.socket], None]
"""Serves one connection; the socket is closed afterwards."""


@define
class ScriptedServer:
    """Serves each connection with the next behaviour; the last one serves all that follow."""

    behaviours: list[Behaviour]
    connections: int = 0
    _listener: socket.socket = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        """Accept until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            behaviour = self.behaviours[min(self.connections, len(self.behaviours) - 1)]
            self.connections += 1
            threading.Thread(target=self._serve, args=(behaviour, connection), daemon=True).start()

    def close(self) -> None:
        """Stop accepting."""
        # A plain close does not wake a thread that is blocked in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, behaviour: Behaviour, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(20)
            behaviour(connection)


@contextlib.contextmanager
def scripted_server(*behaviours: Behaviour) -> Iterator[ScriptedServer]:
    """Run a server for the length of a block."""
    server = ScriptedServer(list(behaviours))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join(5)


def read_head(connection: socket.socket) -> bytes:
    """Read up to the end of the headers, one byte at a time so that the body stays unread."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise OSError("closed")
        head += byte
    return bytes(head)


def content_length(head: bytes) -> int:
    """Read the length of the body that follows."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read one whole request: head and body."""
    head = read_head(connection)
    left = content_length(head)
    pieces = []
    while left:
        piece = connection.recv(min(left, 1 << 16))
        if not piece:
            raise OSError("closed")
        pieces.append(piece)
        left -= len(piece)
    return head, b"".join(pieces)


def reply(body: bytes, *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """Build a reply."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n".encode() + body


def answering(*replies: bytes, hang_up: bool = True) -> Behaviour:
    """Read a request and send a reply, for each reply."""

    def behave(connection: socket.socket) -> None:
        for each in replies:
            read_request(connection)
            connection.sendall(each)
        if not hang_up:
            connection.recv(1)

    return behave


def reset(connection: socket.socket) -> None:
    """Close with a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
