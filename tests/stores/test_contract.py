"""What every store promises, judged on each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from imagine_async.errors import BudgetExceededError
from imagine_async.stores import Budget, Entry, Fate, Hold, Line, LineKey, RateLimit, Store
from tests.stores.clocks import HandClock
from tests.stores.entries import ACCOUNT, KEY, new_entry, reserved, sums

pytestmark = pytest.mark.anyio

LIMIT = RateLimit(4, 8.0, burst=2, margin=0.0)

WILD_NAMES = [
    "",
    "'; DROP TABLE lines; --",
    'a "quoted" name',
    "two\nlines\tand a tab",
    "a NUL \0 in it",
    "日本語 🦊 ä\u0308",
    "{braces} %s ? :name \\ */",
    "x" * 1000,
]


async def taken(store: Store, number: int, limit: RateLimit = LIMIT) -> list[float]:
    return [(await store.reserve_slot(ACCOUNT, limit)).at for _ in range(number)]


# Reservations and bookings


@pytest.mark.parametrize(
    ("fate", "expected"),
    [(Fate.SETTLE, (1, 5, 0, 0, 0, 0)), (Fate.HOLD, (1, 0, 5, 1, 0, 0)), (Fate.RELEASE, (0, 0, 0, 0, 0, 0))],
)
async def test_entries_are_booked_by_their_fate(store: Store, fate: Fate, expected: tuple[float, ...]) -> None:
    """What is reserved stands as such, until it is settled, held or released; booking it twice is the same as once."""
    entry = await reserved(store, 5)
    assert await sums(store) == (0, 0, 0, 0, 5, 0)
    store.post_booking(ACCOUNT, entry, fate)
    assert await _flushed(store) == expected
    store.post_booking(ACCOUNT, entry, fate)
    assert await _flushed(store) == expected


@pytest.mark.parametrize(
    ("fate", "expected"),
    [(Fate.SETTLE, (1, 0, 0, 0, 0, 1)), (Fate.HOLD, (1, 0, 0, 1, 0, 1)), (Fate.RELEASE, (0, 0, 0, 0, 0, 0))],
)
async def test_unpriced_entries_are_counted(store: Store, fate: Fate, expected: tuple[float, ...]) -> None:
    """Calls of which no price is known are counted, and held or released as others are."""
    entry = await reserved(store, None)
    store.post_booking(ACCOUNT, entry, fate)
    assert await _flushed(store) == expected
    if fate is Fate.HOLD:
        assert (await store.holds(ACCOUNT))[0].tokens is None
        store.post_booking(ACCOUNT, entry, Fate.RELEASE)
        assert await _flushed(store) == (0, 0, 0, 0, 0, 0)


async def test_reserving_twice_is_once(store: Store) -> None:
    """An entry that is there already is not reserved again."""
    entry = await reserved(store, 5)
    await store.reserve(ACCOUNT, entry, [Budget(5)], call_id=None)
    assert await sums(store) == (0, 0, 0, 0, 5, 0)


async def test_booking_what_is_not_there_changes_nothing(store: Store) -> None:
    """An entry that was never reserved cannot be booked."""
    store.post_booking(ACCOUNT, new_entry(), Fate.SETTLE)
    assert await _flushed(store) == (0, 0, 0, 0, 0, 0)


async def test_hold_shows_what_is_known(store: Store, clock: HandClock) -> None:
    """A hold names the entry, its line, its tokens and when it was reserved; the oldest comes first."""
    first = await reserved(store, 5, tag="a")
    since = clock.wall()
    clock.pass_by(10)
    second = await reserved(store, 1, tag="b")
    for entry in (second, first):
        store.post_booking(ACCOUNT, entry, Fate.HOLD)
    assert await store.holds(ACCOUNT) == (
        Hold(id=first.id, key=first.key, tokens=5, since=since),
        Hold(id=second.id, key=second.key, tokens=1, since=since + 10),
    )


@pytest.mark.parametrize(
    ("fate", "expected"), [(Fate.SETTLE, (2, 5, 1, 1, 1, 0)), (Fate.RELEASE, (1, 0, 1, 1, 1, 0))], ids=str
)
async def test_holds_are_closed_by_hand(store: Store, fate: Fate, expected: tuple[float, ...]) -> None:
    """Holds that are named are settled or released, once each; what is no hold is passed over."""
    held, other, running = [await reserved(store, tokens) for tokens in (5, 1, 1)]
    for entry in (held, other):
        store.post_booking(ACCOUNT, entry, Fate.HOLD)
    assert await store.close_holds(ACCOUNT, [held.id, running.id, "nobody", held.id], fate) == 1
    assert await sums(store) == expected


async def test_doubted_entry_is_held(store: Store, clock: HandClock) -> None:
    """What was settled and fails later is held; doubting it twice, or what is held already, changes nothing."""
    entry = await reserved(store, 5)
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    for _ in range(2):
        store.post_doubt(ACCOUNT, entry)
        assert await _flushed(store) == (1, 0, 5, 1, 0, 0)
    assert [hold.id for hold in await store.holds(ACCOUNT)] == [entry.id]
    store.post_booking(ACCOUNT, entry, Fate.RELEASE)
    assert await _flushed(store) == (0, 0, 0, 0, 0, 0)


async def test_doubted_entry_of_unknown_price_is_held(store: Store) -> None:
    """A call of which no price is known may be doubted as well."""
    entry = await reserved(store, None)
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    store.post_doubt(ACCOUNT, entry)
    assert await _flushed(store) == (1, 0, 0, 1, 0, 1)


async def test_what_was_not_settled_cannot_be_doubted(store: Store) -> None:
    """An entry of which the books know nothing, or that is still under way, stays as it is."""
    store.post_doubt(ACCOUNT, new_entry())
    store.post_doubt(ACCOUNT, await reserved(store, 5))
    store.post_doubt(ACCOUNT, new_entry())
    assert await _flushed(store) == (0, 0, 0, 0, 5, 0)


async def test_fractions_leave_nothing_behind(store: Store) -> None:
    """When all is booked, no rounding is left that looks like a call under way, or held."""
    settled = await reserved(store, 7)
    store.post_booking(ACCOUNT, settled, Fate.SETTLE)
    entries = [await reserved(store, tokens) for tokens in (0.1, 0.2, 0.3)]
    for entry in entries:
        store.post_booking(ACCOUNT, entry, Fate.HOLD)
    assert (await _flushed(store))[4] == 0
    for entry in entries:
        store.post_booking(ACCOUNT, entry, Fate.RELEASE)
    assert await _flushed(store) == (1, 7, 0, 0, 0, 0)


# Lines


async def test_lines_are_split_and_sorted(store: Store) -> None:
    """There is a line for each day, endpoint, style, tag and batch, and no style is another than an empty one."""
    keys = [
        LineKey("2026-11-24", "edit", None),
        LineKey("2026-11-24", "edit", ""),
        LineKey("2026-11-24", "edit", "anime"),
        LineKey("2026-11-24", "edit", "anime", tag="a"),
        LineKey("2026-11-24", "edit", "anime", tag="a", batch="b"),
        LineKey("2026-11-25", "edit", None),
    ]
    for key in reversed(keys):
        await store.reserve(ACCOUNT, Entry(id=str(key), key=key, tokens=2, seconds=60), (), call_id=None)
    assert await store.lines(ACCOUNT) == tuple(Line(key=key, reserved=2) for key in keys)


async def test_accounts_have_books_of_their_own(store: Store) -> None:
    """What one account has spent does not count for another; those that have books are listed."""
    await reserved(store, 5)
    await store.set_note("b", "n", "t")
    await store.set_budget("a", Budget(1))
    assert await store.accounts() == (ACCOUNT, "a", "b")
    assert [await sums(store, name) for name in "ab"] == [(0,) * 6] * 2


@pytest.mark.parametrize("name", WILD_NAMES, ids=lambda name: name[:10] or "empty")
async def test_names_are_kept_as_they_are(store: Store, name: str) -> None:
    """Whatever stands in the names of accounts, tags, batches, styles and entries comes back as it was."""
    entry = new_entry(2, entry_id=f"{name}/1", style=name, tag=name, batch=name, endpoint=name)
    await store.reserve(name, entry, [Budget(3, "tag", name or None)], call_id=None)
    assert await store.lines(name) == (Line(key=entry.key, reserved=2),)
    store.post_booking(name, entry, Fate.HOLD)
    assert [(hold.id, hold.key) for hold in await store.holds(name)] == [(entry.id, entry.key)]
    await store.set_budget(name, Budget(2, "batch", name or None))
    assert await store.budgets(name) == ((Budget(2, "batch", name or None), 2),)
    await store.set_note(name, name, name)
    assert await store.note(name, name) == name
    slot = await store.reserve_slot(name, LIMIT)
    store.post_slot_back(name, LIMIT, slot)
    assert (await store.reserve_slot(name, LIMIT)).at == slot.at
    assert await store.close_holds(name, [entry.id], Fate.SETTLE) == 1


async def test_lone_surrogates_do_no_harm(store: Store) -> None:
    """Half a character, as some file names have it, can be booked, capped and noted."""
    name = "half \ud83e"
    entry = new_entry(2, entry_id=f"{name}/1", tag=name)
    await store.set_budget(name, Budget(3, "tag", name))
    await store.reserve(name, entry, (), call_id=None)
    with pytest.raises(BudgetExceededError):
        await store.reserve(name, new_entry(2, tag=name), (), call_id=None)
    with pytest.raises(BudgetExceededError):
        await store.reserve(name, new_entry(1, tag=name), [Budget(2, "tag", name)], call_id=None)
    store.post_booking(name, entry, Fate.SETTLE)
    assert (await sums(store, name))[:2] == (1, 2)
    assert await store.drop_budget(name, "tag", name)
    await store.set_note(name, name, name)
    assert (await store.note(name, name) or "").startswith("half ")
    assert (await store.reserve_slot(name, LIMIT)).refusals == 0


# Budgets


SCOPES: list[tuple[Any, str | None]] = [
    ("client", None),
    ("day", None),
    ("day", "2026-11-24"),
    ("tag", None),
    ("tag", "tests"),
    ("batch", None),
    ("batch", "foxes"),
]


@pytest.mark.parametrize(("scope", "name"), SCOPES)
@pytest.mark.parametrize("is_shared", [False, True], ids=["own", "shared"])
async def test_budget_is_not_overrun(store: Store, scope: Any, name: str | None, is_shared: bool) -> None:
    """A budget, the client's own or one in the store, lets pass what fits it, and says what would not."""
    budget = Budget(10, scope, name)
    own = () if is_shared else (budget,)
    if is_shared:
        await store.set_budget(ACCOUNT, budget)
    await store.reserve(ACCOUNT, new_entry(7), own, call_id=None)
    with pytest.raises(BudgetExceededError) as caught:
        await store.reserve(ACCOUNT, new_entry(5), own, call_id="call-9")
    found = caught.value
    assert (found.needed, found.spent, found.limit, found.scope, found.call_id) == (5, 7, 10, scope, "call-9")
    assert found.name == (None if scope == "client" else getattr(KEY, scope))
    assert await sums(store) == (0, 0, 0, 0, 7, 0)
    await store.reserve(ACCOUNT, new_entry(3), own, call_id=None)


@pytest.mark.parametrize(("scope", "name"), SCOPES[1:])
async def test_budget_of_a_scope_leaves_others_alone(store: Store, scope: Any, name: str | None) -> None:
    """A budget for each day, tag or batch, or for one of them, does not cap what is booked elsewhere."""
    await store.set_budget(ACCOUNT, Budget(1, scope, name))
    await reserved(store, 1)
    elsewhere = {"day": "2026-11-25", "tag": "other", "batch": "other"}[scope]
    await reserved(store, 1, **{scope: elsewhere})
    if scope != "day":
        await reserved(store, 9, **{scope: None})
    if name is None:
        with pytest.raises(BudgetExceededError):
            await reserved(store, 1, **{scope: elsewhere})
    else:
        await reserved(store, 9, **{scope: elsewhere})


@pytest.mark.parametrize(
    ("fate", "left"), [(Fate.SETTLE, 0), (Fate.HOLD, 0), (Fate.RELEASE, 10)], ids=lambda value: str(value)
)
async def test_what_was_released_can_be_spent_again(store: Store, fate: Fate, left: float) -> None:
    """Settled and held tokens count against a budget, released ones do not, also when they were held before."""
    await store.set_budget(ACCOUNT, Budget(10))
    entry = await reserved(store, 10)
    store.post_booking(ACCOUNT, entry, fate)
    await store.flush()
    assert await store.budgets(ACCOUNT) == ((Budget(10), 10 - left),)
    if fate is Fate.HOLD:
        await store.close_holds(ACCOUNT, [entry.id], Fate.RELEASE)
        assert await store.budgets(ACCOUNT) == ((Budget(10), 0),)


async def test_tight_budget_takes_fractions(store: Store) -> None:
    """A budget of 0.3 takes three calls of 0.1, though computers say that they make more."""
    for _ in range(3):
        await store.reserve(ACCOUNT, new_entry(0.1), [Budget(0.3)], call_id=None)
    with pytest.raises(BudgetExceededError):
        await store.reserve(ACCOUNT, new_entry(0.001), [Budget(0.3)], call_id=None)


async def test_call_of_unknown_price_fits_any_budget(store: Store) -> None:
    """Whether a call without a price goes out is decided elsewhere: here it costs nothing."""
    await store.reserve(ACCOUNT, new_entry(None), [Budget(0)], call_id=None)


async def test_many_at_once_cannot_overrun_a_budget(store: Store) -> None:
    """Of 200 reservations at once against a budget of 50, exactly 50 succeed."""
    results: list[bool] = []

    async def attempt() -> None:
        try:
            await store.reserve(ACCOUNT, new_entry(1), [Budget(50)], call_id=None)
        except BudgetExceededError:
            results.append(False)
        else:
            results.append(True)

    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(attempt)
    assert (results.count(True), results.count(False)) == (50, 150)
    assert (await sums(store))[4] == 50


async def test_budgets_are_set_replaced_and_dropped(store: Store) -> None:
    """A budget stands in place of one with the same scope and name, and keeps its place."""
    for budget in (Budget(1), Budget(2, "day"), Budget(3, "tag", "tests"), Budget(9)):
        await store.set_budget(ACCOUNT, budget)
    assert [budget for budget, _ in await store.budgets(ACCOUNT)] == [
        Budget(9),
        Budget(2, "day"),
        Budget(3, "tag", "tests"),
    ]
    assert await store.drop_budget(ACCOUNT, "day", None)
    assert not await store.drop_budget(ACCOUNT, "day", None)
    assert not await store.drop_budget(ACCOUNT, "tag", None)
    assert [budget for budget, _ in await store.budgets(ACCOUNT)] == [Budget(9), Budget(3, "tag", "tests")]


async def test_budgets_tell_what_is_spent(store: Store, clock: HandClock) -> None:
    """For every day today counts, and for every tag or batch the largest."""
    await reserved(store, 1, tag="a", batch=None)
    await reserved(store, 2, tag="b", batch="one")
    await reserved(store, 4, day="2026-11-25", tag=None, batch="two")
    wanted: list[tuple[Any, str | None, float]] = [
        ("client", None, 7),
        ("day", None, 3),
        ("day", "2026-11-25", 4),
        ("tag", None, 2),
        ("tag", "a", 1),
        ("tag", "never", 0),
        ("batch", None, 4),
    ]
    for scope, name, _ in wanted:
        await store.set_budget(ACCOUNT, Budget(100, scope, name))
    assert [spent for _, spent in await store.budgets(ACCOUNT)] == [spent for *_, spent in wanted]
    clock.pass_by(86400)
    assert dict(await store.budgets(ACCOUNT))[Budget(100, "day")] == 4


async def test_budget_for_every_tag_where_there_is_none(store: Store) -> None:
    """Where nothing was spent the largest sum is none."""
    await store.set_budget("new", Budget(5, "batch"))
    assert await store.budgets("new") == ((Budget(5, "batch"), 0),)


# Notes


async def test_notes_are_kept_and_replaced(store: Store) -> None:
    """A note stands until another of the same name takes its place."""
    assert await store.note(ACCOUNT, "balance") is None
    for text in ("10", "20"):
        await store.set_note(ACCOUNT, "balance", text)
        assert await store.note(ACCOUNT, "balance") == text
    assert (await store.note(ACCOUNT, "other"), await store.note("another", "balance")) == (None, None)


async def test_store_can_be_used_after_closing(store: Store) -> None:
    """Closing writes what was posted; used again, the store opens again."""
    entry = await reserved(store, 5)
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    await store.aclose()
    assert await sums(store) == (1, 5, 0, 0, 0, 0)
    await store.aclose()
    await store.aclose()


# What outlives a process


async def test_expired_reservation_is_held(lasting_store: Store, clock: HandClock) -> None:
    """What stays reserved longer than its process can have lived may have been charged: it is held."""
    await lasting_store.set_budget(ACCOUNT, Budget(100))
    since = clock.wall()
    entry = await reserved(lasting_store, 5, seconds=60)
    young = await reserved(lasting_store, 1, seconds=600)
    clock.pass_by(59)
    assert await lasting_store.holds(ACCOUNT) == ()
    clock.pass_by(2)
    assert await lasting_store.holds(ACCOUNT) == (Hold(id=entry.id, key=KEY, tokens=5, since=since),)
    assert await sums(lasting_store) == (1, 0, 5, 1, 1, 0)
    assert await lasting_store.budgets(ACCOUNT) == ((Budget(100), 6),)
    lasting_store.post_booking(ACCOUNT, young, Fate.RELEASE)
    assert await _flushed(lasting_store) == (1, 0, 5, 1, 0, 0)


async def test_cancelled_caller_leaves_nothing_reserved(lasting_store: Store) -> None:
    """What was reserved for a caller who is cancelled meanwhile is released."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        await reserved(lasting_store, 5)
    assert scope.cancelled_caught
    assert await _flushed(lasting_store) == (0, 0, 0, 0, 0, 0)


async def test_cancelled_caller_leaves_no_slot_behind(lasting_store: Store, clock: HandClock) -> None:
    """A slot that was reserved for a caller who is cancelled meanwhile is free again."""
    limit = RateLimit(1, 10.0)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await lasting_store.reserve_slot(ACCOUNT, limit)
    assert scope.cancelled_caught
    await lasting_store.flush()
    assert await taken(lasting_store, 1, limit) == [clock.now()]


READS: list[Callable[[Store], Any]] = [
    lambda store: store.lines(ACCOUNT),
    lambda store: store.holds(ACCOUNT),
    lambda store: store.close_holds(ACCOUNT, ["late/1"], Fate.SETTLE),
]


@pytest.mark.parametrize("read", READS, ids=["lines", "holds", "close_holds"])
async def test_whoever_looks_sees_what_has_expired(lasting_store: Store, clock: HandClock, read: Any) -> None:
    """Whatever looks at the books first, a reservation that has expired is held for it."""
    await reserved(lasting_store, 5, entry_id="late/1", seconds=60)
    clock.pass_by(61)
    assert await read(lasting_store)
    assert (await sums(lasting_store))[4] == 0


@pytest.mark.parametrize(
    ("fate", "expected"), [(Fate.SETTLE, (1, 5, 0, 0, 0, 0)), (Fate.RELEASE, (0, 0, 0, 0, 0, 0))], ids=str
)
@pytest.mark.parametrize("is_seen", [True, False])
async def test_expired_reservation_can_be_booked(
    lasting_store: Store, clock: HandClock, fate: Fate, expected: tuple[float, ...], is_seen: bool
) -> None:
    """A process that was only slow books its reservation as ever, whether it was held meanwhile or not."""
    entry = await reserved(lasting_store, 5, seconds=60)
    clock.pass_by(61)
    if is_seen:
        await lasting_store.holds(ACCOUNT)
    lasting_store.post_booking(ACCOUNT, entry, fate)
    assert await _flushed(lasting_store) == expected


async def test_what_is_held_stays_so_when_the_clock_steps_back(lasting_store: Store, clock: HandClock) -> None:
    """A clock that is set back gives no reservation back: what is held is settled or released by hand."""
    await reserved(lasting_store, 5, seconds=60)
    clock.pass_by(61)
    await lasting_store.holds(ACCOUNT)
    clock.epoch -= 3600
    assert await sums(lasting_store) == (1, 0, 5, 1, 0, 0)


async def _flushed(store: Store) -> tuple[float, ...]:
    await store.flush()
    return await sums(store)
