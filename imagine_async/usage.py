"""What was used, what would be, and how books compare with the server's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from imagine_async.stores.budgets import Budget

__all__ = ["BudgetState", "Estimate", "Reconciliation", "Usage", "UsageBy", "UsageRow"]

UsageBy: TypeAlias = Literal["day", "endpoint", "style", "tag", "batch"]
"""What the rows of a usage can be split by."""


@frozen(kw_only=True)
class UsageRow:
    """What was used of one kind of calls; what the rows are not split by is `None`.

    Args:
        day: The day, in UTC, as `2026-11-24`.
        endpoint: The endpoint's name.
        style: The style; `None` as well where the endpoint has none.
        tag: What calls were booked under; `None` as well for those booked under nothing.
        batch: The batch; `None` as well for calls of none.
        calls: Calls that were charged or may have been.
        tokens: Tokens settled.
        held: Tokens of calls that may have been charged.
        held_calls: How many those are; they stand in `calls` too.
        reserved: Tokens of calls that are under way.
        unpriced: Calls of which no price is known; they stand in `calls` too.
    """

    day: str | None = None
    endpoint: str | None = None
    style: str | None = None
    tag: str | None = None
    batch: str | None = None
    calls: int = 0
    tokens: float = 0.0
    held: float = 0.0
    held_calls: int = 0
    reserved: float = 0.0
    unpriced: int = 0


@frozen(kw_only=True)
class Usage:
    """What was used since the books began: with the client, or, where they are kept in a file or in Redis, with those.

    Args:
        by: What the rows are split by.
        rows: Sorted.
    """

    by: tuple[UsageBy, ...] = ("endpoint", "style")
    rows: tuple[UsageRow, ...] = ()

    @property
    def calls(self) -> int:
        """Calls that were charged or may have been."""
        return sum(row.calls for row in self.rows)

    @property
    def tokens(self) -> float:
        """Tokens settled."""
        return sum(row.tokens for row in self.rows)

    @property
    def held(self) -> float:
        """Tokens of calls that may have been charged."""
        return sum(row.held for row in self.rows)

    @property
    def held_calls(self) -> int:
        """Calls that may have been charged."""
        return sum(row.held_calls for row in self.rows)

    @property
    def reserved(self) -> float:
        """Tokens of calls that are under way."""
        return sum(row.reserved for row in self.rows)

    @property
    def unpriced(self) -> int:
        """Calls of which no price is known."""
        return sum(row.unpriced for row in self.rows)


@frozen(kw_only=True)
class Estimate:
    """What calls would cost, by the price list; nothing was sent.

    Args:
        calls: How many.
        tokens: What those together cost whose price is known.
        unpriced: The price keys that the list lacks, each with its number of calls.
        seconds: How long the rate limit needs to let them all leave, at least; 0 without a limit.
    """

    calls: int = 0
    tokens: float = 0.0
    unpriced: Mapping[str, int] = field(factory=dict)
    seconds: float = 0.0


@frozen(kw_only=True)
class BudgetState:
    """A budget, and what is left of it.

    Args:
        budget: The budget.
        spent: Tokens settled, held and reserved in its scope; for one that holds for every day on its own those of
            today, for every tag or batch those of the dearest.
        is_shared: Whether it is set in the store, for all who share that, and not by this client.
    """

    budget: Budget
    spent: float
    is_shared: bool = False

    @property
    def left(self) -> float:
        """Tokens that may still be spent; never below zero."""
        return max(0.0, self.budget.tokens - self.spent)


@frozen(kw_only=True)
class Reconciliation:
    """What came of comparing the books with the server's.

    Args:
        settled: Holds that turned out to be charged.
        released: Holds that turned out not to be.
        unexplained: Tokens that the server charged beyond what the books can explain, by price key, or under
            `balance`; negative where it charged less than the books say. Empty: the books agree.
        is_first: Whether this was the first balance: there was nothing yet to compare it with, and it was noted.
    """

    settled: int = 0
    released: int = 0
    unexplained: Mapping[str, float] = field(factory=dict)
    is_first: bool = False
