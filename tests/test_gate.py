"""The bound of calls in flight: open while the server is well, halved when it is overloaded, never leaking a place."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from imagine_async.call import Call
from imagine_async.errors import ConfigurationError, DisconnectedError, RateLimitedError, ServiceUnavailableError
from imagine_async.middleware.gate import Concurrency, ConcurrencyGate
from imagine_async.requests import TextToImage
from imagine_async.results import Image
from tests.pictures import made_image

IMAGE = made_image()
OVERLOADED = [
    RateLimitedError("too many", status=429),
    ServiceUnavailableError("overloaded", status=503),
]


def new_call(priority: int = 0) -> Call:
    return Call(request=TextToImage(prompt="a fox"), deadline=1e12, priority=priority)


async def succeed(call: Call) -> Image:
    return IMAGE


async def fail(gate: ConcurrencyGate, error: Exception) -> None:
    async def raise_it(call: Call) -> Image:
        raise error

    with pytest.raises(type(error)):
        await gate.around_attempt(new_call(), raise_it)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"limit": 0}, "limit=0"),
        ({"limit": 1.5}, "limit=1.5"),
        ({"limit": True}, "limit=True"),
        ({"start": 0}, "start=0"),
        ({"least": 0}, "least=0"),
        ({"limit": 4, "start": 5}, "pass them in this order"),
        ({"start": 2, "least": 3}, "pass them in this order"),
    ],
    ids=str,
)
def test_bad_settings(options: dict[str, Any], said: str) -> None:
    """Numbers out of range or out of order are refused, by name."""
    with pytest.raises(ConfigurationError, match=said):
        Concurrency(**options)


def test_setting_as_a_number() -> None:
    """A number is the limit; what is a setting stays what it is."""
    setting = Concurrency(8, start=2)
    assert (Concurrency.of(5), Concurrency.of(setting)) == (Concurrency(5), setting)
    assert (Concurrency(5).first, setting.first) == (5, 2)


@pytest.mark.anyio
async def test_no_more_than_the_limit_are_in_flight() -> None:
    """However many come, so many are on the wire, and all get through."""
    gate, peak, done = ConcurrencyGate(Concurrency(3)), 0, 0

    async def work(call: Call) -> Image:
        nonlocal peak, done
        peak = max(peak, gate.in_flight)
        await anyio.lowlevel.checkpoint()
        done += 1
        return IMAGE

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(gate.around_attempt, new_call(), work)
    assert (peak, done, gate.in_flight) == (3, 20, 0)


@pytest.mark.anyio
async def test_waiting_calls_go_by_priority_then_by_coming() -> None:
    """The next place goes to the highest priority, and among equals to who came first."""
    gate, order, release = ConcurrencyGate(Concurrency(1)), list[int](), anyio.Event()

    async def hold(call: Call) -> Image:
        await release.wait()
        return IMAGE

    async def note(call: Call) -> Image:
        order.append(call.priority)
        return IMAGE

    async with anyio.create_task_group() as group:
        group.start_soon(gate.around_attempt, new_call(), hold)
        await anyio.wait_all_tasks_blocked()
        for priority in (0, 5, -1, 5, 7):
            group.start_soon(gate.around_attempt, new_call(priority), note)
            await anyio.wait_all_tasks_blocked()
        release.set()
    assert order == [7, 5, 5, 0, -1]


@pytest.mark.anyio
@pytest.mark.parametrize("error", OVERLOADED, ids=lambda error: type(error).__name__)
async def test_overload_halves_and_success_grows_again(error: Exception) -> None:
    """An overloaded server is called by half as many; a round of successes lets one more through, up to the limit."""
    gate = ConcurrencyGate(Concurrency(8, least=2))
    for window in (4, 2, 2):
        await fail(gate, error)
        assert gate.window == window
    for _ in range(2):
        await gate.around_attempt(new_call(), succeed)
    assert 2.8 < gate.window < 3.1
    for _ in range(60):
        await gate.around_attempt(new_call(), succeed)
    assert gate.window == 8


@pytest.mark.anyio
async def test_one_overload_counts_once() -> None:
    """Calls that were in flight together and are all refused are one sign, not many."""
    gate, release = ConcurrencyGate(Concurrency(8)), anyio.Event()

    async def refuse(call: Call) -> Image:
        await release.wait()
        raise OVERLOADED[0]

    async def attempt() -> None:
        with pytest.raises(RateLimitedError):
            await gate.around_attempt(new_call(), refuse)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(attempt)
        await anyio.wait_all_tasks_blocked()
        release.set()
    assert gate.window == 4
    await fail(gate, OVERLOADED[0])
    assert gate.window == 2


@pytest.mark.anyio
async def test_other_failures_change_nothing() -> None:
    """What says nothing of the server's load neither shrinks nor grows the window."""
    gate = ConcurrencyGate(Concurrency(8, start=4))
    await fail(gate, DisconnectedError("lost"))
    assert (gate.window, gate.in_flight) == (4, 0)


@pytest.mark.anyio
async def test_cancelled_calls_leave_no_place_behind() -> None:
    """Whoever is cancelled, waiting or in flight, at whatever moment: in the end every place is free."""
    gate, chance = ConcurrencyGate(Concurrency(3)), random.Random(7)

    async def work(call: Call) -> Image:
        for _ in range(chance.randrange(4)):
            await anyio.lowlevel.checkpoint()
        return IMAGE

    async def attempt() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            await gate.around_attempt(new_call(chance.randrange(3)), work)

    for _ in range(30):
        scopes: list[anyio.CancelScope] = []
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(attempt)
            for _ in range(chance.randrange(12)):
                await anyio.lowlevel.checkpoint()
                if scopes:
                    chance.choice(scopes).cancel()
        assert gate.in_flight == 0
    assert not gate._queue
    assert await gate.around_attempt(new_call(), succeed) is IMAGE


def test_loops_and_threads_share_the_places() -> None:
    """Calls on event loops in four threads keep to the bound together, and wake each other."""
    gate, lock, peak = ConcurrencyGate(Concurrency(3)), threading.Lock(), 0
    start = threading.Barrier(4, timeout=30)

    async def work(call: Call) -> Image:
        nonlocal peak
        with lock:
            peak = max(peak, gate.in_flight)
        await anyio.lowlevel.checkpoint()
        return IMAGE

    async def many() -> int:
        start.wait()
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(gate.around_attempt, new_call(), work)
        return 50

    def run(number: int) -> int:
        return anyio.run(many, backend="trio" if number % 2 else "asyncio")

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(run, range(4))) == 200
    assert (peak <= 3, gate.in_flight) == (True, 0)


def test_loop_that_is_gone_keeps_no_place() -> None:
    """A call that waited on a loop which was closed under it does not take a place with it."""
    gate = ConcurrencyGate(Concurrency(1))

    async def wait_and_vanish() -> None:
        gate._enter()
        waiting = gate._wait(new_call())
        waiting.send(None)
        abandoned.append(waiting)

    abandoned: list[Any] = []
    anyio.run(wait_and_vanish)
    gate._leave()
    assert (gate.in_flight, gate._queue) == (0, [])
    with pytest.raises(GeneratorExit):
        abandoned.pop().throw(GeneratorExit)


@pytest.mark.anyio
async def test_window_that_grows_lets_those_in_who_wait() -> None:
    """When the window has shrunk below what is in flight, nobody enters before enough have left."""
    gate, release, entered = ConcurrencyGate(Concurrency(4)), anyio.Event(), list[str]()

    async def hold(call: Call) -> Image:
        await release.wait()
        return IMAGE

    async def enter(call: Call) -> Image:
        entered.append("in")
        return IMAGE

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(gate.around_attempt, new_call(), hold)
        await anyio.wait_all_tasks_blocked()
        await fail(gate, OVERLOADED[1])
        group.start_soon(gate.around_attempt, new_call(), enter)
        await anyio.wait_all_tasks_blocked()
        assert (gate.window, gate.in_flight, entered) == (2, 3, [])
        release.set()
    assert entered == ["in"]
