"""An HTTP client whose requests are answered by a function, in plain data: for those who record and replay."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import httpx
from attrs import field, frozen

__all__ = ["PlainReply", "PlainRequest", "ask_onward", "handed_client"]

_SECONDS = 300.0
_OF_THE_WAY = ("content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive")


@frozen
class PlainRequest:
    """A request, read to its end.

    Args:
        method: The HTTP method.
        url: The whole URL.
        headers: Names, in small letters, with values.
        body: All of it.
    """

    method: str
    url: str
    headers: Sequence[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)


@frozen
class PlainReply:
    """A reply, read to its end.

    Args:
        status: The HTTP status.
        headers: Names, in small letters, with values.
        body: All of it.
    """

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes = field(repr=False)


class _HandedTransport(httpx.AsyncBaseTransport):
    def __init__(self, handle: Callable[[PlainRequest], Awaitable[PlainReply]]) -> None:
        self._handle = handle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        headers = [(name.lower(), value) for name, value in request.headers.items()]
        reply = await self._handle(PlainRequest(request.method, str(request.url), headers, body))
        return httpx.Response(reply.status, headers=list(reply.headers), stream=_Once(reply.body), request=request)


class _Once(httpx.AsyncByteStream):
    """A body that is still to be read, as that of a connection; httpx takes given bytes for read already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


def handed_client(handle: Callable[[PlainRequest], Awaitable[PlainReply]]) -> httpx.AsyncClient:
    """Make a client, on any event loop, that hands its requests to a function.

    Args:
        handle: Answers a request.

    Returns:
        The client; it holds no sockets and needs no closing.
    """
    return httpx.AsyncClient(transport=_HandedTransport(handle))


async def ask_onward(request: PlainRequest, through: httpx.AsyncClient | None) -> PlainReply:
    """Send a request on, as it stands.

    Args:
        request: The request.
        through: What sends it; a client of its own by default.
    """
    if through is None:
        async with httpx.AsyncClient(timeout=_SECONDS) as own:
            return await ask_onward(request, own)
    onward = httpx.Request(request.method, request.url, headers=list(request.headers), content=request.body)
    reply = await through.send(onward)
    # The body is whole and unpacked by now.
    headers = [(name.lower(), value) for name, value in reply.headers.multi_items() if name.lower() not in _OF_THE_WAY]
    return PlainReply(reply.status_code, headers, reply.content)
