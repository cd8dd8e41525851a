"""How a batch takes its rows: never ahead, in every form, and as fast as its results are taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import ConfigurationError, RowState, TextToImage
from tests.batch.engine.bench import Bench, Gate, foxes, in_steps, patience, results_of, states_of

pytestmark = pytest.mark.anyio


async def _async_foxes(count: int) -> AsyncIterator[TextToImage]:
    for request in foxes(count):
        await anyio.lowlevel.checkpoint()
        yield request


class _Counted:
    """An async iterator that is no generator."""

    def __init__(self, count: int) -> None:
        self.left = foxes(count)

    def __aiter__(self) -> _Counted:
        return self

    async def __anext__(self) -> TextToImage:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


@pytest.mark.parametrize("journal", [None, False], ids=["journal", "no journal"])
@pytest.mark.parametrize(
    "feed",
    [foxes, lambda count: iter(foxes(count)), lambda count: set(foxes(count)), _async_foxes, _Counted],
    ids=["list", "iterator", "set", "async generator", "async iterator"],
)
async def test_every_kind_of_input(feed: Any, journal: Any, tmp_path: Path) -> None:
    """All of them are done, with a journal and without."""
    bench = Bench()
    async with bench.client() as client:
        batch = client.batch(feed(7), out=tmp_path, journal=journal)
        results = await results_of(batch)
    assert sorted(results) == list(range(7))
    assert all(result.is_done and result.image is not None for result in results.values())
    assert sorted(bench.prompts) == [f"fox {number}" for number in range(7)]
    assert batch.summary.is_complete
    assert len(list(tmp_path.glob("*.jpg"))) == 7


@pytest.mark.parametrize("order", ["finished", "input"])
async def test_no_row_is_read_ahead(order: Any, tmp_path: Path) -> None:
    """No more rows are taken than can be in work."""
    gate, read = Gate(), list[Any]()
    async with Bench().client(gate) as client:
        async with client.batch(in_steps(foxes(50), read), out=tmp_path, concurrency=4, order=order) as batch:
            assert not read
            async with anyio.create_task_group() as group:
                group.start_soon(anext, batch)
                await gate.wait_for(4)
                await anyio.wait_all_tasks_blocked()
                assert len(read) == 4
                gate.open()
            # The others have ended and wait to be taken; in the order of the input some were taken before the first.
            await anyio.sleep(0.05)
            assert 5 <= len(read) <= (5 if order == "finished" else 8)


async def test_concurrency_is_kept(tmp_path: Path) -> None:
    """So many rows are in work at once, and no more."""
    gate = Gate(holds=())
    async with Bench().client(gate) as client:
        await results_of(client.batch(foxes(30), out=tmp_path, concurrency=3))
    assert gate.most_under_way == 3


async def test_results_come_as_rows_end(tmp_path: Path) -> None:
    """A slow row keeps back no other one."""
    gate = Gate(["fox 0"])
    async with Bench().client(gate) as client:
        async with client.batch(foxes(20), out=tmp_path, concurrency=2) as batch:
            places = []
            async for result in batch:
                places.append(result.position)
                if len(places) == 19:
                    gate.open()
    assert places == [*range(1, 20), 0]


async def test_results_in_the_order_of_the_input(tmp_path: Path) -> None:
    """They come in order, and no more than twice the concurrency are ahead of the oldest."""
    gate, read = Gate(["fox 0"]), list[Any]()
    async with Bench().client(gate) as client:
        async with client.batch(in_steps(foxes(30), read), out=tmp_path, concurrency=3, order="input") as batch:
            async with anyio.create_task_group() as group:
                places = list[int]()
                group.start_soon(_collect, batch, places)
                with patience():
                    while len(gate.passed) < 5:
                        await anyio.sleep(0.001)
                await anyio.sleep(0.05)
                assert (places, len(read)) == ([], 6)
                assert batch.progress.running == 1
                gate.open()
    assert places == list(range(30))


async def _collect(batch: Any, places: list[int]) -> None:
    with patience():
        async for result in batch.results:
            places.append(result.position)


async def test_order_with_rows_that_end_otherwise(tmp_path: Path) -> None:
    """Bad rows, rows that fail, and rows that wait for others, keep the order of the input as well."""
    rows: list[Any] = [
        {"prompt": "parent", "id": "p"},
        {"prompt": "fox", "colour": 3},
        {"endpoint": "remove_background", "image": {"row": "p"}},
        7,
        *foxes(8),
    ]
    async with Bench().client() as client:
        results = [result async for result in client.batch(rows, out=tmp_path, concurrency=2, order="input")]
    assert [result.position for result in results] == list(range(12))
    assert [result.position for result in results if not result.is_done] == [1, 3]


async def test_results_that_nobody_takes_stop_admission(tmp_path: Path) -> None:
    """A consumer that sleeps is not run away from."""
    bench, read = Bench(), list[Any]()
    async with bench.client() as client:
        async with client.batch(in_steps(foxes(50), read), out=tmp_path, concurrency=2) as batch:
            await anext(batch)
            await anyio.sleep(0.1)
            assert len(read) == 3
            await anext(batch)
            await anyio.sleep(0.1)
            assert len(read) == 4


async def test_a_generator_that_raises(tmp_path: Path) -> None:
    """Rows under way end, and their results come; then the generator's own error is raised."""

    def rows() -> Iterator[TextToImage]:
        yield from foxes(3)
        raise LookupError("no more rows today")

    await _see_raised(rows(), tmp_path)


async def test_an_async_generator_that_raises(tmp_path: Path) -> None:
    """It is the same with an async one."""

    async def rows() -> AsyncIterator[TextToImage]:
        for request in foxes(3):
            yield request
        raise LookupError("no more rows today")

    await _see_raised(rows(), tmp_path)


async def _see_raised(rows: Any, folder: Path) -> None:
    gate, places = Gate(), []
    async with Bench().client(gate) as client:
        batch = client.batch(rows, out=folder, concurrency=5)
        async with anyio.create_task_group() as group:
            group.start_soon(_open_at, gate, 3)
            with pytest.raises(LookupError, match="no more rows today"), patience():
                async for result in batch:
                    places.append(result.position)
    assert sorted(places) == [0, 1, 2]
    assert states_of(folder) == [RowState.DONE] * 3
    assert batch.summary.stopped_by == "LookupError: no more rows today"
    assert not batch.summary.is_complete


async def _open_at(gate: Gate, count: int) -> None:
    await gate.wait_for(count)
    gate.open()


@pytest.mark.parametrize("stop", ["drain", "cancel"])
async def test_an_async_generator_that_waits_for_ever(stop: str, tmp_path: Path) -> None:
    """Draining and cancelling end the wait for its next row, and the generator itself."""
    closed = False

    async def rows() -> AsyncIterator[TextToImage]:
        nonlocal closed
        try:
            yield foxes(1)[0]
            await anyio.sleep_forever()
        finally:
            closed = True

    async with Bench().client() as client:
        batch = client.batch(rows(), out=tmp_path, concurrency=3)
        with patience():
            assert (await anext(batch)).is_done
            getattr(batch, stop)()
            assert [result async for result in batch] == []
    assert closed
    assert states_of(tmp_path) == [RowState.DONE]


async def test_a_generator_is_closed_early(tmp_path: Path) -> None:
    """An async generator that has more rows is closed when the batch is left."""
    closed = False

    async def rows() -> AsyncIterator[TextToImage]:
        nonlocal closed
        try:
            for request in foxes(100):
                yield request
        finally:
            closed = True

    async with Bench().client() as client:
        async with client.batch(rows(), out=tmp_path, concurrency=3) as batch:
            await anext(batch)
    assert closed


async def test_no_rows(tmp_path: Path) -> None:
    """A batch without rows is complete."""
    async with Bench().client() as client:
        summary = await client.batch([], out=tmp_path).run()
    assert summary.is_complete
    assert summary.progress.ended == 0


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"requests": 7}, "requests=7: pass a list"),
        ({"requests": None}, "requests=None: pass journal="),
        ({"concurrency": 0}, "concurrency=0: pass a whole number from 1 to 10,000"),
        ({"concurrency": 100_000_000}, "concurrency=100000000: pass a whole number from 1 to 10,000"),
        ({"order": "random"}, "order='random'"),
        ({"on_error": "ignore"}, "on_error='ignore'"),
        ({"name": "{colour}"}, "there is no field 'colour'"),
        ({"rate": "fast"}, "fast"),
        ({"budget": -1}, "-1"),
        ({"out": ""}, "out="),
        ({"tags": [3]}, "tags"),
    ],
)
async def test_settings_are_checked_at_once(named: dict[str, Any], message: str) -> None:
    """What is out of range is told of before anything happens."""
    async with Bench().client() as client:
        with pytest.raises((ConfigurationError, ValueError), match=message):
            client.batch(**{"requests": foxes(1), **named})
