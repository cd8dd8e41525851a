"""Connections to the API, kept in a stack instead of httpcore's pool.

The pool scans every connection on each request, which costs quadratic time, and it loses slots for ever when requests
are cancelled. Here a gate admits as many requests as there may be connections; each takes the connection that was
used last, or opens one, and a connection whose request did not end in order is closed rather than kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import httpcore
import httpx

from imagine_async.transport.connector import Connection, Connector
from imagine_async.transport.core_connection import is_mocked
from imagine_async.transport.own_requests import EXTENSION
from imagine_async.transport.replies import ReplyPieces

__all__ = ["ConnectionStack"]


class ConnectionStack(httpx.AsyncBaseTransport):
    """A transport over at most `limit` connections, last in, first out.

    Args:
        limit: Requests in flight at most; further ones wait in order.
        connector: Begins the connections.
    """

    def __init__(self, *, limit: int, connector: Connector) -> None:
        self._gate = anyio.Semaphore(limit, fast_acquire=True)
        self._connector = connector
        self._idle: list[Connection] = []
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a connection of its own.

        Args:
            request: The request.

        Returns:
            The response; its connection is free again when it is closed.
        """
        await self._gate.acquire()
        try:
            return await self._send(request)
        except BaseException:
            self._gate.release()
            raise

    async def aclose(self) -> None:
        """Close the idle connections now, and the others when their responses are closed."""
        self._closed = True
        while self._idle:
            await self._idle.pop().discard()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        connection = await self._take(_origin(request.url))
        try:
            reply = await connection.http.send(request)
        except BaseException:
            await connection.discard()
            raise
        body = _Body(reply.pieces, lambda: self._free(connection, reply.pieces))
        return httpx.Response(reply.status, headers=reply.headers, stream=body, extensions={EXTENSION: reply.pieces})

    async def _take(self, origin: httpcore.Origin) -> Connection:
        while (connection := self._pop_idle(origin)) is not None:
            if not (connection.http.has_expired or is_mocked()):
                return connection
            await connection.discard()
        if len(self._idle) > self._gate.value:
            # One to another host makes room.
            await self._idle.pop(0).discard()
        return self._connector.begin(origin)

    def _pop_idle(self, origin: httpcore.Origin) -> Connection | None:
        # Connections to the API all lead to one host, so that the first look finds one.
        for place in reversed(range(len(self._idle))):
            if self._idle[place].origin == origin:
                return self._idle.pop(place)
        return None

    async def _free(self, connection: Connection, pieces: ReplyPieces) -> None:
        try:
            if not self._kept(connection, pieces):
                await self._end(connection, pieces)
        finally:
            self._gate.release()

    def _kept(self, connection: Connection, pieces: ReplyPieces) -> bool:
        """Keep a connection for the next request, where that is possible."""
        if self._closed or not pieces.is_whole:
            return False
        connection.http.rest()
        self._idle.append(connection)
        return True

    async def _end(self, connection: Connection, pieces: ReplyPieces) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await pieces.aclose()
            finally:
                if not self._kept(connection, pieces):
                    await connection.discard()


class _Body(httpx.AsyncByteStream):
    """A response's body, which frees its connection when it is closed; httpx closes it once."""

    def __init__(self, pieces: ReplyPieces, free: Callable[[], Awaitable[None]]) -> None:
        self._pieces = pieces
        self._free = free

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._pieces)

    async def aclose(self) -> None:
        await self._free()


def _origin(url: httpx.URL) -> httpcore.Origin:
    port = url.port or (443 if url.scheme == "https" else 80)
    return httpcore.Origin(url.raw_scheme, url.raw_host, port)
