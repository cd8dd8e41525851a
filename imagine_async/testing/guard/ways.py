"""Where connections begin: the functions that are told the host, whichever library stands above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from imagine_async.testing.guard.hosts import host_in_request

__all__ = ["WAYS", "HostOf"]

HostOf = Callable[[tuple[Any, ...], Mapping[str, Any]], object]
"""Takes what a function is called with, and returns the host; anything but text and bytes where there is none."""


def _argument(position: int, name: str, host_in: Callable[[Any], object] = lambda given: given) -> HostOf:
    def host_of(positional: tuple[Any, ...], named: Mapping[str, Any]) -> object:
        return host_in(positional[position] if position < len(positional) else named.get(name))

    return host_of


def _host_in_address(address: object) -> object:
    return address[0] if isinstance(address, tuple) and address else None


def _host_in_origin(origin: object) -> object:
    return getattr(origin, "host", None)


_HOST = _argument(0, "host")
_ADDRESS = _argument(1, "address", _host_in_address)

_POOLS = ("AsyncConnectionPool", "AsyncHTTPProxy", "AsyncSOCKSProxy", "ConnectionPool", "HTTPProxy", "SOCKSProxy")
_HTTP_CORE = {f"{pool}.create_connection": _argument(1, "origin", _host_in_origin) for pool in _POOLS}

WAYS: Mapping[str, Mapping[str, HostOf]] = {
    # Whatever resolves names or connects in Python passes here; uvloop does not.
    "socket": {
        "getaddrinfo": _HOST,
        "gethostbyname": _HOST,
        "gethostbyname_ex": _HOST,
        "socket.connect": _ADDRESS,
        "socket.connect_ex": _ADDRESS,
    },
    # A proxy resolves the name elsewhere: it is in what the proxy is asked for, or in what the library begins with.
    "http.client": {"HTTPConnection.send": _argument(1, "data", host_in_request)},
    "httpcore": _HTTP_CORE,
    "httpcore2": _HTTP_CORE,
    # Under uvloop the SDK's direct connections pass none of the above.
    "imagine_async.transport.network": {"OpeningBackend.connect_tcp": _argument(1, "host")},
}
"""By module, then by the function's name within it."""
