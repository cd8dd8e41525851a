"""Pacing: no window ever holds more than the limit, nobody is overtaken, and a refusal slows everybody."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from heapq import heappop, heappush
from types import coroutine
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.call import Call, Event, Result
from imagine_async.clock import Clock
from imagine_async.errors import ConfigurationError, DeadlineExceededError, Outcome, RateLimitedError
from imagine_async.middleware.rate_limit import RateLimit, RateLimiter
from imagine_async.requests import TextToImage
from imagine_async.results import Image
from tests.pictures import made_image

IMAGE = made_image()
REQUEST = TextToImage(prompt="a red fox")
PATIENCE = 1e9


@coroutine
def until(time: float) -> Generator[float, None, None]:
    yield time


class World(Clock):
    """Virtual time: tasks that do nothing but sleep are run in the order in which they wake, without an event loop."""

    def __init__(self, time: float = 0.0) -> None:
        self.time = time
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, Coroutine[float, None, None]]] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        await until(self.time + seconds)

    def start(self, task: Coroutine[Any, None, None], *, at: float) -> None:
        heappush(self._sleepers, (at, next(self._order), task))

    def run(self) -> None:
        while self._sleepers:
            self.time, _, task = heappop(self._sleepers)
            try:
                self.start(task, at=task.send(None))
            except StopIteration:
                continue


class Traffic:
    """Calls through one limiter, and the times at which they leave."""

    def __init__(self, limit: RateLimit, *, start: float = 0.0) -> None:
        self.world = World(start)
        self.start = start
        self.limiter = RateLimiter(limit, clock=self.world)
        self.departures: list[tuple[float, str]] = []
        self.late: list[DeadlineExceededError] = []
        self.events: list[Event] = []

    @property
    def times(self) -> list[float]:
        """Departures, in seconds since the start."""
        return [time - self.start for time, _ in self.departures]

    def call(self, patience: float = PATIENCE) -> Call:
        return Call(
            request=REQUEST,
            deadline=self.world.now() + patience,
            clock=self.world,
            observers=[self.events.append],
        )

    async def depart(self, call: Call) -> Image:
        self.departures.append((self.world.now(), call.id))
        return IMAGE

    def arrive(self, at: float = 0.0, *, patience: float = PATIENCE, refused: RateLimitedError | None = None) -> None:
        self.world.start(self._travel(patience, refused), at=self.start + at)

    async def _travel(self, patience: float, refused: RateLimitedError | None) -> None:
        call = self.call(patience)

        async def refuse(call: Call) -> Image:
            await self.depart(call)
            await self.world.sleep(0.5)
            assert refused is not None
            raise refused

        try:
            await self.limiter.around_attempt(call, refuse if refused else self.depart)
        except DeadlineExceededError as error:
            self.late.append(error)
        except RateLimitedError:
            return


def limited(retry_after: float | None) -> RateLimitedError:
    return RateLimitedError("too many", status=429, retry_after=retry_after)


def traffic(limit: RateLimit, arrivals: list[float]) -> Traffic:
    """Run calls that arrive at the given times until all have left."""
    found = Traffic(limit)
    for time in arrivals:
        found.arrive(time)
    found.world.run()
    return found


limits = st.integers(1, 20).flatmap(
    lambda calls: st.builds(RateLimit, st.just(calls), st.floats(0.1, 100), st.none() | st.integers(1, calls))
)


@pytest.mark.parametrize(
    ("text", "calls", "seconds"),
    [
        ("50/60s", 50, 60.0),
        ("10/s", 10, 1.0),
        (" 10 / s ", 10, 1.0),
        ("100/min", 100, 60.0),
        ("100/minute", 100, 60.0),
        ("3/2minutes", 3, 120.0),
        ("5/h", 5, 3600.0),
        ("5/hour", 5, 3600.0),
        ("7/24hours", 7, 86_400.0),
        ("1/0.5s", 1, 0.5),
        ("2/10sec", 2, 10.0),
        ("2/10seconds", 2, 10.0),
    ],
)
def test_parse(text: str, calls: int, seconds: float) -> None:
    """A limit is read from calls, a slash and a time."""
    assert RateLimit.parse(text) == RateLimit(calls, seconds)


@pytest.mark.parametrize(
    "text",
    ["", "10", "10/", "/s", "10/60", "10/60/s", "ten/s", "1.5/s", "-1/s", "10/-1s", "0/s", "10/0s", "10/100ms", "10/d"],
)
def test_bad_text(text: str) -> None:
    """What is no limit is refused with examples, also a unit that might be mistaken for another."""
    with pytest.raises(ConfigurationError, match="rate_limit="):
        RateLimit.parse(text)


@pytest.mark.parametrize(
    ("calls", "seconds", "burst"),
    [(0, 60, None), (-1, 60, None), (5, 0, None), (5, -1, None), (5, float("nan"), None), (5, 60, 0), (5, 60, 6)],
)
def test_bad_limit(calls: int, seconds: float, burst: int | None) -> None:
    """Numbers out of range are refused."""
    with pytest.raises(ConfigurationError):
        RateLimit(calls, seconds, burst)


@pytest.mark.parametrize(
    ("limit", "burst", "interval"),
    [
        (RateLimit(50, 60), 10, 60 / 41),
        (RateLimit(50, 60, 1), 1, 1.2),
        (RateLimit(50, 60, 50), 50, 60.0),
        (RateLimit(4, 8), 1, 2.0),
        (RateLimit(1, 3), 1, 3.0),
    ],
    ids=repr,
)
def test_spacing(limit: RateLimit, burst: int, interval: float) -> None:
    """By default a fifth may leave at once; the larger the burst, the wider the others are spaced."""
    assert limit.burst_calls == burst
    assert limit.interval == pytest.approx(interval)


def test_burst_leaves_at_once_and_the_rest_is_spaced() -> None:
    """After the burst, one call leaves with every interval."""
    found = traffic(RateLimit(10, 60, 4), [0.0] * 10)
    assert found.times == pytest.approx([0.0] * 4 + [60 / 7 * number for number in range(1, 7)])


def test_rested_limiter_has_its_burst_again() -> None:
    """After a pause as long as the window, a whole burst may leave again, and no more than that."""
    found = traffic(RateLimit(10, 60, 4), [0.0] * 4 + [600.0] * 5)
    assert found.times == pytest.approx([0.0] * 4 + [600.0] * 4 + [600 + 60 / 7])


@settings(deadline=None)
@given(limits, st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), max_size=60), st.sampled_from([0.0, 1e6]))
def test_no_window_holds_more_than_the_limit(
    limit: RateLimit, arrivals: list[tuple[float, float]], start: float
) -> None:
    """Whenever calls come and however soon some give up, no window of the limit's length holds too many departures."""
    found = Traffic(limit, start=start)
    for time, patience in arrivals:
        found.arrive(time, patience=patience)
    found.world.run()
    windows = zip(found.times, found.times[limit.calls :], strict=False)
    assert all(last - first >= limit.seconds - 1e-6 for first, last in windows)
    assert len(found.times) + len(found.late) == len(arrivals)


@settings(deadline=None)
@given(st.integers(1, 50), st.floats(0.1, 100), st.integers(1, 200))
def test_throughput_without_a_burst_is_the_limits(calls: int, seconds: float, count: int) -> None:
    """With a burst of 1, many calls take as long as the rate says, to within one interval."""
    limit = RateLimit(calls, seconds, 1)
    last = traffic(limit, [0.0] * count).times[-1]
    assert last == pytest.approx(count * seconds / calls, abs=limit.interval * 1.001)


@settings(deadline=None)
@given(limits, st.lists(st.floats(0, 100), max_size=40))
def test_nobody_is_overtaken(limit: RateLimit, arrivals: list[float]) -> None:
    """Calls leave in the order in which they came, and never before that."""
    found = traffic(limit, sorted(arrivals))
    assert all(left >= came - 1e-6 for left, came in zip(found.times, sorted(arrivals), strict=True))
    assert found.times == sorted(found.times)


def test_order_is_that_of_the_arrivals() -> None:
    """Of many calls that come at once, each leaves in its turn."""
    found = Traffic(RateLimit(2, 10))
    calls = [found.call() for _ in range(6)]

    async def travel(call: Call) -> None:
        await found.limiter.around_attempt(call, found.depart)

    for call in calls:
        found.world.start(travel(call), at=0.0)
    found.world.run()
    assert [call_id for _, call_id in found.departures] == [call.id for call in calls]


def test_waiting_is_told() -> None:
    """Observers learn how long the limiter holds a call, and nothing where it does not."""
    found = traffic(RateLimit(1, 10), [0.0, 4.0])
    assert [(event.kind, event.at, event.seconds) for event in found.events] == [("waiting", 4.0, 6.0)]


def test_wait_beyond_the_deadline_is_refused_at_once() -> None:
    """A call that would be held too long fails when it comes, as not sent, and says what to do."""
    found = Traffic(RateLimit(1, 10))
    found.arrive()
    found.arrive(1.0, patience=5.0)
    found.world.run()
    (error,) = found.late
    assert (error.outcome, found.world.now()) == (Outcome.NOT_SENT, 1.0)
    assert error.call_id
    assert "9.0 s" in str(error)
    assert "5.0 s" in str(error)
    assert found.events == []


def test_refused_call_gives_its_slot_back() -> None:
    """A call that could not wait does not hold up the one behind it."""
    found = Traffic(RateLimit(1, 10))
    found.arrive()
    found.arrive(1.0, patience=5.0)
    found.arrive(2.0)
    found.world.run()
    assert found.times == [0.0, 10.0]


def waiting(found: Traffic) -> Coroutine[Any, Any, Result]:
    """Start a call that has to wait."""
    task = found.limiter.around_attempt(found.call(), found.depart)
    task.send(None)
    return task


def test_abandoned_last_waiter_gives_its_slot_back() -> None:
    """The slot of a call that is given up while it waits is free again, where nobody stands behind it."""
    found = Traffic(RateLimit(1, 10, 1))
    found.arrive()
    found.world.run()
    waiting(found).close()
    found.arrive(1.0)
    found.world.run()
    assert found.times == [0.0, 10.0]


def test_abandoned_waiter_in_the_middle_moves_nobody() -> None:
    """Those who wait behind an abandoned call keep their slots, and nobody who comes later gets one of them."""
    found = Traffic(RateLimit(1, 10, 1))
    found.arrive()
    found.world.run()
    abandoned, behind = waiting(found), waiting(found)
    abandoned.close()
    found.arrive(1.0)
    found.world.run()
    behind.close()
    assert found.times == [0.0, 30.0]


class Frozen(Clock):
    """Time stands still; who sleeps is noted, and sleeps until cancelled."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await anyio.sleep_forever()


@pytest.mark.anyio
async def test_cancelled_waiter_gives_its_slot_back() -> None:
    """On a real event loop too, cancelling the last waiter frees its slot."""
    clock = Frozen()
    limiter = RateLimiter(RateLimit(1, 10, 1), clock=clock)

    async def send(call: Call) -> Image:
        return IMAGE

    async def travel() -> None:
        await limiter.around_attempt(Call(request=REQUEST, deadline=PATIENCE, clock=clock), send)

    await travel()
    for _ in range(3):
        async with anyio.create_task_group() as group:
            group.start_soon(travel)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
    assert clock.slept == [10.0] * 3


def refused_then(limit: RateLimit, retry_after: float | None, arrivals: list[float]) -> list[float]:
    """Let the first call be refused half a second after it left, and return when the others leave."""
    found = Traffic(limit)
    found.arrive(refused=limited(retry_after))
    for time in arrivals:
        found.arrive(time)
    found.world.run()
    return found.times[1:]


def test_refusal_holds_back_those_who_come_later() -> None:
    """After a refusal nobody leaves until the server's wait is over, and then without a burst."""
    times = refused_then(RateLimit(10, 60, 4), 30.0, [1.0] * 4)
    assert times == pytest.approx([30.5 + 60 / 7 * number for number in range(4)])


def test_refusal_holds_back_those_who_wait() -> None:
    """Those who already wait for their slot when the refusal comes are held back as well."""
    times = refused_then(RateLimit(1, 2, 1), 30.0, [0.0, 0.0])
    assert times[0] >= 30.5
    assert times[1] - times[0] >= 2.0 - 1e-6


def test_refusal_without_a_wait_takes_the_burst() -> None:
    """Where the server names no wait, the next call leaves one interval later, and the burst is gone."""
    times = refused_then(RateLimit(10, 60, 4), None, [1.0] * 3)
    assert times == pytest.approx([0.5 + 60 / 7 * number for number in range(1, 4)])


def test_second_refusal_never_shortens_the_first() -> None:
    """A shorter wait that comes later does not undo a longer one."""
    found = Traffic(RateLimit(10, 10, 10))
    found.arrive(refused=limited(30.0))
    found.arrive(0.1, refused=limited(1.0))
    found.arrive(1.0)
    found.world.run()
    assert found.times[-1] == pytest.approx(30.5)


def test_refused_call_itself_may_come_back_after_the_wait() -> None:
    """The attempt that follows a refusal, after the server's wait, is not held back once more."""
    assert refused_then(RateLimit(10, 60, 4), 30.0, [30.5]) == [30.5]


def test_other_errors_slow_nobody() -> None:
    """Only a refusal for too many requests moves the slots."""
    found = Traffic(RateLimit(2, 10, 2))

    async def fail(call: Call) -> Image:
        raise ConfigurationError("something else")

    with pytest.raises(ConfigurationError):
        found.limiter.around_attempt(found.call(), fail).send(None)
    found.arrive()
    found.world.run()
    assert found.times == [0.0]


class Sleepless(Clock):
    """Time stands still; who wants to sleep is noted and goes on at once."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_threads_share_the_slots() -> None:
    """Calls from event loops in many threads get slots of their own, evenly spaced, as if they came from one."""
    clock = Sleepless()
    limiter = RateLimiter(RateLimit(1, 1), clock=clock)
    gate = threading.Barrier(8, timeout=30)

    async def send(call: Call) -> Image:
        return IMAGE

    async def travel() -> None:
        gate.wait()
        for _ in range(50):
            await limiter.around_attempt(Call(request=REQUEST, deadline=PATIENCE, clock=clock), send)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(anyio.run, [travel] * 8))
    assert sorted(clock.slept) == list(range(1, 400))
