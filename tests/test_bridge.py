"""One call from sync code to the loop thread and back."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import weakref
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextvars import ContextVar

import anyio
import pytest

from imagine_async.bridge import calls, loop_thread
from imagine_async.bridge.calls import Job, run

colour: ContextVar[str] = ContextVar("colour", default="none")


async def thread_id() -> int:
    await anyio.sleep(0)
    return threading.get_ident()


async def make_event() -> anyio.Event:
    return anyio.Event()


async def fail(error: BaseException) -> None:
    await anyio.sleep(0)
    raise error


def test_result_comes_back() -> None:
    """What the coroutine returns is what `run` returns."""

    async def double(number: int) -> int:
        return 2 * number

    assert run(lambda: double(21)) == 42


@pytest.mark.parametrize(
    "error", [ValueError("no"), TimeoutError("late"), SystemExit(3)], ids=lambda e: type(e).__name__
)
def test_exception_comes_back(error: BaseException) -> None:
    """The very exception that ended the coroutine is raised, and the loop lives on."""
    before = run(thread_id)
    with pytest.raises(type(error)) as caught:
        run(lambda: fail(error))
    assert caught.value is error
    assert run(thread_id) == before


def test_factory_errors_come_back() -> None:
    """An error before there is a coroutine is raised like any other."""

    def refuse() -> asyncio.Future[None]:
        raise ValueError("no coroutine")

    with pytest.raises(ValueError, match="no coroutine"):
        run(refuse)


def test_cancellation_is_not_asyncios() -> None:
    """A coroutine that was cancelled from inside does not look like the caller's own task being cancelled."""
    with pytest.raises(CancelledError):
        run(lambda: fail(asyncio.CancelledError()))
    assert run(thread_id)


def test_errors_leave_no_reference_cycle() -> None:
    """A failed call, with the picture it was to send, is freed at once and not by the next garbage collection."""

    class LoudError(Exception):
        """Can be referred to weakly."""

    async def shout() -> None:
        raise LoudError

    gc.collect()
    gc.disable()
    try:
        freed = []
        try:
            run(shout)
        except LoudError as error:
            freed.append(weakref.ref(error))
        run(thread_id)
        assert freed[0]() is None
    finally:
        gc.enable()


def test_one_thread_for_all_callers() -> None:
    """Eight threads at once share the one loop thread."""
    barrier = threading.Barrier(8)

    def call() -> set[int]:
        barrier.wait(5)
        return {run(thread_id) for _ in range(50)}

    with ThreadPoolExecutor(8) as pool:
        seen = set().union(*[future.result(20) for future in [pool.submit(call) for _ in range(8)]])
    assert len(seen) == 1
    assert threading.get_ident() not in seen


def test_calls_run_concurrently() -> None:
    """Two calls of two threads that wait for each other both get on."""
    here, there = run(make_event), run(make_event)

    async def meet(mine: anyio.Event, other: anyio.Event) -> None:
        mine.set()
        await other.wait()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run, lambda: meet(here, there))
        run(lambda: meet(there, here))
        first.result(5)


def test_context_variables_of_the_caller_are_visible() -> None:
    """The coroutine sees the caller's context variables and cannot change them for the caller."""

    async def read_and_write() -> str:
        seen = colour.get()
        colour.set("changed")
        return seen

    token = colour.set("red")
    try:
        assert run(read_and_write) == "red"
        assert colour.get() == "red"
    finally:
        colour.reset(token)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_inside_a_running_loop(backend: str) -> None:
    """A Jupyter cell or an async test may call: its loop waits, ours works."""

    async def cell() -> int:
        return run(thread_id)

    assert anyio.run(cell, backend=backend) != threading.get_ident()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_started_inside_a_running_loop(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very first call may come from within another event loop."""
    process = loop_thread._Process()
    monkeypatch.setattr(loop_thread, "_process", process)

    async def cell() -> int:
        return run(thread_id)

    assert anyio.run(cell, backend=backend) != threading.get_ident()
    process.at_exit()


def test_on_the_loop_thread_raises() -> None:
    """A hook that calls the sync client gets an error, not a deadlock."""

    async def hook() -> int:
        return run(thread_id)

    with pytest.raises(RuntimeError, match="on its own event-loop thread"):
        run(hook)


def test_from_a_worker_thread_of_the_loop() -> None:
    """A hook may call the sync client in a worker thread."""

    async def hook() -> int:
        return await anyio.to_thread.run_sync(run, thread_id)

    assert run(hook) == run(thread_id)


def test_abandoned_job_has_cleaned_up() -> None:
    """When `abandon` returns, the coroutine is cancelled and its clean-up has run to the end."""
    steps: list[str] = []

    async def work() -> None:
        try:
            steps.append("started")
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            steps.append("cleaned up")

    job = Job(work)
    job.start()
    while not steps:
        run(thread_id)
    assert job.abandon() is None
    assert steps == ["started", "cleaned up"]
    with pytest.raises(CancelledError):
        job.result()
    assert job.abandon() is None


def test_abandoned_before_its_first_step() -> None:
    """A job that is cancelled at once after its start does not get past its first wait."""
    steps: list[str] = []

    async def work() -> None:
        await anyio.sleep(0)
        steps.append("went on")

    def start_and_stop() -> None:
        job._begin()
        job._stop()

    job = Job(work)
    job.loop.post(start_and_stop)
    assert job.abandon() is None
    run(thread_id)
    assert steps == []


def test_abandoned_before_its_start() -> None:
    """An interrupt that comes before the start has nothing to wait for."""
    job = Job(thread_id)
    assert job.abandon() is None
    assert job.done


def test_abandon_reports_what_the_clean_up_raised() -> None:
    """An error of the clean-up is handed over; its caller decides which one matters more."""

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ValueError("clean-up failed")

    job = Job(work)
    job.start()
    assert isinstance(job.abandon(), ValueError)


def test_clean_up_that_hangs_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait for the clean-up is bounded."""
    monkeypatch.setattr(calls, "CLEANUP_SECONDS", 0.01)
    let_go = run(make_event)

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await let_go.wait()

    job = Job(work)
    job.start()
    assert job.abandon() is None
    assert not job.done
    job.loop.post(let_go.set)
    with pytest.raises(CancelledError):
        job.result()


def test_waits_in_slices_where_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the waiting thread looks up now and then; the call goes on all the same."""
    monkeypatch.setattr(calls, "WAIT_SLICE", 0.001)

    async def slow() -> str:
        await anyio.sleep(0.02)
        return "done"

    assert run(slow) == "done"


def test_import_starts_no_thread() -> None:
    """Importing costs no thread; the first call starts it."""
    script = "import threading, imagine_async.bridge.iteration; assert threading.active_count() == 1"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20)
