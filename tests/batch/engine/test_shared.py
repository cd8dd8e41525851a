"""Several workers on one journal: each row is done once, and who is taken for dead changes nothing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import NO_RETRY, AsyncBatch, ConfigurationError, RowResult, RowState, StoreError
from imagine_async.batch.journal.journal import LEASE_SECONDS
from tests.batch.engine.bench import Bench, Gate, fox, foxes, patience, records_of, results_of
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.anyio


async def _collect(batch: AsyncBatch, results: list[RowResult]) -> None:
    with patience():
        async for result in batch:
            results.append(result)


@pytest.mark.parametrize("workers", [2, 3])
async def test_workers_share_the_rows(workers: int, tmp_path: Path) -> None:
    """Each row is done by one of them, once, and all of them are done."""
    bench = Bench()
    found: list[list[RowResult]] = [[] for _ in range(workers)]
    async with bench.client(Gate(holds=())) as client, anyio.create_task_group() as group:
        batches = [client.batch(foxes(300), out=tmp_path, concurrency=4) for _ in range(workers)]
        for batch, results in zip(batches, found, strict=True):
            group.start_soon(_collect, batch, results)
    assert Counter(bench.prompts) == Counter(f"fox {number}" for number in range(300))
    places = [result.position for results in found for result in results]
    assert sorted(places) == list(range(300))
    assert [record.state for record in records_of(tmp_path)] == [RowState.DONE] * 300
    assert len(list(tmp_path.glob("*.jpg"))) == 300


async def test_a_worker_that_joins_late(tmp_path: Path) -> None:
    """A worker that began alone does nothing that another one has done meanwhile."""
    bench, gate = Bench(), Gate(f"fox {number}" for number in range(2))
    async with bench.client(gate) as slow, bench.client() as fast:
        first, results = slow.batch(foxes(40), out=tmp_path, concurrency=2), list[RowResult]()
        async with anyio.create_task_group() as group:
            group.start_soon(_collect, first, results)
            await gate.wait_for(2)
            second = await results_of(fast.batch(foxes(40), out=tmp_path, concurrency=2))
            assert sorted(second) == list(range(2, 40))
            gate.open()
    assert sorted(result.position for result in results) == [0, 1]
    assert Counter(bench.prompts) == Counter(f"fox {number}" for number in range(40))
    assert first.summary.by_state == {RowState.DONE: 40}


async def test_a_failure_of_another_worker_is_left_to_the_next_run(tmp_path: Path) -> None:
    """What another worker was not sure about is not sent here."""
    bench, gate = Bench(faults=["ok", "drop:after_upload", "storm"]), Gate(["fox 0"])
    async with bench.client(gate, retry=NO_RETRY) as slow, bench.client(retry=NO_RETRY) as fast:
        first, results = slow.batch(foxes(4), out=tmp_path, concurrency=1), list[RowResult]()
        async with anyio.create_task_group() as group:
            group.start_soon(_collect, first, results)
            await gate.wait_for(1)
            await results_of(fast.batch(foxes(4), out=tmp_path, concurrency=1))
            gate.open()
    states = [record.state for record in records_of(tmp_path)]
    assert states == [RowState.DONE, RowState.UNKNOWN, RowState.FAILED, RowState.DONE]
    assert [result.position for result in results] == [0]


async def test_other_inputs_of_workers(tmp_path: Path) -> None:
    """Workers that share a journal have to be given the same input; whoever has another one stops."""
    bench, gate = Bench(), Gate()
    async with bench.client(gate) as one, bench.client() as other:
        first, results = one.batch(foxes(5), out=tmp_path, concurrency=2), list[RowResult]()
        async with anyio.create_task_group() as group:
            group.start_soon(_collect, first, results)
            await gate.wait_for(2)
            with pytest.raises(ConfigurationError, match="row 1 of the input is another one than the journal knows"):
                await other.batch([fox(0), fox(7), fox(8)], out=tmp_path).run()
            gate.open()
    assert len(results) == 5
    assert [record.state for record in records_of(tmp_path)] == [RowState.DONE] * 5


async def test_the_rest_of_the_journal_is_shared(tmp_path: Path) -> None:
    """Workers without the input share what the journal has left."""
    bench = Bench(faults=["storm"] * 20)
    async with bench.client(retry=NO_RETRY) as client:
        await client.batch(foxes(20), out=tmp_path).run()
        found: list[list[RowResult]] = [[], []]
        async with anyio.create_task_group() as group:
            for results in found:
                group.start_soon(_collect, client.batch(None, out=tmp_path, concurrency=2), results)
    assert sorted(result.position for results in found for result in results) == list(range(20))
    assert len(bench.prompts) == 20


async def test_a_worker_that_slept_too_long(tmp_path: Path) -> None:
    """A worker that was taken for dead ends what it has under way, begins nothing more, and says why."""
    clock, bench, gate = VirtualClock(), Bench(), Gate()
    bench.clock = clock
    async with bench.client(gate) as client:
        batch, results = client.batch(foxes(9), out=tmp_path, concurrency=2), list[RowResult]()
        with pytest.raises(StoreError, match="could not tell the journal in time that it is alive"), patience():
            async with anyio.create_task_group() as group:
                group.start_soon(_expect, batch, results)
                await gate.wait_for(2)
                clock.time += 10 * LEASE_SECONDS
                # Another worker finds it dead, and takes its rows over.
                taker = Bench(clock=clock)
                async with taker.client() as other:
                    await results_of(other.batch(foxes(9), out=tmp_path, resend_unknown=True))
                await _let_beat(clock, batch)
                gate.open()
            raise _ERRORS.pop()
    # Its own pictures are nobody's loss; but in the journal stand the other's.
    assert len(results) == 2
    seeds = {record.prompt: record.seed for record in records_of(tmp_path)}
    assert seeds["fox 0"] == taker.seeds["fox 0"][0]
    assert [record.state for record in records_of(tmp_path)] == [RowState.DONE] * 9
    assert len(taker.prompts) == 9
    assert len(bench.prompts) == 2


_ERRORS: list[StoreError] = []


async def _expect(batch: AsyncBatch, results: list[RowResult]) -> None:
    try:
        await _collect(batch, results)
    except StoreError as error:
        _ERRORS.append(error)


async def _let_beat(clock: VirtualClock, batch: AsyncBatch) -> None:
    while batch.summary.stopped_by is None:
        await clock.run(clock.time + LEASE_SECONDS)
        await anyio.sleep(0.002)


async def test_a_worker_that_beats_is_alive(tmp_path: Path) -> None:
    """As long as it says so its rows are its own, however long a call takes; it learns of others, and of the budget."""
    clock, gate = VirtualClock(), Gate()
    bench = Bench(clock=clock)
    async with bench.client(gate) as client:
        batch, results = client.batch(foxes(4), out=tmp_path, concurrency=2, budget=50), list[RowResult]()
        async with anyio.create_task_group() as group:
            group.start_soon(_collect, batch, results)
            await gate.wait_for(2)
            for _ in range(12):
                await clock.run(clock.time + LEASE_SECONDS / 3)
                await anyio.sleep(0.01)
            async with bench.client() as other:
                second = other.batch(foxes(4), out=tmp_path)
                places = sorted(await results_of(second))
            assert places == [2, 3]
            assert batch.progress.tokens_left is not None
            gate.open()
    assert len(results) == 2
    assert batch.progress.elapsed >= 4 * LEASE_SECONDS


async def test_a_journal_that_fails_on_the_way(tmp_path: Path) -> None:
    """A journal that is damaged while a batch runs ends it: nothing more is sent."""
    bench, gate, results = Bench(), Gate(), list[RowResult]()
    async with bench.client(gate) as client:
        batch = client.batch(foxes(50), out=tmp_path, concurrency=2)
        with pytest.raises(StoreError), patience():
            async with anyio.create_task_group() as group:
                group.start_soon(_expect, batch, results)
                await gate.wait_for(2)
                for path in tmp_path.glob("batch.sqlite*"):
                    path.unlink()
                gate.open()
            raise _ERRORS.pop()
    assert len(bench.prompts) <= 4


async def test_two_batches_of_one_client(tmp_path: Path) -> None:
    """Batches with journals of their own do not meet."""
    bench = Bench()
    async with bench.client() as client, anyio.create_task_group() as group:
        batches: list[Any] = [client.batch(foxes(20), out=tmp_path / name) for name in ("one", "other")]
        for batch in batches:
            group.start_soon(_collect, batch, [])
    assert all(batch.summary.by_state == {RowState.DONE: 20} for batch in batches)
    assert len(bench.prompts) == 40
