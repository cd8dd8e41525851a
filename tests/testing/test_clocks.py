"""The clock that does not wait: time passes by waits alone, in the order and length that real time would have."""

from __future__ import annotations

import threading

import anyio
import pytest

from imagine_async.testing import NoWaitClock

pytestmark = pytest.mark.anyio


async def test_waits_pass_at_once() -> None:
    """A wait of a day ends at once, and a day has passed; without a wait, no time passes."""
    clock = NoWaitClock()
    start, wall = clock.now(), clock.wall()
    await clock.sleep(86_400)
    await clock.sleep(0)
    await clock.sleep(-1)
    assert (clock.now() - start, clock.wall() - wall) == pytest.approx((86_400, 86_400))
    assert clock.waits == [86_400, 0, 0]
    assert clock.waited == pytest.approx(86_400)


async def test_waits_at_the_same_time_pass_together() -> None:
    """The shortest of several waits ends first, at its own moment, and the longest is how long all of them take."""
    clock = NoWaitClock()
    start, woken = clock.now(), list[tuple[float, float]]()

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, round(clock.now() - start, 6)))

    async with anyio.create_task_group() as tasks:
        for seconds in (30, 1, 10, 1):
            tasks.start_soon(sleep, seconds)
    assert woken == [(1, 1), (1, 1), (10, 10), (30, 30)]
    assert clock.waited == pytest.approx(30)


async def test_a_cancelled_wait_holds_nobody_up() -> None:
    """Who has given up waiting is not waited for, and no time passes for them."""
    clock = NoWaitClock()

    async def sleep_less() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await clock.sleep(1)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sleep_less)
        tasks.start_soon(clock.sleep, 5)
    assert clock.waited == pytest.approx(5)


async def test_threads_share_the_time() -> None:
    """Waits on several event loops at once pass together as well."""
    clock = NoWaitClock()
    # Each has begun before any may end.
    begun = threading.Barrier(4)

    async def sleep(seconds: float) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clock.sleep, seconds)
            await anyio.sleep(0)
            begun.wait(10)

    threads = [threading.Thread(target=anyio.run, args=(sleep, seconds)) for seconds in (4, 3, 2, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await anyio.to_thread.run_sync(thread.join)
    assert clock.waited == pytest.approx(4)
    assert sorted(clock.waits) == [1, 2, 3, 4]


async def test_time_can_be_moved_on() -> None:
    """Time passes without a wait where a test says so, and does not step back."""
    clock = NoWaitClock()
    clock.advance(60)
    assert clock.waited == pytest.approx(60)
    assert not clock.waits
    with pytest.raises(ValueError, match="seconds=-1: pass 0 or more"):
        clock.advance(-1)
