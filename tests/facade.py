"""What the async client and the sync one offer, for the tests that compare them."""

from __future__ import annotations

from typing import Any

from imagine_async.calls.v1 import AsyncV1
from imagine_async.client import AsyncImagine
from imagine_async.sync import Imagine
from imagine_async.sync_calls.v1 import V1

__all__ = ["PAIRS", "RENAMED", "function", "public"]

RENAMED = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
_SPECIAL = {"__repr__", *RENAMED, *RENAMED.values()}


def public(client: type) -> dict[str, Any]:
    """Return what a class offers by name, its own and what it inherits, under the sync names."""
    found: dict[str, Any] = {}
    for base in client.__mro__[:-1]:
        for name, value in vars(base).items():
            if name in _SPECIAL or not name.startswith("_"):
                found.setdefault(RENAMED.get(name, name), value)
    return found


def function(value: Any) -> Any:
    """Return the function of a method or property."""
    return value.fget if isinstance(value, property) else getattr(value, "__func__", value)


PAIRS = {
    "Imagine": tuple({"__init__": vars(client)["__init__"], **public(client)} for client in (AsyncImagine, Imagine)),
    "V1": (public(AsyncV1), public(V1)),
}
"""By sync name, what the async class and the sync class offer. How a sub-client is made is nobody's business."""
