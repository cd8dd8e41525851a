"""The books of a client: split as asked, holds settled by hand or by age, budgets with what is left."""

from __future__ import annotations

from typing import Any

import pytest

from imagine_async.call import Call
from imagine_async.clock import Clock
from imagine_async.errors import BudgetExceededError, ConfigurationError
from imagine_async.middleware.ledger import Ledger
from imagine_async.requests import TextToImage
from imagine_async.stores import Budget, Fate, MemoryStore
from imagine_async.usage import BudgetState, Usage, UsageRow

pytestmark = pytest.mark.anyio

DAY = 86_400.0


class WallClock(Clock):
    """A wall that the test moves."""

    def __init__(self) -> None:
        self.at = 1_790_000_000.0  # 2026-09-21, 14:13:20 in UTC

    def wall(self) -> float:
        return self.at

    def now(self) -> float:
        return self.at


def new_ledger(*budgets: Budget, **options: Any) -> tuple[Ledger, WallClock]:
    clock = WallClock()
    return Ledger(MemoryStore(clock=clock), "account", budgets=budgets, clock=clock, **options), clock


async def call(ledger: Ledger, fate: Fate | None, *, style: str = "anime", tokens: float = 5, **facts: Any) -> str:
    made = Call(request=TextToImage(prompt="a fox", style=style), deadline=1e12, tokens=tokens, attempt=1, **facts)
    entry = await ledger.reserve(made)
    if fate is not None:
        ledger.book(entry, fate)
    return entry.id


async def test_usage_is_split_by_endpoint_and_style() -> None:
    """Without a word the books have a row for each endpoint and style."""
    ledger, _ = new_ledger()
    await call(ledger, Fate.SETTLE)
    await call(ledger, Fate.HOLD)
    await call(ledger, None)
    await call(ledger, Fate.RELEASE, style="realistic")
    await call(ledger, Fate.SETTLE, style="imagine-turbo", tokens=1)
    usage = await ledger.usage()
    assert usage == Usage(
        rows=(
            UsageRow(endpoint="text_to_image", style="anime", calls=2, tokens=5, held=5, held_calls=1, reserved=5),
            UsageRow(endpoint="text_to_image", style="imagine-turbo", calls=1, tokens=1),
        )
    )
    assert (usage.calls, usage.tokens, usage.held, usage.held_calls, usage.reserved, usage.unpriced) == (
        3,
        6,
        5,
        1,
        5,
        0,
    )


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("day", [("2026-09-21", 10), ("2026-09-22", 5)]),
        ("tag", [(None, 5), ("design", 10)]),
        (["tag", "day"], [(None, 5), ("design", 5), ("design", 5)]),
        ("batch", [(None, 10), ("b1", 5)]),
        ([], [(None, 15)]),
    ],
    ids=str,
)
async def test_usage_is_split_as_asked(by: Any, found: list[tuple[str | None, float]]) -> None:
    """Rows are split by what is named, sorted, and sum up to the same whole."""
    ledger, clock = new_ledger()
    await call(ledger, Fate.SETTLE, tag="design", batch="b1")
    await call(ledger, Fate.SETTLE)
    clock.at += DAY
    await call(ledger, Fate.SETTLE, tag="design")
    rows = (await ledger.usage(by)).rows
    first = by if isinstance(by, str) else (by or ["tag"])[0]
    assert [(getattr(row, first), row.tokens) for row in rows] == found
    assert all(row.endpoint is None for row in rows)


@pytest.mark.parametrize("by", ["prompt", ["day", "user"]], ids=str)
async def test_usage_by_what_is_not_booked(by: Any) -> None:
    """A split that there is not is refused, with those that there are."""
    ledger, _ = new_ledger()
    with pytest.raises(ConfigurationError, match="pass one or more of day, endpoint, style, tag, batch"):
        await ledger.usage(by)


async def test_day_begins_at_midnight_in_utc() -> None:
    """A budget for each day is free again when the day ends in UTC, and not before."""
    ledger, clock = new_ledger(Budget(5, scope="day"))
    await call(ledger, Fate.SETTLE)
    clock.at += DAY - (clock.at % DAY) - 1
    with pytest.raises(BudgetExceededError, match="for the day '2026-09-21'"):
        await call(ledger, None)
    clock.at += 1
    await call(ledger, Fate.SETTLE)


@pytest.mark.parametrize(("fate", "tokens"), [(Fate.SETTLE, (10, 5)), (Fate.RELEASE, (5, 5))], ids=str)
async def test_holds_are_closed_by_hand(fate: Fate, tokens: tuple[float, float]) -> None:
    """A hold that is named is settled or released, once; others stay."""
    ledger, clock = new_ledger()
    await call(ledger, Fate.SETTLE)
    first = await call(ledger, Fate.HOLD)
    clock.at += 1
    second = await call(ledger, Fate.HOLD)
    assert [hold.id for hold in await ledger.holds()] == [first, second]
    assert await ledger.close_holds([first, "no-such-call/1"], None, fate) == 1
    assert await ledger.close_holds(first, None, fate) == 0
    usage = await ledger.usage()
    assert (usage.tokens, usage.held) == tokens
    assert [hold.id for hold in await ledger.holds()] == [second]


async def test_released_holds_can_be_spent_again() -> None:
    """What turned out not to be charged is free in the budget."""
    ledger, _ = new_ledger(Budget(5))
    await call(ledger, Fate.HOLD)
    with pytest.raises(BudgetExceededError):
        await call(ledger, None)
    assert await ledger.close_holds(None, None, Fate.RELEASE) == 1
    await call(ledger, Fate.SETTLE)


async def test_holds_are_closed_by_age() -> None:
    """Of all holds those are closed that are old enough."""
    ledger, clock = new_ledger()
    old = await call(ledger, Fate.HOLD)
    clock.at += 60
    await call(ledger, Fate.HOLD)
    clock.at += 30
    assert await ledger.close_holds(None, 100, Fate.RELEASE) == 0
    assert await ledger.close_holds(None, 90, Fate.RELEASE) == 1
    assert old not in [hold.id for hold in await ledger.holds()]


async def test_holds_expire() -> None:
    """Where holds are given a time, they count as charged after it; never as free."""
    ledger, clock = new_ledger(Budget(10), hold_seconds=60)
    await call(ledger, Fate.HOLD)
    clock.at += 59
    assert ((await ledger.usage()).held, len(await ledger.holds())) == (5, 1)
    clock.at += 1
    assert await ledger.holds() == ()
    usage = await ledger.usage()
    assert (usage.tokens, usage.held) == (5, 0)


async def test_budgets_tell_what_is_left() -> None:
    """Own budgets come first, then those of the store, each with what counts against it."""
    ledger, clock = new_ledger(Budget(100), Budget(20, scope="day"), Budget(7, scope="tag"), Budget(3, "tag", "tests"))
    await call(ledger, Fate.SETTLE, tag="design")
    await call(ledger, Fate.HOLD)
    clock.at += DAY
    await call(ledger, None, tag="tests", tokens=2)
    await ledger.store.set_budget("account", Budget(50))
    assert await ledger.budgets() == (
        BudgetState(budget=Budget(100), spent=12),
        BudgetState(budget=Budget(20, "day"), spent=2),
        BudgetState(budget=Budget(7, "tag"), spent=5),
        BudgetState(budget=Budget(3, "tag", "tests"), spent=2),
        BudgetState(budget=Budget(50), spent=12, is_shared=True),
    )
    assert [each.left for each in await ledger.budgets()] == [88, 18, 2, 1, 38]


async def test_budgets_without_any() -> None:
    """A client without budgets has none to show."""
    ledger, _ = new_ledger()
    assert await ledger.budgets() == ()
    assert not await ledger.is_capped()


async def test_reconciling_by_statement() -> None:
    """Held calls that the server charged are settled, the others released."""
    ledger, _ = new_ledger()
    await call(ledger, Fate.SETTLE)
    for _ in range(3):
        await call(ledger, Fate.HOLD)
    found = await ledger.reconcile({"text_to_image/anime": (2, 10)})
    assert (found.settled, found.released, dict(found.unexplained)) == (1, 2, {})
    usage = await ledger.usage()
    assert (usage.calls, usage.tokens, usage.held) == (2, 10, 0)


async def test_reconciling_by_balance() -> None:
    """The first balance is noted; the second tells what of the holds was charged in between."""
    ledger, _ = new_ledger()
    assert (await ledger.reconcile(1000)).is_first
    await call(ledger, Fate.SETTLE)
    await call(ledger, Fate.HOLD)
    await call(ledger, Fate.HOLD, tokens=1)
    found = await ledger.reconcile(1000 - 5 - 1)
    assert (found.settled, found.released, dict(found.unexplained), found.is_first) == (1, 1, {}, False)
    assert (await ledger.usage()).tokens == 6
    await call(ledger, Fate.HOLD)
    assert (await ledger.reconcile(1000 - 6)).released == 1


async def test_balance_that_begins_anew() -> None:
    """After tokens were added to the account nothing explains its balance, until that is noted as the first."""
    ledger, _ = new_ledger()
    await ledger.reconcile(100)
    await call(ledger, Fate.HOLD)
    for _ in range(2):
        found = await ledger.reconcile(1095)
        assert (found.settled, found.released, dict(found.unexplained)) == (0, 0, {"balance": -995})
    with pytest.raises(ConfigurationError, match="settle or release them"):
        await ledger.reconcile(1095, anew=True)
    await ledger.close_holds(None, None, Fate.SETTLE)
    assert (await ledger.reconcile(1095, anew=True)).is_first
    await call(ledger, Fate.HOLD)
    assert (await ledger.reconcile(1090)).settled == 1
    with pytest.raises(ConfigurationError, match="anew=True: pass it with the tokens left"):
        await ledger.reconcile({}, anew=True)


async def test_calls_under_way_cannot_be_reconciled() -> None:
    """While a call is under way nobody can tell whether a statement holds it: nothing is changed."""
    ledger, _ = new_ledger()
    await call(ledger, Fate.HOLD)
    await call(ledger, None)
    with pytest.raises(ConfigurationError, match="reconcile when they have ended"):
        await ledger.reconcile({})
    assert len(await ledger.holds()) == 1
