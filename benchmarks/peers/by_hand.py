"""A client by hand for this one exchange, next to nothing: it shows how much more the server could answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import cast
from urllib.parse import urlsplit

from benchmarks.peers.peer import PATH, Peer, Place
from benchmarks.peers.ready_made import BODY, HEADERS

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    peer = _ByHand(place.url)
    try:
        yield peer
    finally:
        peer.close()


class _ByHand(Peer):
    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._host, self._port = where.hostname or "", where.port or 80
        lines = [f"POST {PATH} HTTP/1.1", f"Host: {where.netloc}", f"Content-Length: {len(BODY)}"]
        lines += [f"{name}: {value}" for name, value in HEADERS.items()]
        self._request = "\r\n".join([*lines, "", ""]).encode() + BODY
        self._idle: list[_Connection] = []

    async def small(self) -> int:
        connection = self._idle.pop() if self._idle else await self._connect()
        size = await connection.exchange(self._request)
        self._idle.append(connection)
        return size

    def close(self) -> None:
        for connection in self._idle:
            connection.transport.close()

    async def _connect(self) -> _Connection:
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port)
        return connection


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._size = 0
        self._left = 0
        self._done: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def exchange(self, request: bytes) -> asyncio.Future[int]:
        self._done = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._done

    def data_received(self, data: bytes) -> None:
        if not self._left:
            head, _, data = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            self._size = self._left = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
        self._left -= len(data)
        if not self._left and self._done is not None:
            self._done.set_result(self._size)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(exc or ConnectionResetError("the server closed the connection"))
