"""Pacing: no window ever holds more than the limit, nobody is overtaken unasked, and a refusal slows everybody."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.call import Call, Event
from imagine_async.clock import Clock
from imagine_async.errors import ConfigurationError, DeadlineExceededError, Outcome, RateLimitedError, StoreError
from imagine_async.middleware.limiter import RateLimiter
from imagine_async.quota import Quota
from imagine_async.requests import TextToImage
from imagine_async.results import Image
from imagine_async.stores import MemoryStore, RateLimit, Slot
from imagine_async.stores.slots import SlotBook
from tests.pictures import made_image
from tests.virtual_time import VirtualClock

IMAGE = made_image()
REQUEST = TextToImage(prompt="a red fox")
PATIENCE = 1e9
EVEN = RateLimit(1, 1, margin=0)

limits = st.integers(1, 20).flatmap(
    lambda calls: st.builds(RateLimit, st.just(calls), st.floats(0.1, 100), st.none() | st.integers(1, calls))
)


class Traffic:
    """Calls through one limiter, and what becomes of them."""

    def __init__(self, limit: RateLimit, *, store: MemoryStore | None = None) -> None:
        self.clock = VirtualClock()
        self.limiter = RateLimiter(limit, store=store or MemoryStore(clock=self.clock), account="a", clock=self.clock)
        self.left: list[tuple[float, str]] = []
        self.events: list[Event] = []
        self.late: list[DeadlineExceededError] = []
        self.answers: dict[str, Callable[[Call], None]] = {}

    @property
    def times(self) -> list[float]:
        """Departures, in seconds since the start."""
        return [round(time - 1000.0, 9) for time, _ in self.left]

    @property
    def names(self) -> list[str]:
        """The names of the calls, in the order of their departure."""
        return [name for _, name in self.left]

    async def call(
        self, name: str = "", at: float = 0.0, *, patience: float = PATIENCE, priority: int = 0, lag: float = 0.0
    ) -> None:
        """Make a call at a time; it leaves so long after its slot as it needs to connect."""
        await self.clock.sleep(1000.0 + at - self.clock.now())
        call = Call(
            request=REQUEST,
            deadline=self.clock.now() + patience,
            clock=self.clock,
            observers=[self.events.append],
            priority=priority,
        )

        async def depart(call: Call) -> Image:
            if lag:
                await self.clock.sleep(lag)
            call.begin_to_send()
            self.left.append((self.clock.now(), name))
            await self.clock.sleep(0.25)
            self.answers.get(name, _say_nothing)(call)
            return IMAGE

        try:
            await self.limiter.around_attempt(call, depart)
        except DeadlineExceededError as error:
            self.late.append(error)
        except RateLimitedError:
            return


def _say_nothing(call: Call) -> None:
    """Answer without a word."""


def refuse(call: Call, retry_after: float | None = None) -> None:
    raise RateLimitedError("too many", status=429, retry_after=retry_after)


def run(
    limit: RateLimit,
    calls: list[dict[str, Any]],
    backend: str = "asyncio",
    answers: Mapping[str, Callable[[Call], None]] | None = None,
) -> Traffic:
    """Run calls until all have left or given up."""
    traffic = Traffic(limit)
    traffic.answers = dict(answers or {})

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for number, call in enumerate(calls):
                facts = dict(call)
                gives_up = facts.pop("gives_up", None)
                scope = anyio.CancelScope()
                group.start_soon(travel, scope, partial(traffic.call, **{"name": str(number), **facts}))
                if gives_up is not None:
                    group.start_soon(cancel, traffic.clock, facts.get("at", 0.0) + gives_up, scope)
            await traffic.clock.run()

    anyio.run(main, backend=backend)
    return traffic


async def travel(scope: anyio.CancelScope, call: Callable[[], Any]) -> None:
    with scope:
        await call()


async def cancel(clock: VirtualClock, at: float, scope: anyio.CancelScope) -> None:
    await clock.sleep(1000.0 + at - clock.now())
    scope.cancel()


def at_once(number: int) -> list[dict[str, Any]]:
    return [{} for _ in range(number)]


@settings(deadline=None, max_examples=25)
@given(
    limits,
    st.lists(st.tuples(st.floats(0, 50), st.none() | st.floats(0, 20), st.integers(-1, 1)), max_size=30),
    st.sampled_from(["asyncio", "trio"]),
)
def test_no_window_holds_more_than_the_limit(
    limit: RateLimit, calls: list[tuple[float, float | None, int]], backend: str
) -> None:
    """Whenever calls come, whatever their priority, and however soon some give up: no window holds too many."""
    facts = [{"at": at, "gives_up": gives_up, "priority": priority} for at, gives_up, priority in calls]
    times = sorted(run(limit, facts, backend).times)
    for first, over in zip(times, times[limit.calls :], strict=False):
        assert over - first >= limit.seconds
    assert len(times) >= sum(gives_up is None for _, gives_up, _ in calls)


@pytest.mark.parametrize("text", ["50/s", "10/s", "50/60s", "100/min", "1/0.5s"])
def test_throughput_is_the_limits(text: str) -> None:
    """Very many calls finish within 2 % of the time that the rate says, and no window holds too many."""
    limit, book = RateLimit(text), SlotBook()
    number = 100 * limit.calls
    times = [book.reserve(limit, 0.0).at for _ in range(number)]
    assert times[-1] == pytest.approx(number / limit.calls * limit.seconds, rel=0.02)
    assert all(over - first >= limit.seconds for first, over in zip(times, times[limit.calls :], strict=False))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_calls_leave_with_their_slots(backend: str) -> None:
    """Calls that wait in a queue finish in the time that their slots say, to within 2 %, and hold the window."""
    limit = RateLimit(10, 1)
    times = run(limit, at_once(60), backend).times
    assert times[-1] == pytest.approx(6, rel=0.02, abs=0.15)
    assert all(over - first >= limit.seconds for first, over in zip(times, times[10:], strict=False))


@settings(deadline=None, max_examples=20)
@given(limits, st.lists(st.floats(0, 50), max_size=25))
def test_nobody_is_overtaken(limit: RateLimit, arrivals: list[float]) -> None:
    """Calls of one priority leave in the order in which they came, and never before that."""
    ordered = sorted(arrivals)
    found = run(limit, [{"at": at} for at in ordered])
    assert [int(name) for name in found.names] == list(range(len(ordered)))
    assert all(left >= at - 1e-6 for left, at in zip(found.times, ordered, strict=True))


def test_higher_priority_comes_first() -> None:
    """Behind calls that wait, one of a higher priority is the next to leave; the others keep their order."""
    found = run(EVEN, [*at_once(30), {"at": 0.5, "priority": 1}, {"at": 0.6, "priority": -1}])
    assert found.names == ["0", "30", *(str(number) for number in range(1, 30)), "31"]
    assert found.times == list(range(32))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_late_call_is_counted_from_then_on(backend: str) -> None:
    """Where a call had to connect first, the one a window behind it waits as much longer; a moment is no matter."""
    limit = RateLimit(2, 10, 2, 0.0)
    others = [{"at": 0.01}, {"at": 0.02}, {"at": 0.03}]
    assert run(limit, [{"lag": 3.0}, *others], backend).times == [0.01, 3, 10.01, 13]
    assert run(limit, [{"lag": 0.0005}, *others], backend).times == [0.0005, 0.01, 10, 12.5]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_late_burst_is_not_followed_by_another(backend: str) -> None:
    """Where a whole burst left late, those who wait for its window to pass still leave one after the other."""
    limit = RateLimit(10, 10, 5, 0.0)
    late = [{"at": number / 1000, "lag": 0.7} for number in range(5)]
    found = run(limit, [*late, *({"at": 0.01 + number / 1000} for number in range(15))], backend)
    behind = [time for time in sorted(found.times) if time >= 10]
    assert len(behind) == 10
    assert all(late - early >= limit.spacing - 1e-9 for early, late in itertools.pairwise(behind))


def test_late_calls_break_no_window() -> None:
    """However late the first calls leave, as over new connections they do, no window holds too many."""
    limit = RateLimit(10, 10)
    found = run(limit, [*({"lag": 0.1 * number} for number in range(2)), *at_once(60)])
    times = sorted(found.times)
    assert all(over - first >= limit.seconds for first, over in zip(times, times[10:], strict=False))
    assert times[-1] == pytest.approx(61, abs=2)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_refusal_of_one_client_slows_the_others(backend: str) -> None:
    """Who shares the store waits as long as the client that was refused, also with a slot of its own already."""
    refused, other = Traffic(EVEN), Traffic(EVEN)
    other.clock = refused.clock
    other.limiter = RateLimiter(EVEN, store=refused.limiter._store, account="a", clock=refused.clock)
    refused.answers = {"0": partial(refuse, retry_after=30)}

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(refused.call, "0")
            group.start_soon(other.call, "waits", 0.1)
            group.start_soon(other.call, "comes", 5.0)
            await refused.clock.run()

    anyio.run(main, backend=backend)
    assert (refused.times, other.times) == ([0], [30.25, 31.25])


def test_waiting_is_told() -> None:
    """Observers learn how long the limiter holds a call, and nothing where it does not."""
    found = run(EVEN, at_once(3))
    waits = [event.seconds for event in found.events if event.kind == "waiting"]
    assert waits == [1, 2]


def test_wait_beyond_the_deadline_is_refused_at_once() -> None:
    """A call that would be held too long fails when it comes, as not sent, and says what to do."""
    found = run(RateLimit(1, 60, margin=0), [{}, {"patience": 30.0}])
    (error,) = found.late
    assert error.outcome is Outcome.NOT_SENT
    assert "would hold the call for 60.0 s, and its deadline is in 30.0 s; nothing was sent" in error.message
    assert found.clock.now() == pytest.approx(1000.25)


def test_priority_counts_for_the_deadline() -> None:
    """A call of higher priority may come in time where one of usual priority would not."""
    found = run(EVEN, [*at_once(10), {"patience": 3.0}, {"patience": 3.0, "priority": 1}])
    assert len(found.late) == 1
    assert found.names[1] == "11"


def test_refused_call_gives_its_slot_back() -> None:
    """A call that could not wait does not hold up the one behind it."""
    assert run(EVEN, [{}, {"patience": 0.5}, {"at": 0.1}]).times == [0, 1]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("gives_up", [1, 2, 3])
def test_cancelled_waiter_gives_its_slot_back(gives_up: int, backend: str) -> None:
    """Wherever it stands in the queue: all behind a call that is given up move up, and its slot is not lost."""
    calls: list[dict[str, Any]] = [{"at": number / 100} for number in range(4)]
    calls[gives_up]["gives_up"] = 0.5
    found = run(EVEN, [*calls, {"at": 0.6}], backend)
    assert found.times == [0, 1, 2, 3]
    assert str(gives_up) not in found.names


def test_refusal_holds_back_those_who_come_later() -> None:
    """After a refusal nobody leaves until the server's wait is over, and then without a burst."""
    calls = [{}, *({"at": 1.0} for _ in range(3))]
    found = run(RateLimit(10, 10, 5, 0.0), calls, answers={"0": partial(refuse, retry_after=30)})
    assert found.times == [0, 30.25, 31.25, 32.25]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_refusal_holds_back_those_who_wait(backend: str) -> None:
    """Those who already wait for their slot when the refusal comes are held back as well, in their order."""
    calls = [{"at": number / 100} for number in range(4)]
    found = run(EVEN, calls, backend, answers={"0": partial(refuse, retry_after=30)})
    assert found.times == [0, 30.25, 31.25, 32.25]
    assert found.names == ["0", "1", "2", "3"]


def test_second_refusal_never_shortens_the_first() -> None:
    """A shorter wait that comes later does not undo a longer one."""
    long, short = partial(refuse, retry_after=30), partial(refuse, retry_after=1)
    found = run(RateLimit(10, 10, 10, 0.0), [{}, {"at": 0.1}, {"at": 1.0}], answers={"0": long, "1": short})
    assert found.times == [0, 0.1, 30.25]


def test_refusal_without_a_wait_doubles() -> None:
    """Where the server names no wait, each refusal in a row makes the pause longer, and a success ends the row."""
    refusals = {str(number): refuse for number in (0, 1, 2, 4)}
    found = run(RateLimit(16, 16, 1, 0.0), [{"at": 100.0 * number} for number in range(5)], answers=refusals)
    assert found.times == [0, 100, 200, 300, 400]
    after = Traffic(RateLimit(16, 16, 1, 0.0))
    pauses = []
    for number in range(6):
        error = RateLimitedError("too many", status=429)
        call = Call(request=REQUEST, deadline=1e9, clock=after.clock)
        pauses.append(after.limiter._learnt.pause_after(error, call, float(number), number + 0.5))
    assert pauses == [1, 2, 4, 8, 16, 16]


def test_other_errors_slow_nobody() -> None:
    """Only a refusal for too many requests moves the slots."""

    def fail(call: Call) -> None:
        raise ConfigurationError("something else")

    traffic = Traffic(RateLimit(2, 10, 2))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(traffic.clock.run)
            with pytest.raises(ConfigurationError):
                traffic.answers = {"first": fail}
                await traffic.call("first")
            await traffic.call("second")

    anyio.run(main)
    assert traffic.times == [0.0, 0.25]


def test_replies_are_learnt_from() -> None:
    """A server that tells of a lower limit is followed from its first reply on."""

    def tell(call: Call) -> None:
        call.quota = Quota(limit=2, remaining=1, reset=10.0)

    found = run(RateLimit(100, 10, 1, 0.0), [{"at": float(number)} for number in range(6)], answers={"0": tell})
    assert found.limiter.limit == RateLimit(2, 10.0, 1, 0.0)
    assert found.times[:2] == [0, 1]
    assert all(over - first >= 10 for first, over in zip(found.times, found.times[2:], strict=False))


def test_error_of_the_store_is_passed_on() -> None:
    """Without its store nothing is sent."""

    class Broken(MemoryStore):
        async def reserve_slot(self, account: str, limit: RateLimit) -> Slot:
            raise StoreError("away")

    traffic = Traffic(EVEN, store=Broken())

    async def main() -> None:
        with pytest.raises(StoreError):
            await traffic.limiter.around_attempt(Call(request=REQUEST, deadline=1e9), lambda call: _never())

    anyio.run(main)


def test_store_that_fails_while_calls_wait() -> None:
    """Whoever waits for new slots after a refusal, and gets none from the store, learns why; nobody waits for ever."""

    class Breaking(MemoryStore):
        is_broken = False

        async def reserve_slot(self, account: str, limit: RateLimit) -> Slot:
            if self.is_broken:
                raise StoreError("away")
            return await super().reserve_slot(account, limit)

    store = Breaking()
    traffic = Traffic(EVEN, store=store)
    failed: list[StoreError] = []

    def refuse_and_break(call: Call) -> None:
        store.is_broken = True
        refuse(call, retry_after=30)

    async def call(name: str) -> None:
        try:
            await traffic.call(name, int(name) / 100)
        except StoreError as error:
            failed.append(error)

    async def main() -> None:
        traffic.answers = {"0": refuse_and_break}
        async with anyio.create_task_group() as group:
            for name in ("0", "1", "2", "3"):
                group.start_soon(call, name)
            await traffic.clock.run()

    store._clock = traffic.clock
    anyio.run(main)
    assert (traffic.names, len(failed)) == (["0"], 3)


async def _never() -> Image:
    raise AssertionError("it was sent")


class Sleepless(Clock):
    """Time stands still but for those who sleep: it is noted how long, and they go on at once."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.local = threading.local()

    def now(self) -> float:
        return getattr(self.local, "time", 0.0)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.local.time = self.now() + seconds


def test_threads_share_the_slots() -> None:
    """Calls from event loops in many threads get slots of their own, evenly spaced, as if they came from one."""
    still = Clock()
    still.now = lambda: 0.0  # type: ignore[method-assign]
    store, gate = MemoryStore(clock=still), threading.Barrier(8, timeout=30)
    waits: list[float] = []

    async def send(call: Call) -> Image:
        return IMAGE

    async def go() -> None:
        clock = Sleepless()
        limiter = RateLimiter(EVEN, store=store, account="a", clock=clock)
        gate.wait()
        for _ in range(50):
            events: list[Event] = []
            clock.local.time = 0.0
            call = Call(request=REQUEST, deadline=PATIENCE, clock=clock, observers=[events.append])
            await limiter.around_attempt(call, send)
            waits.extend(event.seconds or 0.0 for event in events)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(anyio.run, [go] * 8))
    assert sorted(waits) == list(range(1, 400))
