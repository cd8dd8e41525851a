"""The HTTP library that a client belongs to: httpx, or httpx2, which goes on where httpx stopped.

The two have the same interface. But each looks inside a request for streams of its own class and raises errors of its
own, so whatever is made for a client has to be made of its library's parts.
"""

from __future__ import annotations

import functools
import ssl
import sys
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from types import ModuleType
from typing import Any

import anyio
import httpcore  # noqa: F401 - its errors are looked up by name
import httpx
from attrs import field, frozen

from imagine_async.errors import ConfigurationError
from imagine_async.timeout import Timeout
from imagine_async.version import VERSION

__all__ = ["HEADERS", "HTTPX", "NO_PIECES", "HttpLibrary", "library_of", "loaded_libraries"]

HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": f"imagine-async/{VERSION}"}
"""What goes along with every request, to the API and elsewhere."""

_CORES = {"httpx": "httpcore", "httpx2": "httpcore2"}

_OTHERS: tuple[type[Exception], ...] = (
    anyio.BrokenResourceError,
    anyio.BusyResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
    OSError,
    ssl.SSLError,
)
"""What the libraries' backends leave unmapped."""

_ERRORS = ("HTTPError", "StreamError", "InvalidURL")
_CORE_ERRORS = (
    "ConnectionNotAvailable",
    "NetworkError",
    "ProtocolError",
    "ProxyError",
    "TimeoutException",
    "UnsupportedProtocol",
)
_NEVER_CONNECTED = ("ConnectError", "ConnectTimeout", "InvalidURL", "PoolTimeout", "ProxyError", "UnsupportedProtocol")
_CORE_NEVER_CONNECTED = (
    "ConnectError",
    "ConnectTimeout",
    "ConnectionNotAvailable",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
)


class _NoPieces:
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


NO_PIECES: AsyncIterable[bytes] = _NoPieces()
"""The body of a request that has none. The libraries' own is a generator, which a cancelled request leaves half-way."""


@frozen(eq=False, repr=False, slots=False)
class HttpLibrary:
    """What the transport needs of an HTTP library. The types are those of httpx; httpx2 has their equals.

    Args:
        name: `httpx` or `httpx2`.
        errors: What its clients raise, also what comes through from the network unmapped; for `except`.
        never_connected: Those of the errors before which nothing was sent.
        module: The library.
        stream_class: Makes a body of pieces that the library takes.
    """

    name: str
    errors: tuple[type[Exception], ...] = field(repr=False)
    never_connected: tuple[type[Exception], ...] = field(repr=False)
    module: Any = field(repr=False)
    stream_class: Any = field(repr=False)

    def url(self, text: str) -> httpx.URL:
        """Read a URL.

        Args:
            text: The URL.

        Returns:
            Its parts.

        Raises:
            Exception: It is none; the error's class is among `errors`.
        """
        url: httpx.URL = self.module.URL(text)
        return url

    def timeout(self, bounds: Timeout) -> httpx.Timeout:
        """Tell the library how long the parts of an exchange may take.

        Args:
            bounds: Of these the library keeps `connect`, `read` and `write`; the total is kept by a cancel scope.

        Returns:
            The library's own object.
        """
        made: httpx.Timeout = self.module.Timeout(
            None, connect=bounds.connect, read=bounds.read, write=bounds.write, pool=None
        )
        return made

    def build_request(
        self,
        client: httpx.AsyncClient,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout: Timeout,
        pieces: AsyncIterable[bytes] = NO_PIECES,
    ) -> httpx.Request:
        """Build a request with a body that leaves piece by piece, and with the client's own headers and cookies.

        Args:
            client: A client of this library.
            method: For example `POST`.
            url: The whole URL.
            headers: Further headers; with a body, its length and type among them.
            timeout: What bounds it.
            pieces: The body. It should be an iterator and no generator: one that a broken connection leaves half-way
                is closed by its owner in order, not by chance.

        Returns:
            The request.
        """
        # Built by the client for its own headers, and once more for the stream, which cannot be handed to the client
        # without a generator around it.
        built = client.build_request(method, url, headers=headers, timeout=self.timeout(timeout))
        return self._request(
            method, built.url, headers=built.headers, stream=self.stream_class(pieces), extensions=built.extensions
        )

    def bare_request(self, url: httpx.URL, *, headers: Mapping[str, str], timeout: Timeout) -> httpx.Request:
        """Build a GET that carries nothing of any client's: no headers, no cookies.

        Args:
            url: The URL.
            headers: All headers but `Host`.
            timeout: What bounds it.

        Returns:
            The request.
        """
        return self._request(
            "GET",
            url,
            headers={"host": url.netloc.decode("ascii"), **headers},
            stream=self.stream_class(NO_PIECES),
            extensions={"timeout": self.timeout(timeout).as_dict()},
        )

    def _request(self, method: str, url: httpx.URL, **parts: Any) -> httpx.Request:
        request: httpx.Request = self.module.Request(method, url, **parts)
        return request


def library_of(client: object) -> HttpLibrary:
    """Find the library that a client belongs to.

    Args:
        client: What was passed as `http_client=`.

    Returns:
        The library.

    Raises:
        ConfigurationError: It is no async client of httpx or httpx2.
    """
    for ancestor in type(client).__mro__:
        root = ancestor.__module__.partition(".")[0]
        if root in _CORES and ancestor.__name__ == "AsyncClient":
            return _library(root)
        if root in _CORES and ancestor.__name__ == "Client":
            raise ConfigurationError(f"http_client= is a sync client; pass an {root}.AsyncClient")
    kind = type(client).__name__
    raise ConfigurationError(f"http_client= is of type {kind}: pass an httpx.AsyncClient, or one of httpx2")


def loaded_libraries() -> list[HttpLibrary]:
    """Return the libraries that this process has imported; only these can have raised an error."""
    return [_library(name) for name in _CORES if name in sys.modules]


@functools.cache
def _library(name: str) -> HttpLibrary:
    module, core = sys.modules[name], sys.modules.get(_CORES[name])
    return HttpLibrary(
        name,
        errors=(*_named(module, _ERRORS), *_named(core, _CORE_ERRORS), *_OTHERS),
        never_connected=(*_named(module, _NEVER_CONNECTED), *_named(core, _CORE_NEVER_CONNECTED)),
        module=module,
        stream_class=type("PieceStream", (_PieceStream, module.AsyncByteStream), {}),
    )


def _named(module: ModuleType | None, names: tuple[str, ...]) -> tuple[type[Exception], ...]:
    return () if module is None else tuple(getattr(module, name) for name in names)


class _PieceStream:
    """A body of the class that the library looks for; it joins this one and the library's own."""

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._pieces)


HTTPX = _library(httpx.__name__)
"""The library of the SDK's own connections."""
