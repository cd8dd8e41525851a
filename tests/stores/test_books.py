"""The books in memory, where the contract of all stores does not look; and the order of their lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.errors import BudgetExceededError
from imagine_async.stores import Budget, Fate, LineKey
from imagine_async.stores.books import Books, in_order
from tests.stores.entries import KEY, new_entry

OUTCOMES = st.sampled_from([None, Fate.SETTLE, Fate.HOLD, Fate.RELEASE])


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([None, 0.1, 0.2, 1.0, 5.0]), OUTCOMES, OUTCOMES), max_size=40))
def test_lines_and_sums_agree(steps: list[tuple[float | None, Fate | None, Fate | None]]) -> None:
    """What lines show as settled, held and reserved is what counts against budgets."""
    books = Books()
    for tokens, *fates in steps:
        entry = new_entry(tokens)
        books.reserve(entry, (), now=0.0)
        for fate in fates:
            if fate is not None:
                books.book(entry.id, fate)
    shown = sum(line.tokens + line.held + line.reserved for line in books.lines())
    assert shown == pytest.approx(books.spent("client", None))
    for scope, name in KEY.scopes():
        assert books.spent(scope, name) == pytest.approx(shown)
    assert len(list(books.holds())) == sum(line.held_calls for line in books.lines())


@pytest.mark.parametrize("budgets", [[Budget(5)], [Budget(100), Budget(5, "tag")], [Budget(5, "batch", "foxes")]])
def test_refused_entry_leaves_no_trace(budgets: list[Budget]) -> None:
    """An entry that would overrun a budget is not there afterwards, and may be booked in vain."""
    books = Books()
    entry = new_entry(6)
    with pytest.raises(BudgetExceededError):
        books.reserve(entry, budgets, now=0.0)
    assert not books.book(entry.id, Fate.SETTLE)
    assert (list(books.lines()), books.spent("client", None)) == ([], 0)


def test_nothing_reserved_is_nothing_at_all() -> None:
    """When the last reservation of a line is booked, no rounding is left over."""
    books = Books()
    entries = [new_entry(tokens) for tokens in (0.1, 0.2, 0.3)]
    for entry in entries:
        books.reserve(entry, (), now=0.0)
    for entry in entries:
        books.book(entry.id, Fate.RELEASE)
    assert list(books.lines()) == []


def test_holds_of_one_moment_have_an_order() -> None:
    """Holds that were reserved in the same moment are sorted by their names."""
    books = Books()
    for name in "bca":
        books.reserve(new_entry(entry_id=name), (), now=5.0)
        books.book(name, Fate.HOLD)
    assert [hold.id for hold in books.holds()] == ["a", "b", "c"]


def test_lines_without_a_name_come_first() -> None:
    """A line without a style, tag or batch stands before that with an empty one."""
    keys = [LineKey("d", "e", style=""), LineKey("d", "e", tag=""), LineKey("d", "e", batch=""), LineKey("d", "e")]
    assert sorted(keys, key=in_order) == keys[::-1]
