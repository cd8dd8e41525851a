"""A server that reads a request and answers with a tiny picture at once; never the bottleneck."""

from __future__ import annotations

import contextlib
import multiprocessing
import socket
from collections.abc import Generator
from io import BytesIO

from PIL import Image

__all__ = ["sink_server"]


@contextlib.contextmanager
def sink_server() -> Generator[str, None, None]:
    """Serve in a process of its own; yield the base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener,), daemon=True)
        process.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.join()


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
