"""A server that reads a request and answers with a tiny picture at once; never the bottleneck."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Generator
from io import BytesIO

from PIL import Image

from benchmarks.own_process import served

__all__ = ["sink_server"]


@contextlib.contextmanager
def sink_server() -> Generator[str, None, None]:
    """Serve in a process of its own; yield the base URL."""
    with served(_serve) as url:
        yield url


def _serve(listener: socket.socket) -> None:
    answer = _answer()
    while True:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            while _read_request(connection):
                connection.sendall(answer)


def _answer() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "PNG")
    content = stream.getvalue()
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def _read_request(connection: socket.socket) -> bool:
    head, body = b"", b""
    while not body and b"\r\n\r\n" not in head:
        piece = connection.recv(1 << 18)
        if not piece:
            return False
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    left = _content_length(head) - len(body)
    while left > 0:
        left -= len(connection.recv(min(left, 1 << 18)))
    return True


def _content_length(head: bytes) -> int:
    fields = (line.partition(b":") for line in head.split(b"\r\n"))
    return next(int(value) for name, _, value in fields if name.lower() == b"content-length")
