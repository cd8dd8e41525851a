"""Rows that come as mappings, without bytes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["bytes_of"]


def bytes_of(members: Mapping[str, Any]) -> bytes:
    """Write a row's members down for its fingerprint.

    Args:
        members: Texts, numbers, bytes, and lists and mappings of those.

    Returns:
        The same bytes for the same members in the same order.
    """
    return repr(list(members.items())).encode(errors="surrogatepass")
