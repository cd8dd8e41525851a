"""How the description marks what is the sandbox's own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["INVENTED"]

INVENTED: Mapping[str, bool] = MappingProxyType({"x-invented": True})
"""Stands in everything that is not the vendor's word."""
