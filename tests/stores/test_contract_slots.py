"""What every store promises of slots, judged on each of them."""

from __future__ import annotations

import pytest

from imagine_async.stores import RateLimit, Slot, Store
from tests.stores.clocks import HandClock
from tests.stores.entries import ACCOUNT

pytestmark = pytest.mark.anyio

LIMIT = RateLimit(4, 8.0, burst=2, margin=0.0)


async def taken(store: Store, number: int, limit: RateLimit = LIMIT) -> list[float]:
    return [(await store.reserve_slot(ACCOUNT, limit)).at for _ in range(number)]


async def test_slots_burst_and_then_leave_evenly(store: Store, clock: HandClock) -> None:
    """A burst leaves at once, the others at the steady rate, and the next window opens when the first one is over."""
    start = clock.now()
    assert await taken(store, 5) == [start, start, start + 2, start + 4, start + 8]


async def test_slot_tells_how_long_to_wait(store: Store, clock: HandClock) -> None:
    """A slot's wait counts from the reservation, and its refusals are those seen so far."""
    first = await store.reserve_slot(ACCOUNT, RateLimit(1, 10.0, margin=0.0))
    clock.pass_by(4)
    second = await store.reserve_slot(ACCOUNT, RateLimit(1, 10.0, margin=0.0))
    assert (first.wait, first.refusals) == (0, 0)
    assert (second.at, second.wait) == (first.at + 10, 6)


async def test_accounts_have_slots_of_their_own(store: Store, clock: HandClock) -> None:
    """What one account uses up, another still has."""
    await taken(store, 4)
    other = await store.reserve_slot("another", LIMIT)
    assert other.at == clock.now()


async def test_last_slot_can_be_given_back(store: Store) -> None:
    """A slot behind which nobody stands is free again; one behind which somebody stands is not."""
    slots = [await store.reserve_slot(ACCOUNT, LIMIT) for _ in range(4)]
    store.post_slot_back(ACCOUNT, LIMIT, slots[3])
    store.post_slot_back(ACCOUNT, LIMIT, slots[1])
    await store.flush()
    assert await taken(store, 1) == [slots[3].at]


async def test_giving_back_opens_no_window(store: Store, clock: HandClock) -> None:
    """However many slots to come are given back, those that were used still count in the window."""
    limit = RateLimit(5, 5.0, burst=5, margin=0.0)
    await taken(store, 5, limit)
    late = [await store.reserve_slot(ACCOUNT, limit) for _ in range(6)]
    for slot in reversed(late):
        store.post_slot_back(ACCOUNT, limit, slot)
    await store.flush()
    clock.pass_by(0.1)
    assert await taken(store, 1, limit) == [late[0].at]


async def test_refusal_voids_what_is_to_come(store: Store, clock: HandClock) -> None:
    """After a refusal nobody leaves for a while, nobody bursts after it, and older slots cannot be given back."""
    slots = [await store.reserve_slot(ACCOUNT, LIMIT) for _ in range(3)]
    store.post_refusal(ACCOUNT, LIMIT, 30.0)
    assert [(await store.confirm_slot(ACCOUNT, LIMIT, slot)).refusals for slot in slots] == [1, 1, 1]
    store.post_slot_back(ACCOUNT, LIMIT, slots[2])
    await store.flush()
    again = [await store.reserve_slot(ACCOUNT, LIMIT) for _ in range(3)]
    assert [slot.at - clock.now() for slot in again] == [30, 32, 34]
    assert {slot.refusals for slot in again} == {1}


async def test_refusal_keeps_what_has_left(store: Store, clock: HandClock) -> None:
    """After a refusal those calls count in the window that have left, and no others."""
    limit = RateLimit(3, 60.0, burst=3, margin=0.0)
    start = clock.now()
    await taken(store, 9, limit)
    store.post_refusal(ACCOUNT, limit, 0.5)
    await store.flush()
    assert await taken(store, 1, limit) == [start + 60]


async def test_slot_that_has_come_is_confirmed(store: Store, clock: HandClock) -> None:
    """A slot is as it was where nothing has happened, or not known; one whose time is over is moved to now."""
    slots = [await store.reserve_slot(ACCOUNT, LIMIT) for _ in range(4)]
    clock.pass_by(slots[-1].wait)
    assert await store.confirm_slot(ACCOUNT, LIMIT, slots[-1]) == Slot(slots[-1].at, 0.0, 0)
    assert await store.confirm_slot("new", LIMIT, slots[-1]) == Slot(slots[-1].at, 0.0, 0)
    assert await store.confirm_slot(ACCOUNT, LIMIT, slots[0]) == Slot(clock.now(), 0.0, 0)


async def test_late_call_moves_those_a_window_behind(store: Store, clock: HandClock) -> None:
    """Where a call left late, the one that its window holds back waits as much longer, reserved before or after."""
    limit = RateLimit(2, 8.0, burst=2, margin=0.0)
    start = clock.now()
    first, second, third = [await store.reserve_slot(ACCOUNT, limit) for _ in range(3)]
    assert third.at == start + 8
    clock.pass_by(0.5)
    store.post_delay(ACCOUNT, first, 0.25)
    store.post_delay(ACCOUNT, second, 0.5)
    await store.flush()
    clock.pass_by(7.5)
    assert await store.confirm_slot(ACCOUNT, limit, third) == Slot(start + 8.25, 0.25, 0)
    fourth = await store.reserve_slot(ACCOUNT, limit)
    assert fourth.at == start + 8.25 + limit.spacing
    # Its caller comes late: it is moved behind the one that came after it, and both still count.
    clock.pass_by(2.5)
    assert await store.confirm_slot(ACCOUNT, limit, Slot(start + 8.25, 0.25, 0)) == Slot(start + 10.5, 0.0, 0)
    assert await taken(store, 2, limit) == [start + 18.25, start + 18.25 + limit.spacing]


async def test_delay_of_what_is_not_known_changes_nothing(store: Store) -> None:
    """A slot that was given back, or never given out, cannot be late."""
    (given_back,) = [await store.reserve_slot(ACCOUNT, LIMIT)]
    store.post_slot_back(ACCOUNT, LIMIT, given_back)
    store.post_delay(ACCOUNT, given_back, 100.0)
    store.post_delay("new", given_back, 100.0)
    await store.flush()
    assert await taken(store, 2) == [given_back.at, given_back.at]


async def test_room_caps_the_burst(store: Store, clock: HandClock) -> None:
    """Where the server has room for one call, one leaves at once and the next at the steady rate."""
    store.post_room(ACCOUNT, LIMIT, 1)
    await store.flush()
    start = clock.now()
    assert await taken(store, 2) == [start, start + 2]
