"""An ASGI application in this process as the server of an HTTP client, with its broken connections."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from imagine_async.drop_points import ConnectionDroppedError

__all__ = ["in_process_client"]

# The sandbox names the same extension; neither may import the other.
_TAKE_REPLY = "imagine_async.take_reply"


def in_process_client(app: Any) -> httpx.AsyncClient:
    """Make an HTTP client whose server is an ASGI application in this process, on any event loop.

    Args:
        app: The application.

    Returns:
        The client; it holds no sockets and needs no closing.
    """
    return httpx.AsyncClient(transport=_InProcessTransport(app))


class _InProcessTransport(httpx.AsyncBaseTransport):
    """httpx's own transport, beside which connections may break and replies come slowly.

    Where a connection would have broken, the error is the one that a real connection gives.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _Exchange(self._app, request)
        transport = httpx.ASGITransport(exchange.serve, raise_app_exceptions=False)
        async with _closing_stream(request):
            answered = await transport.handle_async_request(request)
        if exchange.dropped is not None:
            raise _as_httpx(exchange.dropped, request)
        return exchange.taken or answered


@asynccontextmanager
async def _closing_stream(request: httpx.Request) -> AsyncGenerator[None, None]:
    """Close a request's body in order at the end: one that nobody has read to its end would be closed by chance."""
    stream = request.stream
    assert isinstance(stream, httpx.AsyncByteStream)
    request.stream = opened = _OpenedStream(stream)
    try:
        yield
    finally:
        request.stream = stream
        await opened.close()


class _OpenedStream(httpx.AsyncByteStream):
    """A stream that knows the iterator which is made of it."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream
        self._iterator: Any = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._iterator = aiter(self._stream)
        iterator: AsyncIterator[bytes] = self._iterator
        return iterator

    async def close(self) -> None:
        if hasattr(self._iterator, "aclose"):
            await self._iterator.aclose()


class _Exchange:
    """One request on its way through the application."""

    def __init__(self, app: Any, request: httpx.Request) -> None:
        self._app = app
        self._request = request
        self.dropped: ConnectionDroppedError | None = None
        self.taken: httpx.Response | None = None

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        # A connection takes the beginning of a request, whether or not the server ever reads it.
        received = _Received(await receive(), receive)
        scope["extensions"] = {_TAKE_REPLY: self._take}
        try:
            await self._app(scope, received, send)
        except ConnectionDroppedError as dropped:
            self.dropped = dropped
        if self.dropped or self.taken:
            # httpx's transport wants a reply; it is thrown away.
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})

    def _take(self, status: int, headers: list[tuple[bytes, bytes]], pieces: AsyncIterator[bytes]) -> None:
        self.taken = httpx.Response(status, headers=headers, stream=_Body(pieces, self._request))


class _Received:
    """ASGI's `receive`, of which the first message has been received already."""

    def __init__(self, first: Any, receive: Any) -> None:
        self._first = first
        self._receive = receive

    async def __call__(self) -> Any:
        first, self._first = self._first, None
        return await self._receive() if first is None else first


class _Body(httpx.AsyncByteStream):
    """A reply's body, which comes while it is read."""

    def __init__(self, pieces: Any, request: httpx.Request) -> None:
        self._pieces = pieces
        self._request = request

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece: bytes = await anext(self._pieces)
        except ConnectionDroppedError as dropped:
            raise _as_httpx(dropped, self._request) from None
        return b"" if self._request.method == "HEAD" else piece

    async def aclose(self) -> None:
        await self._pieces.aclose()


def _as_httpx(dropped: ConnectionDroppedError, request: httpx.Request) -> httpx.TransportError:
    kind = httpx.ReadError if dropped.resets else httpx.RemoteProtocolError
    return kind(str(dropped), request=request)
