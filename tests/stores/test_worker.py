"""The thread of a store, with an engine that does as it is told."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from anyio.abc import TaskGroup

from imagine_async.errors import BudgetExceededError, StoreError
from imagine_async.stores import worker_thread
from imagine_async.stores.jobs import Engine, Job, StoreAwayError
from imagine_async.stores.worker import Worker
from imagine_async.stores.worker_thread import WorkerThread

REFUSED = BudgetExceededError(needed=1, spent=1, limit=1)


class ScriptedEngine(Engine[Any]):
    """Notes what it is given. A work that is an error is raised for its job, one that is a function is called."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.troubles: list[Exception] = []
        self.attempts = 0
        self.closings = 0
        self.is_away = False
        self.on_close: Callable[[], object] = lambda: None

    def run(self, jobs: Sequence[Job[Any]]) -> None:
        self.attempts += 1
        if self.is_away:
            raise StoreAwayError("the store sleeps")
        if self.troubles:
            raise self.troubles.pop(0)
        self.batches.append([job.work for job in jobs])
        for job in jobs:
            self._do(job)

    def close(self) -> None:
        self.closings += 1
        self.on_close()

    @property
    def done(self) -> list[Any]:
        return [work for batch in self.batches for work in batch]

    def _do(self, job: Job[Any]) -> None:
        if isinstance(job.work, Exception):
            job.error = job.work
        else:
            job.result = job.work() if callable(job.work) else f"{job.work} done"


class Gate:
    """A work that keeps the engine busy until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self) -> str:
        self.entered.set()
        assert self.opened.wait(10)
        return "opened"

    async def reached(self) -> None:
        assert await anyio.to_thread.run_sync(self.entered.wait, 10)


@pytest.fixture
def engine() -> ScriptedEngine:
    """Return the engine of the test."""
    return ScriptedEngine()


@pytest.fixture
def worker(engine: ScriptedEngine) -> Worker[Any]:
    """Return a worker with that engine."""
    return Worker(lambda: engine, store="the store", patience=5.0)


async def _occupied(worker: Worker[Any]) -> Gate:
    """Keep the worker busy, so that what comes now waits."""
    gate = Gate()
    worker.post(gate)
    await gate.reached()
    return gate


async def _ask_in(group: TaskGroup, worker: Worker[Any], work: Any, **facts: Any) -> anyio.CancelScope:
    scope = anyio.CancelScope()

    async def ask() -> None:
        with scope:
            await worker.ask(work, **facts)

    group.start_soon(ask)
    await anyio.wait_all_tasks_blocked()
    return scope


async def _until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(10):
        while not condition():
            await anyio.sleep(0.005)


@pytest.mark.anyio
async def test_answers_come_back(worker: Worker[Any]) -> None:
    """Who asks gets the result of what was asked for, or its error."""
    assert await worker.ask("work") == "work done"
    with pytest.raises(BudgetExceededError):
        await worker.ask(REFUSED)
    await worker.aclose()


@pytest.mark.anyio
async def test_work_is_done_in_order_and_together(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """What comes while the store is busy is done in one step, in the order in which it came."""
    gate = await _occupied(worker)
    for number in range(5):
        worker.post(number)
    gate.opened.set()
    await worker.flush()
    assert engine.batches[1:] == [[0, 1, 2, 3, 4]]
    await worker.aclose()


@pytest.mark.anyio
async def test_what_may_wait_goes_along_with_what_is_asked_for(
    worker: Worker[Any], engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in no hurry takes no step of its own where something else comes soon."""
    monkeypatch.setattr(worker_thread, "_LINGER_SECONDS", 60.0)
    worker.post("booking", may_wait=True)
    assert await worker.ask("question") == "question done"
    worker.post("another", may_wait=True)
    await worker.flush()
    assert engine.batches == [["booking", "question"], ["another"]]
    for number in range(worker_thread._COMPANY):
        worker.post(number, may_wait=True)
    with anyio.fail_after(10):
        while len(engine.done) < 3 + worker_thread._COMPANY:
            await anyio.sleep(0.001)
    await worker.aclose()


@pytest.mark.anyio
async def test_what_may_wait_waits_not_for_long(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """What is in no hurry is done also if nothing else comes."""
    worker.post("booking", may_wait=True)
    with anyio.fail_after(10):
        while not engine.done:
            await anyio.sleep(0.001)
    assert engine.batches == [["booking"]]
    await worker.aclose()


@pytest.mark.anyio
async def test_batches_are_bounded(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """However much waits, one step is not endless."""
    gate = await _occupied(worker)
    for number in range(600):
        worker.post(number)
    gate.opened.set()
    await worker.flush()
    assert engine.done[1:] == list(range(600))
    assert max(len(batch) for batch in engine.batches) == 256
    await worker.aclose()


@pytest.mark.anyio
async def test_store_that_is_away_is_waited_for(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """Work is tried again, in its order, until the store is back."""
    engine.troubles = [StoreAwayError("asleep"), StoreAwayError("yawning")]
    worker.post("first")
    assert await worker.ask("second") == "second done"
    assert engine.done == ["first", "second"]
    assert engine.attempts >= 3
    await worker.aclose()


@pytest.mark.anyio
async def test_patience_ends_and_posts_stay(engine: ScriptedEngine) -> None:
    """Who asks waits no longer than the patience; what was posted is written when the store is back."""
    worker: Worker[Any] = Worker(lambda: engine, store="the store", patience=0.05)
    engine.is_away = True
    worker.post("booking")
    with pytest.raises(StoreError, match="the store sleeps; nothing was sent") as caught:
        await worker.ask("question")
    assert caught.value.store == "the store"
    with pytest.raises(StoreError):
        await worker.flush()
    engine.is_away = False
    assert await worker.ask("another") == "another done"
    assert engine.done == ["booking", "another"]
    await worker.aclose()


@pytest.mark.anyio
async def test_late_work_is_taken_back(engine: ScriptedEngine) -> None:
    """What was given up may have been done when its answer was lost: it is taken back, after what came before."""
    worker: Worker[Any] = Worker(lambda: engine, store="the store", patience=0.05)
    engine.is_away = True
    with pytest.raises(StoreError):
        await worker.ask("reserve", undo=lambda result: f"release after {result}")
    engine.is_away = False
    await worker.flush()
    assert engine.done == ["release after None"]
    await worker.aclose()


@pytest.mark.anyio
async def test_final_trouble_is_told_to_each(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """A store that cannot be used fails all that waits, each with an error of its own."""
    gate = await _occupied(worker)
    errors: list[StoreError] = []

    async def ask(number: int) -> None:
        with pytest.raises(StoreError) as caught:
            await worker.ask(number)
        errors.append(caught.value)

    async with anyio.create_task_group() as group:
        for number in range(2):
            group.start_soon(ask, number)
        await anyio.wait_all_tasks_blocked()
        engine.troubles = [StoreError("the file is damaged: restore it")]
        gate.opened.set()
    assert [error.message for error in errors] == ["the file is damaged: restore it"] * 2
    assert errors[0] is not errors[1]
    assert errors[0].store == "the store"
    await worker.aclose()


@pytest.mark.anyio
async def test_unknown_trouble_becomes_a_store_error(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """Whatever an engine raises, callers see an error of the SDK, and the thread lives on."""
    engine.troubles = [ZeroDivisionError("by zero")]
    with pytest.raises(StoreError, match="ZeroDivisionError: by zero"):
        await worker.ask("work")
    assert await worker.ask("work") == "work done"
    await worker.aclose()


@pytest.mark.anyio
async def test_lost_posts_are_logged(
    worker: Worker[Any], engine: ScriptedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """What was posted and cannot be written is logged as an error, with what it was."""
    engine.troubles = [StoreError("the file is damaged")]
    with caplog.at_level(logging.ERROR, "imagine_async"):
        worker.post("booking of call-1")
        await worker.flush()
    assert "booking of call-1 was not written to the store: the file is damaged" in caplog.text
    await worker.aclose()


@pytest.mark.anyio
async def test_cancelled_question_is_left_out(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """What nobody waits for any more, and was not tried, is not done."""
    gate = await _occupied(worker)
    async with anyio.create_task_group() as group:
        (await _ask_in(group, worker, "question", undo=lambda _: "undo")).cancel()
    gate.opened.set()
    await worker.flush()
    assert engine.done == [gate]
    await worker.aclose()


@pytest.mark.anyio
async def test_work_of_a_cancelled_caller_is_taken_back(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """What is being done while its caller is cancelled is taken back, once, by its result."""
    gate = Gate()
    async with anyio.create_task_group() as group:
        scope = await _ask_in(group, worker, gate, undo=lambda result: f"undo {result}")
        await gate.reached()
        scope.cancel()
    gate.opened.set()
    await worker.flush()
    await worker.flush()
    assert engine.done == [gate, "undo opened"]
    await worker.aclose()


@pytest.mark.anyio
async def test_answer_that_comes_too_late_is_taken_back(engine: ScriptedEngine) -> None:
    """A caller who is cancelled when the work is done already has it taken back; one without an undo does not."""
    thread = WorkerThread(engine, store="the store")
    jobs: list[Job[Any]] = [Job("work", undo=[lambda result: f"undo {result}"]), Job("other")]
    for job in jobs:
        thread.put(job)
    await _until(lambda: all(job.is_done for job in jobs))
    for job in jobs * 2:
        thread.abandon(job)
    thread.drain(10)
    assert engine.done == ["work", "other", "undo work done"]


@pytest.mark.anyio
async def test_refused_work_is_not_taken_back(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """What was refused while its caller was cancelled was not done: there is nothing to take back."""
    first, last = await _occupied(worker), Gate()
    async with anyio.create_task_group() as group:
        scope = await _ask_in(group, worker, REFUSED, undo=lambda _: "undo")
        worker.post(last)
        first.opened.set()
        await last.reached()
        scope.cancel()
    last.opened.set()
    await worker.flush()
    assert engine.done == [first, REFUSED, last]
    await worker.aclose()


@pytest.mark.anyio
async def test_work_cancelled_while_the_store_was_away(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """What was tried and then abandoned is not tried again, but taken back."""
    engine.is_away = True
    async with anyio.create_task_group() as group:
        scope = await _ask_in(group, worker, "reserve", undo=lambda result: f"release after {result}")
        await _until(lambda: engine.attempts > 0)
        scope.cancel()
    engine.is_away = False
    await worker.flush()
    await worker.flush()
    assert engine.done == ["release after None"]
    await worker.aclose()


@pytest.mark.anyio
async def test_flush_of_an_unused_worker(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """Where nothing was ever done, flushing and closing have nothing to do, and start no thread."""
    await worker.flush()
    await worker.aclose()
    assert (engine.attempts, engine.closings) == (0, 0)


@pytest.mark.anyio
async def test_closing_writes_and_closes(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """When closing comes back all is written and the engine closed; the next question opens it again."""
    worker.post("booking")
    await worker.aclose()
    assert (engine.done, engine.closings) == (["booking"], 1)
    assert await worker.ask("question") == "question done"
    await worker.aclose()
    await worker.aclose()
    assert engine.closings == 2


@pytest.mark.anyio
async def test_closing_while_the_store_is_away(engine: ScriptedEngine) -> None:
    """Closing says that the store cannot be used, and what was posted is still written when it is back."""
    worker: Worker[Any] = Worker(lambda: engine, store="the store", patience=0.05)
    engine.is_away = True
    worker.post("booking")
    with pytest.raises(StoreError):
        await worker.aclose()
    enough = engine.attempts + 3
    await _until(lambda: engine.attempts >= enough)
    engine.is_away = False
    await _until(lambda: engine.closings == 1)
    assert engine.done == ["booking"]


@pytest.mark.anyio
async def test_engine_that_cannot_be_closed(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """An engine that fails to close takes nobody along."""
    engine.on_close = lambda: 1 / 0
    assert await worker.ask("question") == "question done"
    await worker.aclose()
    assert await worker.ask("question") == "question done"
    engine.on_close = lambda: None
    await worker.aclose()


@pytest.mark.anyio
async def test_work_that_comes_while_closing(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """What is posted in the moment of closing is done all the same."""
    await worker.ask("question")
    engine.on_close = lambda: worker.post("late") if engine.closings == 1 else None
    await worker.aclose()
    await _until(lambda: len(engine.done) == 2)
    assert engine.done == ["question", "late"]
    await worker.aclose()


def test_thread_that_was_succeeded_ends(engine: ScriptedEngine) -> None:
    """If somebody begins a new thread while the old one ends, the old one leaves the work to it."""
    thread = WorkerThread(engine, store="the store")
    gate = Gate()
    thread.put(Job("work"))

    def succeed(_: object) -> str:
        thread.put(Job(gate))
        assert gate.entered.wait(10)
        return "late"

    # What nobody waits for is taken back when the old thread has let go of its place.
    last: Job[Any] = Job(None, undo=[succeed], is_abandoned=True)
    thread.end(last)
    assert gate.entered.wait(10)
    gate.opened.set()
    give_up_at = time.monotonic() + 10
    while len(engine.done) < 3 and time.monotonic() < give_up_at:
        time.sleep(0.001)
    thread.drain(10)
    assert engine.done == ["work", gate, "late"]


def test_ending_twice_is_ending_once(engine: ScriptedEngine) -> None:
    """Where no thread runs, ending it is done at once."""
    thread = WorkerThread(engine, store="the store")
    last: Job[Any] = Job(None)
    thread.end(last)
    thread.drain(0)
    assert (last.is_done, engine.closings) == (True, 0)


def test_two_who_begin_at_once_begin_one_thread(engine: ScriptedEngine) -> None:
    """Whoever comes second to the beginning of the thread finds it begun."""
    thread = WorkerThread(engine, store="the store")
    gate = Gate()
    thread.put(Job(gate))
    running = threading.active_count()
    thread._start()
    assert threading.active_count() == running
    gate.opened.set()
    thread.drain(10)


@pytest.mark.anyio
async def test_several_loops_share_a_worker(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """Loops in several threads ask at once, and each gets its own answers."""

    async def ask_many(name: str) -> list[Any]:
        return [await worker.ask(f"{name}{number}") for number in range(20)]

    results: dict[str, list[Any]] = {}

    def run(name: str) -> None:
        results[name] = anyio.run(ask_many, name)

    async with anyio.create_task_group() as group:
        for name in "abc":
            group.start_soon(anyio.to_thread.run_sync, run, name)
    assert results == {name: [f"{name}{number} done" for number in range(20)] for name in "abc"}
    await worker.aclose()


def test_loop_that_is_gone_is_passed_over(worker: Worker[Any], engine: ScriptedEngine) -> None:
    """A loop that ended while its question was under way holds nobody else up."""
    gate = Gate()

    async def leave() -> None:
        async with anyio.create_task_group() as group:
            scope = await _ask_in(group, worker, gate)
            await gate.reached()
            scope.cancel()

    async def ask() -> Any:
        gate.opened.set()
        return await worker.ask("next")

    anyio.run(leave)
    assert anyio.run(ask) == "next done"
    anyio.run(worker.aclose)


def test_worker_that_is_dropped_ends_its_thread(engine: ScriptedEngine) -> None:
    """A worker that nobody holds any more closes its engine; one that was never used has none."""
    worker: Worker[Any] = Worker(lambda: engine, store="the store")
    closed = threading.Event()
    engine.on_close = closed.set
    anyio.run(worker.ask, "work")
    unused: Worker[Any] = Worker(lambda: engine, store="the store")
    del worker, unused
    gc.collect()
    assert closed.wait(10)
    assert engine.closings == 1
