"""Exchanges as plain data, for what stands in for a server: requests that a function answers, and passing them on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import httpx
from attrs import field, frozen

from imagine_async.errors import ImagineError
from imagine_async.transport.trust import shared_ssl_context

__all__ = ["Answer", "Answered", "Asked", "NothingSentError", "client_answered_by", "pass_on"]


class NothingSentError(ImagineError):
    """What stands in for the server has no answer; nothing was sent to anybody."""


@frozen
class Asked:
    """A request.

    Args:
        method: The HTTP method.
        url: The whole URL.
        headers: Its headers, the key among them.
        body: Its whole body.
        extensions: What else the HTTP library was told, bounds of time for example.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    extensions: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)


@frozen
class Answered:
    """A reply.

    Args:
        status: The HTTP status.
        headers: Its headers, with names in lower case.
        body: Its whole body, decoded.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)


Answer: TypeAlias = Callable[[Asked], Awaitable[Answered]]
"""Answers a request."""


class _AnsweringTransport(httpx.AsyncBaseTransport):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        headers = tuple(request.headers.multi_items())
        asked = Asked(request.method, str(request.url), headers, body, request.extensions)
        answered = await self._answer(asked)
        # A stream, so that the body is still to be read, as one from a network is.
        return httpx.Response(answered.status, headers=list(answered.headers), stream=httpx.ByteStream(answered.body))


def client_answered_by(answer: Answer) -> httpx.AsyncClient:
    """Make an HTTP client whose requests a function answers, on any event loop.

    Args:
        answer: Answers a request.

    Returns:
        The client; it holds no sockets and needs no closing.
    """
    return httpx.AsyncClient(transport=_AnsweringTransport(answer), trust_env=False)


async def pass_on(asked: Asked, client: httpx.AsyncClient | None = None) -> Answered:
    """Send a request to the server that it is meant for.

    Args:
        asked: The request.
        client: What to send it with; `None` for a connection of its own, which is closed afterwards.

    Returns:
        The reply, whole.
    """
    if client is None:
        async with httpx.AsyncClient(verify=shared_ssl_context()) as own:
            return await pass_on(asked, own)
    request = httpx.Request(
        asked.method, asked.url, headers=list(asked.headers), content=asked.body, extensions=dict(asked.extensions)
    )
    response = await client.send(request, follow_redirects=False)
    return Answered(response.status_code, tuple(response.headers.multi_items()), response.content)
