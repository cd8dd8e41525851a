"""Connections to the API, kept in a stack instead of httpcore's pool.

The pool scans every connection on each request, which costs quadratic time, and it loses slots for ever when requests
are cancelled. Here a gate admits as many requests as there may be connections; each takes the connection that was
used last, or opens one, and a connection whose request did not end in order is closed rather than kept.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

import anyio
import httpcore
import httpx

from imagine_async.transport.connector import Connection, Connector

__all__ = ["ConnectionStack"]


class ConnectionStack(httpx.AsyncBaseTransport):
    """A transport over at most `limit` connections, last in, first out.

    Args:
        limit: Requests in flight at most; further ones wait in order.
        connector: Begins the connections.
    """

    def __init__(self, *, limit: int, connector: Connector) -> None:
        self._gate = anyio.Semaphore(limit)
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
        url = request.url
        core_url = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        connection = await self._take(core_url.origin)
        try:
            response = await connection.http.handle_async_request(
                httpcore.Request(
                    request.method,
                    core_url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException:
            await connection.discard()
            raise
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response, lambda: self._give_back(connection)),
            extensions=response.extensions,
        )

    async def _take(self, origin: httpcore.Origin) -> Connection:
        while (connection := self._pop_idle(origin)) is not None:
            if not connection.http.has_expired():
                return connection
            await connection.discard()
        if len(self._idle) > self._gate.value:
            # One to another host makes room.
            await self._idle.pop(0).discard()
        return self._connector.begin(origin)

    def _pop_idle(self, origin: httpcore.Origin) -> Connection | None:
        # Connections to the API all lead to one host, so that the first look finds one.
        for place in reversed(range(len(self._idle))):
            if self._idle[place].http.can_handle_request(origin):
                return self._idle.pop(place)
        return None

    async def _give_back(self, connection: Connection) -> None:
        try:
            if connection.http.is_idle() and not self._closed:
                self._idle.append(connection)
            else:
                await connection.discard()
        finally:
            self._gate.release()


class _Body(httpx.AsyncByteStream):
    """A response's body, which frees its connection when it is closed; httpx closes it once."""

    def __init__(self, response: httpcore.Response, free: Callable[[], Awaitable[None]]) -> None:
        self._response = response
        self._free = free

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._response.stream, AsyncIterable)
        async for piece in self._response.stream:
            yield piece

    async def aclose(self) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await self._response.aclose()
            finally:
                await self._free()
