"""What a ledger's store keeps: entries, lines and holds."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

__all__ = ["Entry", "Fate", "Hold", "Line", "LineKey"]


class Fate(StrEnum):
    """How an entry is booked."""

    SETTLE = "settle"
    """It was charged."""
    HOLD = "hold"
    """It may have been charged."""
    RELEASE = "release"
    """It was not charged: its tokens are free again."""


@frozen(cache_hash=True)
class LineKey:
    """What a line of the books stands for.

    Args:
        day: The day on which the call was reserved, in UTC, as `2026-11-24`.
        endpoint: The endpoint's name.
        style: The style; `None` where the endpoint has none.
        tag: What the caller books it under; `None` for nothing.
        batch: The batch it belongs to; `None` for none.
    """

    day: str
    endpoint: str
    style: str | None = None
    tag: str | None = None
    batch: str | None = None

    def scopes(self) -> tuple[tuple[str, str | None], ...]:
        """Return the scopes that a call of this line counts in: kind and name."""
        named = (("tag", self.tag), ("batch", self.batch))
        return (("client", None), ("day", self.day), *(each for each in named if each[1] is not None))


@frozen(kw_only=True)
class Entry:
    """One attempt of a paid call, as it is reserved.

    Args:
        id: Names it for ever: reserving or booking it twice is the same as once.
        key: The line that it is booked in.
        tokens: What it costs; `None` where no price is known.
        seconds: How long it may stay reserved. After that its process has died, and it may have been charged.
    """

    id: str
    key: LineKey
    tokens: float | None
    seconds: float

    @property
    def amount(self) -> float:
        """Tokens that count against a budget."""
        return self.tokens or 0.0


@frozen(kw_only=True)
class Hold:
    """A call that may have been charged.

    Args:
        id: Its name in the books: the call's id, a slash, and the number of the attempt.
        key: The line that it is booked in.
        tokens: What it costs; `None` where no price is known.
        since: Seconds since the epoch, when it was reserved.
    """

    id: str
    key: LineKey
    tokens: float | None
    since: float


@frozen(kw_only=True)
class Line:
    """One line of the books.

    Args:
        key: What it stands for.
        calls: Calls that were charged or may have been.
        tokens: Tokens settled.
        held: Tokens of calls that may have been charged.
        held_calls: How many calls that are; they stand in `calls` too.
        reserved: Tokens of calls that are under way.
        unpriced: Calls of which no price is known; they stand in `calls` too.
    """

    key: LineKey
    calls: int = 0
    tokens: float = 0.0
    held: float = 0.0
    held_calls: int = 0
    reserved: float = 0.0
    unpriced: int = 0
