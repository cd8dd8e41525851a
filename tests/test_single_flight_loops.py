"""Identical calls in several threads, event loops and colours share one, also where loops end or time runs out."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import anyio
import anyio.to_thread
import pytest

from imagine_async import AsyncImagine, Imagine
from imagine_async.call import Call, Result
from imagine_async.errors import DeadlineExceededError, Outcome
from imagine_async.middleware.single_flight import SingleFlight
from imagine_async.requests import TextToImage
from imagine_async.results import Image
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine
from tests.pictures import made_image

T = TypeVar("T")

FOX = TextToImage(prompt="a red fox", style="anime", seed=7)

both = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def new_call() -> Call:
    return Call(request=FOX, deadline=1e12)


def run_on(backend: str, function: Callable[[], Awaitable[T]]) -> T:
    return anyio.run(function, backend=backend)


class HeldServer:
    """Stands for everything below: counts the calls that come through, and holds them until it is told to answer."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.release = threading.Event()

    async def __call__(self, call: Call) -> Result:
        self.calls.append(call)
        await anyio.to_thread.run_sync(self.release.wait, abandon_on_cancel=True)
        return made_image()


@contextmanager
def threads_beside(server: HeldServer) -> Iterator[ThreadPoolExecutor]:
    """Make threads, and see that a test that fails does not wait for them for ever."""
    with ThreadPoolExecutor(8) as threads:
        try:
            yield threads
        finally:
            server.release.set()


def abandon(loop: asyncio.AbstractEventLoop, *, until: Callable[[], bool]) -> None:
    """Run a loop for a while, and close it with its tasks unfinished, as a program does that just stops using it."""
    while not until():
        loop.run_until_complete(asyncio.sleep(0))
    loop.set_exception_handler(lambda *_: None)
    loop.close()


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what other threads do."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def waiting(flight: SingleFlight) -> int:
    """Count those who wait for another's call."""
    return sum(len(each._waiters) for each in list(flight._flights.values()))


@both
def test_loops_in_several_threads_share_one(backend: str) -> None:
    """Calls of asyncio loops and trio loops, in threads of their own, share one call and are all woken."""
    flight, server = SingleFlight(), HeldServer()

    async def three() -> list[Result]:
        results: list[Result] = []

        async def one() -> None:
            results.append(await flight.around_call(new_call(), server))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(one)
        return results

    with threads_beside(server) as threads:
        first = threads.submit(run_on, backend, three)
        eventually(lambda: bool(server.calls))
        others = [threads.submit(run_on, each, three) for each in ("asyncio", "trio") * 3]
        eventually(lambda: waiting(flight) == 20)
        server.release.set()
        images = [image for each in (first, *others) for image in each.result(20)]
    assert Counter(image.cached for image in images if isinstance(image, Image)) == {True: 20, False: 1}
    assert (len(server.calls), flight._flights) == (1, {})


@both
def test_loop_that_ends_takes_nobody_along(backend: str) -> None:
    """When the loop of the call on the wire is closed, a call of another loop is made in its place."""
    flight, server = SingleFlight(), HeldServer()

    async def hang(call: Call) -> Result:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async def follow() -> Result:
        return await flight.around_call(new_call(), server)

    gone = asyncio.new_event_loop()
    task = gone.create_task(flight.around_call(new_call(), hang))
    with threads_beside(server) as threads:
        gone.run_until_complete(asyncio.sleep(0))
        follower = threads.submit(run_on, backend, follow)
        eventually(lambda: waiting(flight) == 1)
        abandon(gone, until=lambda: True)
        del task
        gc.collect()
        eventually(lambda: len(server.calls) == 1)
        server.release.set()
        assert isinstance(follower.result(20), Image)
    assert flight._flights == {}


@both
def test_follower_whose_loop_has_gone_is_passed_over(backend: str) -> None:
    """One who waits on a loop that was closed keeps nobody else from being woken."""
    flight, server = SingleFlight(), HeldServer()

    async def call() -> Result:
        return await flight.around_call(new_call(), server)

    with threads_beside(server) as threads:
        first = threads.submit(run_on, backend, call)
        eventually(lambda: len(server.calls) == 1)
        gone = asyncio.new_event_loop()
        task = gone.create_task(call())
        abandon(gone, until=lambda: waiting(flight) == 1)
        second = threads.submit(run_on, backend, call)
        eventually(lambda: waiting(flight) == 2)
        server.release.set()
        images = [each.result(20) for each in (first, second)]
    assert all(isinstance(image, Image) for image in images)
    assert (len(server.calls), flight._flights) == (1, {})
    del task
    gc.collect()


@pytest.fixture
def engine() -> FlatEngine:
    """Paint when the test says so."""
    engine = FlatEngine()
    engine.gate = threading.Event()
    return engine


@pytest.fixture
def sandbox(engine: FlatEngine) -> Iterator[RunningSandbox]:
    """Run a sandbox on a port."""
    with running_sandbox(SandboxSettings(side=16), engine=engine) as sandbox:
        yield sandbox


def paint_when(flight: SingleFlight, engine: FlatEngine, followers: int) -> None:
    """Let the server paint when so many calls wait for the one that it has."""
    eventually(lambda: waiting(flight) == followers)
    assert engine.gate is not None
    engine.gate.set()


@pytest.mark.anyio
async def test_server_paints_once(sandbox: RunningSandbox, engine: FlatEngine) -> None:
    """Of 20 identical calls at once the server's books show one, and the client's as well."""
    flight, images = SingleFlight(), list[Image]()
    async with AsyncImagine(sandbox.key, base_url=sandbox.base_url, budget=5, middleware=[flight]) as client:

        async def one() -> None:
            images.append(await client.text_to_image("a red fox", style="anime", seed=7))

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)
            await anyio.to_thread.run_sync(paint_when, flight, engine, 19)
        usage = await client.usage()
    assert (len({image.content for image in images}), len({image.call_id for image in images})) == (1, 20)
    assert (usage.calls, usage.tokens, sum(image.tokens or 0 for image in images)) == (1, 5, 5)
    (account,) = sandbox.books()["accounts"]
    assert (account["calls"], account["tokens"], flight._flights) == (1, 5, {})


def test_server_paints_once_for_threads(sandbox: RunningSandbox, engine: FlatEngine) -> None:
    """So it is with 20 threads that share a sync client."""
    flight = SingleFlight()
    with Imagine(sandbox.key, base_url=sandbox.base_url, middleware=[flight]) as client:
        with ThreadPoolExecutor(20) as threads:
            calls = [threads.submit(client.text_to_image, "a red fox", style="anime", seed=7) for _ in range(20)]
            paint_when(flight, engine, 19)
            images = [call.result(20) for call in calls]
    assert Counter(image.cached for image in images) == {True: 19, False: 1}
    assert len(engine.calls) == 1


@pytest.mark.anyio
async def test_deadline_ends_the_own_waiting_alone(sandbox: RunningSandbox, engine: FlatEngine) -> None:
    """One whose deadline passes while it waits for another's call fails, unsent; the other gets its picture."""
    flight, images = SingleFlight(), list[Image]()
    async with AsyncImagine(sandbox.key, base_url=sandbox.base_url, middleware=[flight]) as client:

        async def one() -> None:
            images.append(await client.text_to_image("a red fox", seed=7))

        async with anyio.create_task_group() as group:
            group.start_soon(one)
            await anyio.to_thread.run_sync(engine.entered.wait)
            with pytest.raises(DeadlineExceededError) as caught:
                await client.with_options(timeout=0.05).text_to_image("a red fox", seed=7)
            paint_when(flight, engine, 1)
    assert caught.value.outcome is Outcome.NOT_SENT
    assert (len(images), len(engine.calls)) == (1, 1)


@pytest.mark.anyio
async def test_server_that_hangs_is_asked_once(sandbox: RunningSandbox, engine: FlatEngine) -> None:
    """Calls that begin shortly after each other, and wait in vain for the same time, send one form between them."""
    flight, errors = SingleFlight(), list[DeadlineExceededError]()
    options: dict[str, Any] = {"timeout": 0.5, "middleware": [flight]}
    async with AsyncImagine(sandbox.key, base_url=sandbox.base_url, **options) as client:

        async def one() -> None:
            with pytest.raises(DeadlineExceededError) as caught:
                await client.text_to_image("a red fox", seed=7)
            errors.append(caught.value)

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)
                await anyio.sleep(0.03)
    assert engine.gate is not None
    engine.gate.set()
    assert Counter(error.outcome for error in errors) == {Outcome.UNKNOWN: 1, Outcome.NOT_SENT: 4}
    assert len(engine.calls) == 1
