"""Which hosts are the vendor's."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

__all__ = ["host_in_request", "is_the_vendors"]

_DOMAINS = ("vyro.ai", "imagine.art")
# What a proxy for HTTP is sent: the host to connect to, or a whole URL.
_TO_A_PROXY = re.compile(rb"(?:CONNECT |[A-Z]+ https?://)(?:[^@/\s]*@)?([^:/?\s]+)")


def is_the_vendors(host: object) -> bool:
    """Tell whether a host belongs to the API's vendor.

    Args:
        host: A name, as text or bytes; anything else is none.
    """
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str):
        return False
    name = host.rstrip(".").lower()
    return name == _default_host() or any(name == each or name.endswith(f".{each}") for each in _DOMAINS)


def host_in_request(data: object) -> str | None:
    """Find the host that a proxy is asked for.

    Args:
        data: What is sent: only the beginning of a request can hold one.

    Returns:
        The host; `None` where the request is no proxy's.
    """
    found = _TO_A_PROXY.match(data) if isinstance(data, bytes) else None
    return None if found is None else found[1].decode("ascii", "replace")


@cache
def _default_host() -> str:
    from imagine_async.catalog import DEFAULT_BASE_URL

    return str(urlsplit(DEFAULT_BASE_URL).hostname)
