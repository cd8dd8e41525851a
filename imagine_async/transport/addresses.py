"""Which network addresses a URL from somewhere else may lead to: public ones, and nothing beside them.

Python's own `is_global` misses some: multicast, and on older versions several reserved blocks. It also knows nothing of
the IPv4 addresses that stand inside IPv6 ones.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

__all__ = ["IPAddress", "address_in", "is_local_name", "is_public"]

IPAddress: TypeAlias = IPv4Address | IPv6Address

_NOT_PUBLIC_V4 = (
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments; Oracle Cloud's metadata lie there
    IPv4Network("192.88.99.0/24"),  # relays from 6to4, RFC 7526
    IPv4Network("168.63.129.16/32"),  # Azure's own service on every virtual machine
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291; everything else is local, reserved or a translation
_NOT_PUBLIC_V6 = (
    IPv6Network("2001::/23"),  # IETF protocol assignments, Teredo among them
    IPv6Network("2001:db8::/32"),  # documentation, RFC 3849
    IPv6Network("2002::/16"),  # 6to4, given up by RFC 7526
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052

_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa")


def is_public(address: IPAddress) -> bool:
    """Tell whether an address belongs to the public internet.

    Args:
        address: IPv4 or IPv6. One that holds an IPv4 address (mapped, NAT64) is judged by that.

    Returns:
        False for private, loopback, link-local, shared (RFC 6598), multicast, reserved, unspecified and documentation
        addresses, and for those under which clouds tell a machine its secrets.
    """
    if isinstance(address, IPv6Address):
        inner = _inner_v4(address)
        return _is_public_v6(address) if inner is None else is_public(inner)
    return address.is_global and not address.is_multicast and not any(address in block for block in _NOT_PUBLIC_V4)


def address_in(host: str) -> IPAddress | None:
    """Read an address that stands in a URL in place of a name.

    Args:
        host: A URL's host, without brackets. The spellings of IPv4 that resolvers take are understood as well: decimal,
            octal, hexadecimal, and with fewer than four parts.

    Returns:
        The address; `None` for a name.
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def is_local_name(host: str) -> bool:
    """Tell whether a name is known to this machine or its own network alone, by its spelling.

    Args:
        host: A URL's host.

    Returns:
        True for `localhost`, names without a dot, and the suffixes that RFC 6761, 6762, 8375 and ICANN reserve.
    """
    name = host.lower().rstrip(".")
    return "." not in name or name.endswith(_LOCAL_SUFFIXES)


def _is_public_v6(address: IPv6Address) -> bool:
    return address in _GLOBAL_UNICAST and not any(address in block for block in _NOT_PUBLIC_V6)


def _inner_v4(address: IPv6Address) -> IPv4Address | None:
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None
