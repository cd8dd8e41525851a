"""A budget: what may be spent, and on what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, get_args

from attrs import field, frozen

from imagine_async.errors import BudgetExceededError, ConfigurationError

__all__ = ["Budget", "BudgetScope", "budgets_of", "refuse_beyond"]

BudgetScope: TypeAlias = Literal["client", "batch", "tag", "day"]
"""What a budget holds for."""

_ROUNDING = 1e-9


def _limit(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise ConfigurationError(f"budget={value!r}: pass a number of tokens, 0 or more")
    return float(value)


@frozen
class Budget:
    """A hard cap on what may be spent.

    Args:
        tokens: Tokens that settled, held and reserved calls may cost together.
        scope: `client`: all calls in the books, which every client shares that has the same key and store, and which
            outlive the process where the store does; `day`: those of one day, in UTC; `tag`: those of one tag;
            `batch`: those of one batch.
        name: The one tag, batch or day (as `2026-11-24`) that is meant; `None`: each of them on its own.

    Raises:
        ConfigurationError: The number is negative or no number, or the scope is none.

    Example:
        client = AsyncImagine(budget=[Budget(500), Budget(100, scope="day"), Budget(20, scope="tag", name="tests")])
    """

    tokens: float = field(converter=_limit)
    scope: BudgetScope = "client"
    name: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.scope not in get_args(BudgetScope):
            known = ", ".join(get_args(BudgetScope))
            raise ConfigurationError(f"scope={self.scope!r}: pass one of {known}")
        if self.name is not None and (self.scope == "client" or not isinstance(self.name, str) or not self.name):
            raise ConfigurationError(f"name={self.name!r}: pass a name to a budget for a batch, a tag or a day only")

    def holds_for(self, scope: str, name: str | None) -> bool:
        """Tell whether it caps what is spent in a scope.

        Args:
            scope: `client`, `batch`, `tag` or `day`.
            name: Which one; `None` for a client's.
        """
        return self.scope == scope and (self.name is None or self.name == name)


def budgets_of(given: Budget | float | Iterable[Budget | float] | None) -> tuple[Budget, ...]:
    """Read what the client's `budget=` takes.

    Args:
        given: A budget, a number of tokens for the whole client, several of them, or `None` for none.

    Returns:
        The budgets.

    Raises:
        ConfigurationError: One of them is no budget.
    """
    if given is None:
        return ()
    several = isinstance(given, Iterable) and not isinstance(given, (str, bytes))
    items: Any = given if several else [given]
    return tuple(item if isinstance(item, Budget) else Budget(item) for item in items)


def refuse_beyond(
    budgets: Iterable[Budget], scope: str, name: str | None, *, spent: float, needed: float, call_id: str | None
) -> None:
    """See that a call keeps within the budgets of one of its scopes.

    Args:
        budgets: Those that there are.
        scope: `client`, `batch`, `tag` or `day`.
        name: Which one; `None` for a client's.
        spent: Tokens settled, held and reserved in it.
        needed: Tokens that the call costs.
        call_id: The call's id, for the error.

    Raises:
        BudgetExceededError: The call would overrun one of them.
    """
    limits = [budget.tokens for budget in budgets if budget.holds_for(scope, name)]
    # Sums of fractions are not exact: a budget of 0.3 must take three calls of 0.1.
    if limits and spent + needed > min(limits) + _ROUNDING:
        raise BudgetExceededError(
            needed=needed, spent=spent, limit=min(limits), scope=scope, name=name, call_id=call_id
        )
