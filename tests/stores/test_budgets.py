"""Budgets: what they take, and what they hold for."""

from __future__ import annotations

from typing import Any

import pytest

from imagine_async.errors import BudgetExceededError, ConfigurationError
from imagine_async.stores import Budget, LineKey
from imagine_async.stores.budgets import budgets_of, refuse_beyond


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ()),
        (5, (Budget(5),)),
        (0.5, (Budget(0.5),)),
        (Budget(5, "day"), (Budget(5, "day"),)),
        ([5, Budget(1, "tag")], (Budget(5), Budget(1, "tag"))),
        ((each for each in [1, 2]), (Budget(1), Budget(2))),
        ([], ()),
    ],
    ids=str,
)
def test_budgets_are_read(given: Any, expected: tuple[Budget, ...]) -> None:
    """A number, a budget or several of either will do."""
    assert budgets_of(given) == expected


@pytest.mark.parametrize("given", [-1, float("nan"), True, "5", b"5", [5, "x"], object()], ids=repr)
def test_what_is_no_budget_is_refused(given: Any) -> None:
    """What is no number of tokens is refused by its value."""
    with pytest.raises(ConfigurationError, match="budget="):
        budgets_of(given)


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"scope": "week"}, "scope='week'"),
        ({"name": "x"}, "name='x'"),
        ({"scope": "tag", "name": ""}, "name=''"),
        ({"scope": "tag", "name": 5}, "name=5"),
    ],
    ids=str,
)
def test_scopes_and_names_are_checked(facts: dict[str, Any], named: str) -> None:
    """A scope that is none, or a name where none belongs, is refused by its value."""
    with pytest.raises(ConfigurationError, match=named):
        Budget(5, **facts)


@pytest.mark.parametrize(
    ("budget", "scope", "name", "holds"),
    [
        (Budget(1), "client", None, True),
        (Budget(1), "tag", "a", False),
        (Budget(1, "tag"), "tag", "a", True),
        (Budget(1, "tag", "a"), "tag", "a", True),
        (Budget(1, "tag", "a"), "tag", "b", False),
        (Budget(1, "tag", "a"), "batch", "a", False),
    ],
)
def test_budget_holds_for_its_scope(budget: Budget, scope: str, name: str | None, holds: bool) -> None:
    """A budget without a name holds for each of its scope, one with a name for that alone."""
    assert budget.holds_for(scope, name) is holds


def test_tightest_budget_decides() -> None:
    """Of several budgets for one scope the lowest counts, and the error tells of it."""
    budgets = [Budget(9, "tag"), Budget(5, "tag", "a"), Budget(1, "tag", "b"), Budget(1)]
    refuse_beyond(budgets, "tag", "a", spent=3, needed=2, call_id=None)
    with pytest.raises(BudgetExceededError) as caught:
        refuse_beyond(budgets, "tag", "a", spent=4, needed=2, call_id="call-1")
    found = caught.value
    assert (found.limit, found.scope, found.name, found.spent, found.needed) == (5, "tag", "a", 4, 2)
    assert found.call_id == "call-1"


def test_lines_count_in_their_scopes() -> None:
    """A line counts for the client and its day, and for its tag and batch where it has any."""
    assert list(LineKey("d", "e").scopes()) == [("client", None), ("day", "d")]
    assert list(LineKey("d", "e", tag="", batch="b").scopes())[2:] == [("tag", ""), ("batch", "b")]
