"""Which URLs are fetched: encrypted ones on public hosts, and those on the API's own host."""

from __future__ import annotations

import httpx

from imagine_async.errors import UnsafeUrlError
from imagine_async.transport.addresses import address_in, is_local_name, is_public

__all__ = ["UrlRules", "shown"]

_SHOWN_CHARACTERS = 200


def shown(url: httpx.URL) -> str:
    """Write a URL for a message: without its query, which may hold a signature, and without a password."""
    # Only the two parts that may hold a secret are left out; the port stays.
    host = url.raw_host.decode("ascii")
    place = f"[{host}]" if ":" in host else host
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://{place}{port}{url.path}"[:_SHOWN_CHARACTERS]


class UrlRules:
    """What a URL must be to be fetched.

    A name that is resolved by others, because a proxy or a client that the user brought stands between, is judged by
    its spelling alone. Where the SDK connects by itself, `GuardedBackend` judges the addresses behind it as well.

    Args:
        base_url: The root of the API's host. This host alone may be private, and reached by http.
    """

    def __init__(self, base_url: httpx.URL) -> None:
        self.own_host = base_url.raw_host.decode("ascii")

    def check(self, url: httpx.URL, *, asked: str) -> None:
        """Refuse what must not be fetched.

        Args:
            url: Where to go next: the URL that was asked for, or where it led.
            asked: The URL that was asked for, for the error.

        Raises:
            UnsafeUrlError: It is refused.
        """
        refusal = self._refusal(url)
        if refusal:
            raise UnsafeUrlError(f"{shown(url)} is not fetched: {refusal}", url=asked)

    def _refusal(self, url: httpx.URL) -> str:
        host = url.raw_host.decode("ascii")
        if url.scheme not in ("http", "https") or not host:
            return "it is no http or https URL"
        if url.port is not None and not 0 < url.port < 65536:
            return "its port is out of range"
        if url.userinfo:
            return "it holds a name or a password"
        if host == self.own_host:
            return ""
        if url.scheme == "http":
            return "it is not encrypted; use https"
        return _refusal_of_host(host)


def _refusal_of_host(host: str) -> str:
    address = address_in(host)
    if address is not None:
        return "" if is_public(address) else f"the address {address} is not public"
    return f"the name {host} belongs to a private network" if is_local_name(host) else ""
