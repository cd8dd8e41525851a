"""Fetches what lies behind URLs that are not the API's own calls: results, and pictures that a caller names by URL.

Nothing of the API's calls goes along: no key, no cookies, no headers of a client. And nothing private is reached:
see `UrlRules` and `GuardedBackend`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import httpx

from imagine_async.errors import DownloadError, UnsafeUrlError
from imagine_async.timeout import Timeout
from imagine_async.transport.connections import ConnectionStack
from imagine_async.transport.connector import Connector
from imagine_async.transport.download import Download, Errand
from imagine_async.transport.failures import bare, innermost, reason
from imagine_async.transport.guard import ForbiddenAddressError, GuardedBackend
from imagine_async.transport.http_library import HEADERS, HTTPX, library_of
from imagine_async.transport.per_loop import PerLoop
from imagine_async.transport.proxies import proxies_from_environment
from imagine_async.transport.safe_urls import UrlRules, shown
from imagine_async.transport.trust import shared_ssl_context

__all__ = ["Download", "Downloader"]

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Downloader:
    """Fetches URLs, with connections of its own.

    Args:
        base_url: The root of the API's host, the only one that may be private and reached by http.
        max_bytes: The largest body to take.
        http_client: A client of httpx or httpx2 that the caller brought. Everything goes through it then: its network,
            its proxies, its event hooks and its log. Of its headers, cookies and authentication nothing is sent. It
            resolves names by itself, so that of hosts only the spelling is judged.
        limit: Downloads at once at most, on each event loop; further ones wait. Not for a client that was brought.

    Raises:
        ConfigurationError: `http_client` is no async client of httpx or httpx2.
    """

    def __init__(
        self, base_url: str, max_bytes: int, http_client: httpx.AsyncClient | None = None, limit: int = 16
    ) -> None:
        self._library = HTTPX if http_client is None else library_of(http_client)
        self._rules = UrlRules(self._library.url(base_url))
        self._max_bytes = max_bytes
        self._http_client = http_client
        self._limit = limit
        # Not a client of httpx: that would write whole URLs, signatures included, into its log.
        self._stacks = PerLoop(self._make_stack)

    @asynccontextmanager
    async def open(self, url: str, *, timeout: Timeout) -> AsyncGenerator[Download, None]:
        """Open a URL, in one try; redirects are followed, five at most.

        Args:
            url: Where something lies.
            timeout: `total` bounds all of it, from here to the last byte.

        Yields:
            The body; it is closed at the end of the block.

        Raises:
            UnsafeUrlError: The URL, or one that it led to, is refused; nothing was sent there.
            DownloadError: It could not be fetched. Without a `status`, no answer came; `__cause__` tells why.
        """
        errand = Errand(url, timeout.total, anyio.current_time() + timeout.total, self._max_bytes, self._library)
        download = await self._begin(errand, timeout)
        try:
            yield download
        finally:
            await download.aclose()

    async def read(self, url: str, *, timeout: Timeout) -> bytes:
        """Fetch a URL whole.

        Args:
            url: Where something lies.
            timeout: `total` bounds all of it.

        Returns:
            The body.

        Raises:
            DownloadError: It could not be fetched.
        """
        async with self.open(url, timeout=timeout) as download:
            return b"".join([piece async for piece in download])

    async def aclose(self) -> None:
        """Close the connections of the running event loop; those of other loops go with their loops."""
        await self._stacks.aclose()

    async def _begin(self, errand: Errand, timeout: Timeout) -> Download:
        with anyio.CancelScope(deadline=errand.ends):
            return await self._follow(errand, timeout)
        raise errand.too_late(None)

    async def _follow(self, errand: Errand, timeout: Timeout) -> Download:
        place = self._joined(None, errand.asked, errand)
        for _ in range(_MAX_REDIRECTS + 1):
            self._rules.check(place, asked=errand.asked)
            response = await self._get(place, errand, timeout)
            target = response.headers.get("location")
            if response.status_code not in _REDIRECTS or target is None:
                return await _opened(response, place, errand)
            await response.aclose()
            place = self._joined(place, target, errand)
        raise errand.failure(f"more than {_MAX_REDIRECTS} redirects, the last one to {shown(place)}")

    async def _get(self, place: httpx.URL, errand: Errand, timeout: Timeout) -> httpx.Response:
        request = self._library.bare_request(place, headers=HEADERS, timeout=timeout)
        failure: DownloadError
        try:
            return await self._send(request)
        except ForbiddenAddressError as error:
            failure, cause = UnsafeUrlError(f"{shown(place)} is not fetched: {error}", url=errand.asked), None
        except self._library.errors as error:
            failure = errand.failure(f"no answer came from {shown(place)}: {reason(error)}")
            cause = bare(innermost(error))
        # Raised out here, the failure does not drag the library's error along, which holds the whole URL.
        raise failure from cause

    async def _send(self, request: httpx.Request) -> httpx.Response:
        if self._http_client is not None:
            return await self._http_client.send(request, auth=None, stream=True, follow_redirects=False)
        stack = await self._stacks.get()
        return await stack.handle_async_request(request)

    def _joined(self, place: httpx.URL | None, text: str, errand: Errand) -> httpx.URL:
        try:
            return self._library.url(text) if place is None else place.join(text)
        except self._library.errors as error:
            come_by = "this URL" if place is None else f"the redirect from {shown(place)}"
            refusal = f"{come_by} is not followed: it is malformed ({type(error).__name__})"
        raise UnsafeUrlError(refusal, url=errand.asked)

    def _make_stack(self) -> ConnectionStack:
        guard = GuardedBackend(self._rules.own_host)
        connector = Connector(shared_ssl_context, proxies_from_environment(), guard)
        return ConnectionStack(limit=self._limit, connector=connector)


async def _opened(response: httpx.Response, place: httpx.URL, errand: Errand) -> Download:
    try:
        return Download(response, place, errand)
    except DownloadError:
        await response.aclose()
        raise
