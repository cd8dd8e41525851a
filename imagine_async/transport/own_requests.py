"""Requests over the SDK's own connections: what is the same for every call is put together once."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from functools import lru_cache
from typing import Any

import httpx

from imagine_async.timeout import Timeout
from imagine_async.transport.http_library import HEADERS, HTTPX

__all__ = ["EXTENSION", "OwnRequests", "header_values", "pieces_of"]

EXTENSION = "imagine_async.pieces"
"""Under this name a response of the SDK's own connections offers its body without the layers of httpx."""

_PATHS_KEPT = 128


class OwnRequests:
    """Builds requests to one host.

    Args:
        base_url: The root of the API's host.
    """

    def __init__(self, base_url: str) -> None:
        host = httpx.URL(base_url).netloc
        self._base_url = base_url
        self._headers = [(b"host", host), *((name.encode(), value.encode()) for name, value in HEADERS.items())]
        self._url = lru_cache(_PATHS_KEPT)(self._make_url)

    def build(
        self, method: str, path: str, *, headers: Mapping[str, str], pieces: AsyncIterable[bytes], timeout: Timeout
    ) -> httpx.Request:
        """Build a request.

        Args:
            method: For example `POST`.
            path: After the base URL.
            headers: Further headers, in lower case; with a body, its length and type among them.
            pieces: The body.
            timeout: What bounds it.

        Returns:
            The request.
        """
        further = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        replaced = HEADERS.keys() & headers.keys()
        usual = self._headers if not replaced else [each for each in self._headers if each[0].decode() not in replaced]
        return httpx.Request(
            method,
            self._url(path),
            headers=usual + further,
            stream=HTTPX.stream_class(pieces),
            extensions={"timeout": _bounds(timeout)},
        )

    def _make_url(self, path: str) -> httpx.URL:
        return httpx.URL(self._base_url + path)


def pieces_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """Iterate over the body of a response, decoded where it is encoded.

    Args:
        response: Of whatever client.

    Returns:
        Its pieces.
    """
    pieces: AsyncIterable[bytes] | None = response.extensions.get(EXTENSION)
    if pieces is None or "content-encoding" in response.headers:
        return response.aiter_bytes()
    return aiter(pieces)


def header_values(response: httpx.Response) -> dict[str, str]:
    """Return a response's headers, names in lower case; the values of one that comes twice are joined by commas.

    Args:
        response: The response.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", "replace")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


@lru_cache
def _bounds(timeout: Timeout) -> dict[str, Any]:
    return {"connect": timeout.connect, "read": timeout.read, "write": timeout.write, "pool": None}
