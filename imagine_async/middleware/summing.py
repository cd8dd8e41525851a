"""What the books of a client add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import get_args

from imagine_async.errors import ConfigurationError
from imagine_async.stores import Budget, Line, LineKey
from imagine_async.usage import UsageBy, UsageRow

__all__ = ["checked_by", "spent", "summed"]


def checked_by(by: UsageBy | Sequence[UsageBy]) -> tuple[UsageBy, ...]:
    """Check what a usage is to be split by.

    Args:
        by: One or more names.

    Returns:
        The names.

    Raises:
        ConfigurationError: One of them is none.
    """
    wanted: tuple[UsageBy, ...] = (by,) if isinstance(by, str) else tuple(by)
    for each in wanted:
        if each not in get_args(UsageBy):
            raise ConfigurationError(f"by={each!r}: pass one or more of {', '.join(get_args(UsageBy))}")
    return wanted


def summed(lines: Iterable[Line], by: tuple[UsageBy, ...]) -> tuple[UsageRow, ...]:
    """Sum lines of the books up.

    Args:
        lines: The books.
        by: What to split them by.

    Returns:
        The sums, in order.
    """
    groups: dict[tuple[str | None, ...], list[Line]] = {}
    for line in lines:
        groups.setdefault(tuple(getattr(line.key, name) for name in by), []).append(line)
    ordered = sorted(groups, key=lambda values: tuple(value or "" for value in values))
    return tuple(_row(dict(zip(by, values, strict=True)), groups[values]) for values in ordered)


def _row(names: dict[UsageBy, str | None], lines: Sequence[Line]) -> UsageRow:
    return UsageRow(
        day=names.get("day"),
        endpoint=names.get("endpoint"),
        style=names.get("style"),
        tag=names.get("tag"),
        batch=names.get("batch"),
        calls=sum(line.calls for line in lines),
        tokens=sum(line.tokens for line in lines),
        held=sum(line.held for line in lines),
        held_calls=sum(line.held_calls for line in lines),
        reserved=sum(line.reserved for line in lines),
        unpriced=sum(line.unpriced for line in lines),
    )


def spent(lines: Iterable[Line], budget: Budget, today: str) -> float:
    """Sum what counts against a budget; of many scopes that of today, or the dearest.

    Args:
        lines: The books.
        budget: The budget.
        today: The day, in UTC.

    Returns:
        Tokens settled, held and reserved.
    """
    sums: dict[str | None, float] = {}
    name_of = _NAMES[budget.scope]
    for line in lines:
        name = name_of(line.key)
        if budget.scope == "client" or name is not None:
            sums[name] = sums.get(name, 0.0) + line.tokens + line.held + line.reserved
    wanted = budget.name or (today if budget.scope == "day" else None)
    return max(sums.values(), default=0.0) if wanted is None else sums.get(wanted, 0.0)


_NAMES: dict[str, Callable[[LineKey], str | None]] = {
    "client": lambda key: None,
    "day": lambda key: key.day,
    "tag": lambda key: key.tag,
    "batch": lambda key: key.batch,
}
