"""Pausing, going on, draining, cancelling, leaving: at any moment, and the journal is right."""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import AsyncBatch, Call, Handler, Middleware, Result, RowResult, RowState, TextToImage
from imagine_async.batch.journal import look_over
from tests.batch.engine.bench import Bench, Gate, by_place, foxes, in_steps, patience, records_of, results_of, states_of

pytestmark = pytest.mark.anyio


async def test_pause_and_resume(tmp_path: Path) -> None:
    """No row begins while it is paused; those under way end."""
    bench, gate = Bench(), Gate()
    async with bench.client(gate) as client:
        async with client.batch(foxes(10), out=tmp_path, concurrency=2) as batch:
            results: list[RowResult] = []
            async with anyio.create_task_group() as group:
                group.start_soon(_take_all, batch, results)
                await gate.wait_for(2)
                batch.pause()
                assert batch.progress.paused
                gate.open()
                with patience():
                    while len(results) < 2:
                        await anyio.sleep(0.001)
                await anyio.sleep(0.05)
                assert len(results) == len(bench.prompts) == 2
                batch.resume()
                assert not batch.progress.paused
    assert sorted(by_place(results)) == list(range(10))


async def _take_all(batch: AsyncBatch, results: list[RowResult]) -> None:
    with patience():
        async for result in batch:
            results.append(result)


async def test_drain(tmp_path: Path) -> None:
    """Rows under way end, and their results come; nothing begins."""
    bench, gate, read = Bench(), Gate(), list[Any]()
    async with bench.client(gate) as client:
        batch = client.batch(in_steps(foxes(10), read), out=tmp_path, concurrency=3)
        results: list[RowResult] = []
        async with anyio.create_task_group() as group:
            group.start_soon(_take_all, batch, results)
            await gate.wait_for(3)
            batch.drain()
            gate.open()
    assert sorted(by_place(results)) == [0, 1, 2]
    assert len(read) == len(bench.prompts) == 3
    assert states_of(tmp_path) == [RowState.DONE] * 3
    assert batch.summary.stopped_by is None
    assert batch.summary.by_state == {RowState.DONE: 3}


async def test_cancel_after_sending(tmp_path: Path) -> None:
    """What may have been charged is noted as unknown."""
    bench, gate = Bench(), Gate()
    async with bench.client(gate) as client:
        batch = client.batch(foxes(10), out=tmp_path, concurrency=3)
        async with anyio.create_task_group() as group:
            group.start_soon(_take_all, batch, [])
            await gate.wait_for(3)
            batch.cancel()
    assert states_of(tmp_path) == [RowState.UNKNOWN] * 3
    assert batch.progress.unknown == 3
    assert all("broken off" in (record.error or "") for record in records_of(tmp_path))
    assert len(bench.prompts) == 3


async def test_cancel_before_sending(tmp_path: Path) -> None:
    """What was not sent stays pending, and is done the next time."""
    bench, gate = Bench(), Gate(is_before=True)
    async with bench.client(gate) as client:
        batch = client.batch(foxes(4), out=tmp_path, concurrency=3)
        async with anyio.create_task_group() as group:
            group.start_soon(_take_all, batch, [])
            await gate.wait_for(3)
            batch.cancel()
        assert not bench.prompts
        assert not batch.progress.ended
        gate.open()
        assert (await client.batch(foxes(4), out=tmp_path).run()).is_complete
    assert len(bench.prompts) == 4


@pytest.mark.parametrize("stop", ["drain", "cancel"])
async def test_stopped_before_it_begins(stop: str, tmp_path: Path) -> None:
    """A batch that was told to stop before its first row does nothing."""
    read = list[Any]()
    async with Bench().client() as client:
        batch = client.batch(in_steps(foxes(3), read), out=tmp_path)
        getattr(batch, stop)()
        assert await results_of(batch) == {}
    assert not read


async def test_paused_before_it_begins(tmp_path: Path) -> None:
    """A batch that is paused before its first row waits, until it is resumed."""
    async with Bench().client() as client:
        batch = client.batch(foxes(3), out=tmp_path)
        batch.pause()
        with anyio.move_on_after(0.05) as scope:
            await anext(batch)
        assert scope.cancelled_caught
        assert batch.progress.running == 0
        batch.resume()
        assert len(await results_of(batch)) == 3


async def test_cancelled_while_it_begins(tmp_path: Path) -> None:
    """Whoever gives up waiting while the journal is opened may ask again: nothing is lost, and no worker is left."""
    async with Bench().client() as client:
        batch = client.batch(foxes(3), out=tmp_path)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anext(batch)
        assert scope.cancelled_caught
        assert len(await results_of(batch)) == 3
    assert look_over(tmp_path / "batch.sqlite").workers == ()


async def test_the_loop_is_left_early(tmp_path: Path) -> None:
    """Leaving the block breaks off what is under way; the journal knows what, and a second close does nothing."""
    gate = Gate(f"fox {number}" for number in range(1, 20))
    async with Bench().client(gate) as client:
        async with client.batch(foxes(20), out=tmp_path, concurrency=4) as batch:
            with patience():
                assert (await anext(batch)).position == 0
                await gate.wait_for(3)
        await batch.aclose()
        await batch.aclose()
        assert [result async for result in batch] == []
    states = Counter(states_of(tmp_path))
    assert states[RowState.DONE] == 1
    assert states[RowState.UNKNOWN] in (3, 4)
    assert not states[RowState.LEASED] + states[RowState.SENT]
    assert batch.summary.by_state == states


async def test_an_error_in_the_loop(tmp_path: Path) -> None:
    """The caller's own error gets through, and the journal is right."""
    async with Bench().client() as client:
        with pytest.raises(ZeroDivisionError):
            async with client.batch(foxes(9), out=tmp_path, concurrency=2) as batch:
                async for _ in batch:
                    raise ZeroDivisionError
    assert not {RowState.LEASED, RowState.SENT} & set(states_of(tmp_path))


async def test_the_caller_is_cancelled(tmp_path: Path) -> None:
    """A scope that ends around the loop leaves no row in between."""
    gate = Gate()
    async with Bench().client(gate) as client:
        with anyio.CancelScope() as scope:
            async with client.batch(foxes(9), out=tmp_path, concurrency=2) as batch:
                async with anyio.create_task_group() as group:
                    group.start_soon(_take_all, batch, [])
                    await gate.wait_for(2)
                    scope.cancel()
    assert scope.cancelled_caught
    assert states_of(tmp_path) == [RowState.UNKNOWN] * 2
    assert batch.summary.by_state == {RowState.UNKNOWN: 2}


async def test_a_generator_around_it(tmp_path: Path) -> None:
    """A generator that iterates over it may be closed at any row."""

    async def files() -> Any:
        async with client.batch(foxes(9), out=tmp_path, concurrency=2) as batch:
            async for result in batch:
                yield result.record.file

    async with Bench().client() as client:
        async with contextlib.aclosing(files()) as names:
            assert (await anext(names)).endswith(".jpg")
    assert not {RowState.LEASED, RowState.SENT} & set(states_of(tmp_path))


async def test_never_begun(tmp_path: Path) -> None:
    """A batch that nobody iterates over makes nothing, not even its folder."""
    async with Bench().client() as client:
        async with client.batch(foxes(9), out=tmp_path / "out") as batch:
            assert batch.progress.ended == 0
            assert not batch.summary.is_complete or batch.summary.by_state == {}
        assert [result async for result in batch] == []
    assert not (tmp_path / "out").exists()
    assert repr(batch) == "<AsyncBatch: 0 rows of any number have ended>"


async def test_once_only(tmp_path: Path) -> None:
    """A batch that has ended yields nothing more, and tells how it was."""
    async with Bench().client() as client:
        batch = client.batch(foxes(2), out=tmp_path)
        assert len(await results_of(batch)) == 2
        assert await results_of(batch) == {}
        batch.pause()
        batch.drain()
        batch.cancel()
        batch.resume()
    assert batch.summary.by_state == {RowState.DONE: 2}
    assert repr(batch) == "<AsyncBatch: 2 rows of 2 have ended>"


async def test_nothing_is_left_open(tmp_path: Path) -> None:
    """When it has ended, nobody touches its folder any more."""
    for number in range(5):
        async with Bench().client() as client:
            await client.batch(foxes(2), out=tmp_path / str(number)).run()
        shutil.rmtree(tmp_path / str(number))
        await anyio.sleep(0.02)
        assert not (tmp_path / str(number)).exists()


class _Jitter(Middleware):
    """Lets each call take as many turns of the loop as it was told, before it leaves and after."""

    def __init__(self, turns: list[tuple[int, int]]) -> None:
        self.turns = turns
        self.left: list[int] = []

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        assert isinstance(call.request, TextToImage)
        number = int(call.request.prompt.split()[1])
        before, after = self.turns[number % len(self.turns)]
        for _ in range(before):
            await anyio.lowlevel.checkpoint()
        self.left.append(number)
        result = await next(call)
        for _ in range(after):
            await anyio.lowlevel.checkpoint()
        return result


_STEPS = st.lists(st.sampled_from(["take", "pause", "resume", "turn", "sleep", "drain", "cancel"]), max_size=25)


@given(
    steps=_STEPS,
    turns=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=5),
    order=st.sampled_from(["finished", "input"]),
    concurrency=st.integers(1, 5),
    backend=st.sampled_from(["asyncio", "trio"]),
)
@settings(max_examples=60, deadline=None)
def test_any_sequence_of_orders(
    steps: list[str], turns: list[tuple[int, int]], order: Any, concurrency: int, backend: str
) -> None:
    """Every row ends in one state, the journal says the same as the results, and nothing leaves after draining."""
    with TemporaryDirectory() as folder:
        anyio.run(_obey, Path(folder), steps, _Jitter(turns), order, concurrency, backend=backend)


async def _obey(folder: Path, steps: list[str], jitter: _Jitter, order: Any, concurrency: int) -> None:
    bench, read, results = Bench(), list[Any](), list[RowResult]()
    async with bench.client(jitter) as client:
        rows = in_steps(foxes(12), read)
        async with client.batch(rows, out=folder, concurrency=concurrency, order=order) as batch:
            read_at_stop = await _follow(steps, batch, results, read)
            if read_at_stop is None:
                batch.resume()
            await _take_all(batch, results)
        states = {record.position: record.state for record in records_of(folder)}
        _check(batch, by_place(results), states)
        assert read_at_stop is None or len(read) == read_at_stop
        if read_at_stop is None:
            assert len(results) == 12
        if order == "input":
            assert [result.position for result in results] == sorted(result.position for result in results)
        # Whatever became of it: once more, and nothing is made twice.
        summary = await client.batch(foxes(12), out=folder, resend_unknown=True).run()
    assert summary.by_state == {RowState.DONE: 12}
    made_twice = {prompt for prompt, count in Counter(bench.prompts).items() if count > 1}
    assert made_twice <= {f"fox {position}" for position, state in states.items() if state is RowState.UNKNOWN}


async def _follow(steps: list[str], batch: AsyncBatch, results: list[RowResult], read: list[Any]) -> int | None:
    """Do what is told; return how many rows had been read when it was told to stop."""
    is_paused, read_at_stop = False, None
    for step in steps:
        if step == "take":
            with anyio.move_on_after(0.02 if is_paused else 20):
                with contextlib.suppress(StopAsyncIteration):
                    results.append(await anext(batch))
        elif step == "turn":
            await anyio.lowlevel.checkpoint()
        elif step == "sleep":
            await anyio.sleep(0.002)
        else:
            getattr(batch, step)()
            is_paused = step == "pause" or (is_paused and step != "resume")
            if step in ("drain", "cancel") and read_at_stop is None:
                read_at_stop = len(read)
    return read_at_stop


def _check(batch: AsyncBatch, results: dict[int, RowResult], states: dict[int, RowState]) -> None:
    assert not {RowState.LEASED, RowState.SENT} & set(states.values())
    for position, result in results.items():
        assert states[position] is result.state is result.record.state
    progress = batch.progress
    counted = Counter(states.values())
    assert (progress.done, progress.unknown, progress.failed) == (counted[RowState.DONE], counted[RowState.UNKNOWN], 0)
    assert progress.running == 0
    assert batch.summary.by_state == counted
