"""The arithmetic of slots: no window is broken, the full rate is used, and clocks may step."""

from __future__ import annotations

import tracemalloc
from bisect import insort

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.stores import RateLimit
from imagine_async.stores.slots import RecentSlots, Slot, SlotBook

Step = tuple[str, float]

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.integers(1, 15)),
        st.tuples(st.just("back"), st.integers(1, 15)),
        st.tuples(st.just("pass"), st.floats(0, 20)),
        st.tuples(st.just("refusal"), st.floats(0, 20)),
        st.tuples(st.just("room"), st.integers(1, 10)),
        st.tuples(st.just("late"), st.floats(0, 5)),
    ),
    max_size=60,
)


class Traffic:
    """Callers that use every slot they get, some of them late, unless they give it back or a refusal voids it."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self.book = SlotBook()
        self.now = 1000.0
        self.waiting: list[Slot] = []
        self.left: list[float] = []
        self.late = 0.0

    def do(self, step: Step) -> None:
        getattr(self, f"do_{step[0]}")(step[1])

    def do_pass(self, seconds: float) -> None:
        """Let time pass from slot to slot, so that each call can leave in time."""
        end = self.now + seconds
        while self.waiting and self.waiting[0].at <= end:
            self.now = max(self.now, self.waiting[0].at)
            self.leave()
        self.now = max(self.now, end)

    def leave(self) -> None:
        """Let the first that waits leave, as late as is usual, if its window is open."""
        slot = self.waiting.pop(0)
        confirmed = self.book.confirm(self.limit, slot, self.now)
        assert confirmed.refusals == slot.refusals
        if confirmed.wait > 0:
            insort(self.waiting, confirmed, key=lambda slot: slot.at)
            return
        self.now += self.late
        self.book.delay(confirmed.at, self.now - confirmed.at)
        self.left.append(self.now)

    def do_late(self, seconds: float) -> None:
        self.late = seconds

    def do_reserve(self, number: float) -> None:
        for _ in range(int(number)):
            insort(self.waiting, self.book.reserve(self.limit, self.now), key=lambda slot: slot.at)
        self.do_pass(0.0)

    def do_back(self, number: float) -> None:
        for _ in range(int(number)):
            if self.waiting and self.book.give_back(self.limit, self.waiting[-1].at):
                self.waiting.pop()

    def do_refusal(self, seconds: float) -> None:
        self.book.push_back(self.limit, seconds, self.now)
        self.waiting.clear()

    def do_room(self, calls: float) -> None:
        self.book.leave(self.limit, int(calls), self.now)

    def narrowest(self) -> float:
        """Return the shortest time in which one call more left than the limit allows."""
        calls = self.limit.calls
        return min((late - early for early, late in zip(self.left, self.left[calls:], strict=False)), default=1e9)


@settings(deadline=None, max_examples=500)
@given(st.integers(1, 12), st.floats(0.5, 60), st.data(), STEPS)
def test_no_window_is_broken(calls: int, seconds: float, data: st.DataObject, steps: list[Step]) -> None:
    """Whatever is reserved, given back, refused, waited for and late: no window holds more calls than the limit."""
    traffic = Traffic(RateLimit(calls, seconds, data.draw(st.integers(1, calls))))
    for step in steps:
        traffic.do(step)
    traffic.do_pass(10_000)
    assert traffic.narrowest() >= traffic.limit.seconds


def test_slots_given_back_do_not_open_the_window() -> None:
    """Calls that left count as long as the window is, however many later slots were given back."""
    limit = RateLimit(5, 5.0, burst=5, margin=0.0)
    book = SlotBook()
    for _ in range(5):
        book.reserve(limit, 100.0)
    late = [book.reserve(limit, 100.0).at for _ in range(20)]
    assert all(book.give_back(limit, at) for at in reversed(late))
    assert book.reserve(limit, 100.1).at == 105


def test_full_rate_is_used() -> None:
    """A thousand calls need no longer than the limit says, but for the margin."""
    limit = RateLimit(50, 1.0)
    book = SlotBook()
    last = max(book.reserve(limit, 0.0).at for _ in range(1000))
    assert last == pytest.approx(20 * 1.015, rel=0.06)


def test_window_that_opens_lets_no_second_burst_through() -> None:
    """Those who wait leave half an interval apart at least, also where a burst of the window before was none."""
    limit = RateLimit(4, 4.0, burst=2, margin=0.0)
    book = SlotBook()
    assert [book.reserve(limit, 0.0).at for _ in range(9)] == [0, 0, 1, 2, 4, 4.5, 5, 6, 8]


def test_steps_of_milliseconds_are_no_steps() -> None:
    """Where two processors disagree a little, time stands still for the one that is behind."""
    limit = RateLimit(1, 10.0, margin=0.0)
    book = SlotBook()
    book.reserve(limit, 100.0)
    slot = book.reserve(limit, 99.5)
    assert (slot.at, slot.wait) == (110, 10)


def test_step_back_moves_all_slots_along() -> None:
    """After a restart of the host its clock begins anew: waits go on as if no time had passed."""
    limit = RateLimit(2, 10.0, burst=2, margin=0.0)
    book = SlotBook()
    for _ in range(2):
        book.reserve(limit, 5000.0)
    book.push_back(limit, 20.0, 5000.0)
    slot = book.reserve(limit, 7.0)
    assert (slot.at, slot.wait, slot.refusals) == (27, 20, 1)
    assert [book.recent.newest(place) for place in (2, 3, 4)] == [7, 7, None]


def test_step_forward_is_rest() -> None:
    """A clock that leaps ahead looks like a rest: there is a burst, and no more than one."""
    limit = RateLimit(4, 4.0, burst=2, margin=0.0)
    book = SlotBook()
    for _ in range(8):
        book.reserve(limit, 0.0)
    assert [book.reserve(limit, 1e6).wait for _ in range(3)] == [0, 0, 1]


def test_void_and_unknown_slots_are_not_given_back() -> None:
    """A slot that is not the newest, or of which nobody knows, stays."""
    limit = RateLimit(4, 4.0)
    book = SlotBook()
    assert not book.give_back(limit, 1.0)
    first, second = (book.reserve(limit, 1.0) for _ in range(2))
    assert not book.give_back(limit, first.at)
    assert book.give_back(limit, second.at)
    assert not book.give_back(limit, second.at)


def test_old_slots_are_forgotten() -> None:
    """What no window can hold any more takes no place."""
    limit = RateLimit(3, 1.0)
    book = SlotBook()
    for second in range(100):
        for _ in range(3):
            book.reserve(limit, 10.0 * second)
    assert [book.recent.newest(place) is None for place in (3, 7)] == [False, True]


def test_recent_slots_are_counted_from_the_newest() -> None:
    """The newest is the first, and there is none before the oldest."""
    recent = RecentSlots()
    for at in (1.0, 2.0, 3.0):
        recent.append(at)
    recent.forget(keep=2, before=5.0)
    assert [recent.newest(place) for place in (1, 2, 3)] == [3, 2, None]
    recent.forget(keep=0, before=2.5)
    recent.drop_after(2.9)
    assert recent.newest(1) is None


def test_recent_slots_are_counted_from_any() -> None:
    """Places are counted from the newest up to a time; what is forgotten or unknown is not found, nor moved."""
    recent = RecentSlots()
    for at in (1.0, 2.0, 2.0, 3.0, 4.0, 5.0):
        recent.append(at)
    assert [recent.before(2.0, 2.0, places) for places in (0, 1, 2, 3)] == [2, 2, 1, None]
    assert [recent.before(1.0, 3.5, places) for places in (0, 1, 4)] == [3, 2, None]
    assert recent.before(2.5, 3.0, 0) is None
    recent.move(2.0, 4.5)
    recent.move(2.5, 9.0)
    assert [recent.newest(place) for place in range(1, 8)] == [5, 4.5, 4, 3, 2, 1, None]
    recent.forget(keep=4, before=2.0)
    assert [recent.before(4.0, 4.0, places) for places in (0, 1, 2)] == [4, 3, None]
    recent.move(1.0, 9.0)
    recent.shift(10.0)
    recent.drop_after(0.0)
    assert recent.newest(1) is None


def test_a_million_slots_take_little_memory() -> None:
    """A limit so high that it never holds anybody remembers its slots in some 8 bytes each."""
    book, limit = SlotBook(), RateLimit(100_000, 1.0)
    tracemalloc.start()
    try:
        for number in range(100_000):
            book.reserve(limit, number * 0.001)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 1_200_000
