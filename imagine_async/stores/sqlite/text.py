"""Names as the file keeps them: without lone surrogates, which it cannot hold."""

from __future__ import annotations

import json
from typing import overload

from attrs import evolve

from imagine_async.stores.budgets import Budget
from imagine_async.stores.entries import Entry, LineKey

__all__ = ["clean", "clean_budget", "clean_entry", "line_of", "read_line"]


@overload
def clean(name: str) -> str: ...
@overload
def clean(name: str | None) -> str | None: ...
def clean(name: str | None) -> str | None:
    """Replace lone surrogates by question marks.

    Args:
        name: Any text, or none.
    """
    return name if name is None or name.isascii() else name.encode(errors="replace").decode()


def clean_budget(budget: Budget) -> Budget:
    """Replace lone surrogates in a budget's name.

    Args:
        budget: The budget.
    """
    return evolve(budget, name=clean(budget.name))


def clean_entry(entry: Entry) -> Entry:
    """Replace lone surrogates in an entry's names.

    Args:
        entry: The entry.
    """
    key = entry.key
    names = clean(key.day), clean(key.endpoint), clean(key.style), clean(key.tag), clean(key.batch)
    return Entry(id=clean(entry.id), key=LineKey(*names), tokens=entry.tokens, seconds=entry.seconds)


def line_of(key: LineKey) -> str:
    """Write the key of a line as a JSON list.

    Args:
        key: The key.
    """
    return json.dumps((key.day, key.endpoint, key.style, key.tag, key.batch), ensure_ascii=False)


def read_line(line: str) -> LineKey:
    """Read the key of a line.

    Args:
        line: What `line_of` wrote.
    """
    return LineKey(*json.loads(line))
