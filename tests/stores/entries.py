"""Entries for tests of stores."""

from __future__ import annotations

import itertools
from typing import Any

from attrs import evolve

from imagine_async.stores import Entry, LineKey, Store

__all__ = ["ACCOUNT", "KEY", "new_entry", "reserved", "sums"]

ACCOUNT = "0123456789abcdef"
KEY = LineKey("2026-11-24", "text_to_image", "anime", tag="tests", batch="foxes")

_numbers = itertools.count(1)


def new_entry(tokens: float | None = 1.0, *, entry_id: str | None = None, seconds: float = 60.0, **key: Any) -> Entry:
    """Make an entry with an id of its own."""
    return Entry(id=entry_id or f"call-{next(_numbers)}/1", key=evolve(KEY, **key), tokens=tokens, seconds=seconds)


async def reserved(store: Store, tokens: float | None = 1.0, **facts: Any) -> Entry:
    """Reserve an entry."""
    entry = new_entry(tokens, **facts)
    await store.reserve(ACCOUNT, entry, (), call_id=None)
    return entry


async def sums(store: Store, account: str = ACCOUNT) -> tuple[int, float, float, int, float, int]:
    """Sum up the books: calls, tokens, held, held calls, reserved, unpriced."""
    lines = await store.lines(account)
    return (
        sum(line.calls for line in lines),
        sum(line.tokens for line in lines),
        sum(line.held for line in lines),
        sum(line.held_calls for line in lines),
        sum(line.reserved for line in lines),
        sum(line.unpriced for line in lines),
    )
