"""A connection of httpcore's own: behind a proxy, and where a test has put itself in its place."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

import httpcore
import httpx

from imagine_async.transport.replies import Reply

__all__ = ["CoreConnection", "is_mocked"]

_METHOD = "AsyncHTTPConnection.handle_async_request"


class CoreConnection:
    """A connection to a host; the first request opens it.

    Args:
        http: Speaks HTTP over it.
    """

    def __init__(self, http: httpcore.AsyncConnectionInterface) -> None:
        self._http = http

    async def send(self, request: httpx.Request) -> Reply:
        """Send a request, and read the head of the reply.

        Args:
            request: The request.

        Returns:
            The reply.

        Raises:
            Exception: One of httpcore's.
        """
        url = request.url
        response = await self._http.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return Reply(response.status, response.headers, _CorePieces(response, self._http))

    def rest(self) -> None:
        """Wait for another request; httpcore looks at the clock by itself."""

    @property
    def has_expired(self) -> bool:
        """Whether it has rested too long, or the server has said goodbye meanwhile."""
        return self._http.has_expired()

    async def aclose(self) -> None:
        """Close it."""
        await self._http.aclose()


class _CorePieces:
    def __init__(self, response: httpcore.Response, http: httpcore.AsyncConnectionInterface) -> None:
        self._response = response
        self._http = http
        self._is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._response.stream, AsyncIterable)
        return aiter(self._response.stream)

    @property
    def is_whole(self) -> bool:
        return self._is_closed and self._http.is_idle()

    async def aclose(self) -> None:
        await self._response.aclose()
        self._is_closed = True


def is_mocked() -> bool:
    """Tell whether a test answers in place of httpcore's connections, as respx does: it is to see these calls too."""
    return httpcore.AsyncHTTPConnection.handle_async_request.__qualname__ != _METHOD
