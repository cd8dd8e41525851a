"""Connections to the API, kept in a stack instead of httpcore's pool.

The pool scans every connection on each request, which costs quadratic time, and it loses slots for ever when requests
are cancelled. Here a gate admits as many requests as there may be connections; each takes the connection that was
used last, or opens one, and a connection whose request did not end in order is closed rather than kept.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

import anyio
import httpcore
import httpx

from imagine_async.transport.network import JoiningBackend

__all__ = ["KEEPALIVE_SECONDS", "ConnectionStack"]

KEEPALIVE_SECONDS = 4.0
"""Idle connections are dropped after this time: below the 5 s after which many servers close theirs."""

_ALREADY_BROKEN = (httpcore.NetworkError, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError)


class ConnectionStack(httpx.AsyncBaseTransport):
    """A transport over at most `limit` connections, last in, first out.

    Args:
        limit: Requests in flight at most; further ones wait in order.
        ssl_context: Makes the context that all connections share, on the first one that is encrypted.
    """

    def __init__(self, *, limit: int, ssl_context: Callable[[], ssl.SSLContext]) -> None:
        self._gate = anyio.Semaphore(limit)
        self._ssl_context = ssl_context
        self._backend = JoiningBackend()
        self._idle: list[httpcore.AsyncHTTPConnection] = []
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
            await _discard(self._idle.pop())

    async def _send(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        core_url = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        connection = await self._take(core_url.origin)
        try:
            response = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    core_url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException:
            await _discard(connection)
            raise
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response, lambda: self._give_back(connection)),
            extensions=response.extensions,
        )

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.can_handle_request(origin) and not connection.has_expired():
                return connection
            await _discard(connection)
        return httpcore.AsyncHTTPConnection(
            origin,
            ssl_context=self._ssl_context() if origin.scheme == b"https" else None,
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=self._backend,
        )

    async def _give_back(self, connection: httpcore.AsyncHTTPConnection) -> None:
        try:
            if connection.is_idle() and not self._closed:
                self._idle.append(connection)
            else:
                await _discard(connection)
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


async def _discard(connection: httpcore.AsyncHTTPConnection) -> None:
    """Close a connection, also while the task is being cancelled; one that is broken may fail to close."""
    with anyio.CancelScope(shield=True), contextlib.suppress(*_ALREADY_BROKEN):
        await connection.aclose()
