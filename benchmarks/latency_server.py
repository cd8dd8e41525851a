"""A server with a latency, for many connections at once: it reads a request, waits, and answers with a picture."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Generator
from functools import partial
from typing import cast

from benchmarks.own_process import served

__all__ = ["latency_server"]


@contextlib.contextmanager
def latency_server(picture: bytes, *, seconds: float = 0.0) -> Generator[str, None, None]:
    """Serve in a process of its own; yield the base URL.

    Args:
        picture: What every call is answered with.
        seconds: How long after the whole request.
    """
    with served(partial(_serve, picture=picture, seconds=seconds)) as url:
        yield url


def _serve(listener: socket.socket, *, picture: bytes, seconds: float) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {len(picture)}\r\n\r\n".encode()

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(
            lambda: _Protocol(head + picture, seconds), sock=listener
        )
        async with server:
            await server.serve_forever()

    asyncio.run(serve())


class _Protocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, answer: bytes, seconds: float) -> None:
        self._answer = answer
        self._seconds = seconds
        self._held = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each whole request, after a while."""
        self._held += data
        while (end := self._end_of_request()) is not None:
            self._held = self._held[end:]
            asyncio.get_running_loop().call_later(self._seconds, self._reply)

    def _end_of_request(self) -> int | None:
        head, separator, _ = self._held.partition(b"\r\n\r\n")
        if not separator:
            return None
        fields = (line.partition(b":") for line in head.lower().split(b"\r\n"))
        length = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
        end = len(head) + 4 + length
        return end if len(self._held) >= end else None

    def _reply(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._answer)
