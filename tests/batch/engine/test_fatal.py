"""What would befall every other row as well stops admission at once, and leaves the rest pending."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import (
    NO_RETRY,
    AsyncImagine,
    AuthenticationError,
    BadRequestError,
    Budget,
    BudgetExceededError,
    ClientClosedError,
    InsufficientCreditsError,
    MemoryStore,
    RowState,
    SqliteStore,
    Store,
    StoreError,
)
from imagine_async.batch.engine.storing import KeptElsewhereError
from imagine_async.batch.sinks.base import Body, Stored
from imagine_async.batch.sinks.local import LocalSink
from tests.batch.engine.bench import Bench, Gate, fox, foxes, in_steps, patience, results_of, states_of

pytestmark = pytest.mark.anyio


async def test_a_key_that_is_refused(tmp_path: Path) -> None:
    """A handful of rows meet it, not all of them; none has failed."""
    bench, read = Bench(), list[Any]()
    async with bench.client(api_key="vk-of-somebody-else") as client:
        batch = client.batch(in_steps(foxes(500), read), out=tmp_path, concurrency=4)
        with pytest.raises(AuthenticationError), patience():
            await batch.run()
    assert len(read) <= 8
    assert (batch.progress.failed, batch.progress.ended) == (0, 0)
    assert set(states_of(tmp_path)) <= {RowState.PENDING}
    assert batch.summary.stopped_by is not None
    assert batch.summary.stopped_by.startswith("AuthenticationError: ")
    assert not batch.summary.is_complete


async def test_rows_under_way_end_first(tmp_path: Path) -> None:
    """Their results come, then the error; afterwards the rest can be done."""
    gate = Gate()
    bench = Bench(credits=2)
    done: list[int] = []
    async with bench.client(gate) as client:
        batch = client.batch(foxes(20), out=tmp_path, concurrency=3)
        with pytest.raises(InsufficientCreditsError), patience():
            async with anyio.create_task_group() as group:
                group.start_soon(_open_at_stop, gate, batch)
                try:
                    async for result in batch:
                        done.append(result.position)
                except InsufficientCreditsError as error:
                    caught = error
            raise caught
    assert len(done) == 2
    assert sorted(states_of(tmp_path)) == [RowState.DONE, RowState.DONE, RowState.PENDING]
    rich = Bench()
    async with rich.client() as client:
        summary = await client.batch(foxes(20), out=tmp_path).run()
    assert summary.by_state == {RowState.DONE: 20}
    assert len(rich.prompts) == 18


async def _open_at_stop(gate: Gate, batch: Any) -> None:
    while batch.summary.stopped_by is None:
        await anyio.sleep(0.001)
    gate.open()


@pytest.mark.parametrize("store", ["memory", "sqlite"])
async def test_the_budget_of_the_batch(store: str, tmp_path: Path) -> None:
    """It caps what the batch costs over all its runs, wherever the books are kept."""
    bench = Bench()
    books: Store = MemoryStore() if store == "memory" else SqliteStore(tmp_path / "books.sqlite")
    for budget, done in ((5, 5), (5, 5), (8, 8)):
        async with bench.client(store=books) as client:
            batch = client.batch(foxes(20), out=tmp_path / "out", budget=budget, concurrency=3)
            with pytest.raises(BudgetExceededError), patience():
                await batch.run()
            assert batch.progress.tokens_left == 0
        assert states_of(tmp_path / "out").count(RowState.DONE) == done
        assert bench.charged == done
    await books.aclose()


async def test_the_budget_over_runs_of_other_processes(tmp_path: Path) -> None:
    """Books in memory forget; the journal does not."""
    bench = Bench()
    for _ in range(2):
        async with bench.client(store=MemoryStore()) as client:
            with pytest.raises(BudgetExceededError):
                await client.batch(foxes(9), out=tmp_path, budget=4, concurrency=2).run()
    assert bench.charged == 4


async def test_a_budget_is_the_batchs_own(tmp_path: Path) -> None:
    """Another batch of the same client has its own."""
    bench = Bench()
    async with bench.client() as client:
        for name in ("one", "other"):
            summary = await client.batch(foxes(3), out=tmp_path / name, budget=3).run()
            assert summary.is_complete
            assert summary.progress.tokens_left == 0


async def test_the_budget_of_the_client(tmp_path: Path) -> None:
    """It holds as well, and so does the smallest of both."""
    bench = Bench()
    async with bench.client(budget=Budget(3)) as client:
        batch = client.batch(foxes(9), out=tmp_path, budget=50)
        with pytest.raises(BudgetExceededError):
            await batch.run()
    assert bench.charged == 3
    assert batch.progress.tokens_left == 0


async def test_a_client_that_is_closed(tmp_path: Path) -> None:
    """The batch stops, and its rows stay pending."""
    client = Bench().client()
    async with client:
        batch = client.batch(foxes(9), out=tmp_path)
    with pytest.raises(ClientClosedError):
        await batch.run()
    assert set(states_of(tmp_path)) <= {RowState.PENDING}


async def test_a_journal_that_cannot_be_used(tmp_path: Path) -> None:
    """It is told of before anything is sent; the batch is over then."""
    (tmp_path / "batch.sqlite").write_text("no journal at all")
    bench = Bench()
    async with bench.client() as client:
        batch = client.batch(foxes(9), out=tmp_path)
        with pytest.raises(StoreError, match="batch.sqlite"):
            await batch.run()
        assert await results_of(batch) == {}
    assert not bench.prompts


class _FailingSink(LocalSink):
    """A folder that has no room, until it has."""

    has_room = False

    async def put(self, stem: str, suffix: str, body: Body, *, media_type: str, facts: bytes) -> Stored:
        if not self.has_room:
            raise OSError(28, "No space left on device")
        return await super().put(stem, suffix, body, media_type=media_type, facts=facts)


async def test_a_sink_that_is_full(tmp_path: Path) -> None:
    """What is paid for is kept elsewhere, and stored on resuming: nothing is made twice."""
    bench, sink = Bench(), _FailingSink(tmp_path / "out")
    async with bench.client() as client:
        journal = tmp_path / "j.sqlite"
        batch = client.batch(foxes(9), out=sink, journal=journal, concurrency=2)
        with pytest.raises(KeptElsewhereError, match="No space left on device.*it is kept as"):
            await batch.run()
        kept = sorted((tmp_path / "j.sqlite.kept").glob("*.jpg"))
        assert batch.progress.unknown == len(kept) == len(bench.prompts) > 0
        sink.has_room = True
        summary = await client.batch(foxes(9), out=sink, journal=journal).run()
    assert summary.by_state == {RowState.DONE: 9}
    assert sorted(bench.prompts) == sorted(f"fox {number}" for number in range(9))
    assert not list((tmp_path / "j.sqlite.kept").iterdir())
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 9


async def test_kept_pictures_without_the_input(tmp_path: Path) -> None:
    """What the journal has left includes pictures that were made and could not be stored."""
    bench, sink = Bench(), _FailingSink(tmp_path / "out")
    async with bench.client() as client:
        with pytest.raises(KeptElsewhereError):
            await client.batch(foxes(1), out=sink, journal=tmp_path / "j.sqlite").run()
        sink.has_room = True
        summary = await client.batch(None, out=sink, journal=tmp_path / "j.sqlite").run()
    assert summary.by_state == {RowState.DONE: 1}
    assert len(bench.prompts) == 1


async def test_a_sink_that_is_still_full(tmp_path: Path) -> None:
    """A kept picture stays kept until there is room for it, with the input and without, however a run ends."""
    bench, sink = Bench(), _FailingSink(tmp_path / "out")
    async with bench.client() as client:
        for rows in (foxes(1), foxes(1), None, foxes(1)):
            with pytest.raises(KeptElsewhereError):
                await client.batch(rows, out=sink, journal=tmp_path / "j.sqlite").run()
            for stop in ("drain", "cancel"):
                batch = client.batch(rows, out=sink, journal=tmp_path / "j.sqlite")
                getattr(batch, stop)()
                await batch.run()
        sink.has_room = True
        summary = await client.batch(foxes(1), out=sink, journal=tmp_path / "j.sqlite").run()
    assert summary.by_state == {RowState.DONE: 1}
    assert len(bench.prompts) == 1


async def test_a_file_that_is_in_the_way(tmp_path: Path) -> None:
    """Where files must not be replaced, one that is there stops nobody else; what was made is kept."""
    (tmp_path / "0000001.jpg").write_text("mine")
    sink = LocalSink(tmp_path, on_collision="refuse")
    bench = Bench()
    async with bench.client() as client:
        batch = client.batch(foxes(4), out=sink)
        results = await results_of(batch)
        assert isinstance(results[1].error, KeptElsewhereError)
        assert batch.summary.by_state == {RowState.DONE: 3, RowState.UNKNOWN: 1}
        (tmp_path / "0000001.jpg").unlink()
        assert (await client.batch(foxes(4), out=sink).run()).by_state == {RowState.DONE: 4}
    assert len(bench.prompts) == 4


async def test_a_kept_picture_that_is_gone(tmp_path: Path) -> None:
    """It is made once more, if that is asked for."""
    bench, sink = Bench(), _FailingSink(tmp_path / "out")
    async with bench.client() as client:
        with pytest.raises(KeptElsewhereError):
            await client.batch(foxes(1), out=sink, journal=tmp_path / "j.sqlite").run()
        for file in (tmp_path / "j.sqlite.kept").iterdir():
            file.unlink()
        sink.has_room = True
        summary = await client.batch(foxes(1), out=sink, journal=tmp_path / "j.sqlite").run()
        assert summary.by_state == {RowState.UNKNOWN: 1}
        ((_, error),) = summary.failures
        assert error.startswith("KeptFileGoneError: the picture was made, could not be stored, and is not any more")
        summary = await client.batch(foxes(1), out=sink, journal=tmp_path / "j.sqlite", resend_unknown=True).run()
    assert summary.by_state == {RowState.DONE: 1}
    assert bench.seeds["fox 0"][0] == bench.seeds["fox 0"][1]


async def test_nowhere_to_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a journal it is kept in the folder for temporary files; if that is full as well, it is told of."""
    bench, sink = Bench(), _FailingSink(tmp_path / "out")
    (tmp_path / "temporary").mkdir()
    for folder, kept in ((tmp_path / "temporary", True), (tmp_path / "none" / "there", False)):
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        async with bench.client() as client:
            with pytest.raises(KeptElsewhereError) as caught:
                await client.batch(foxes(1), out=sink, journal=False).run()
        assert (caught.value.kept is not None) == kept
        assert ("it could be kept nowhere else" in str(caught.value)) != kept


@pytest.mark.parametrize("rows", [[{"colour": 3}], "refused"])
async def test_on_error_stop(rows: Sequence[Any], tmp_path: Path) -> None:
    """The first row that fails stops the batch; its result comes, then its error is raised."""
    bench = Bench(faults=["ok"] if rows != "refused" else ["html:503"])
    first = rows if rows != "refused" else foxes(1)
    async with bench.client(retry=NO_RETRY) as client:
        batch = client.batch([*first, *foxes(30)[1:]], out=tmp_path, on_error="stop", concurrency=1)
        results = []
        with pytest.raises(Exception, match=r"colour|503"):
            async for result in batch:
                results.append(result)
    assert results[0].state is RowState.FAILED
    assert len(bench.prompts) <= 2
    assert batch.summary.stopped_by is not None


async def test_on_error_continue(tmp_path: Path) -> None:
    """One row that fails stops nobody else, and is tried again the next time, with the same seed."""
    bench = Bench(faults=["ok", "storm"])
    async with bench.client(retry=NO_RETRY) as client:
        batch = client.batch(foxes(6), out=tmp_path, concurrency=1)
        results = await results_of(batch)
        assert [result.state for _, result in sorted(results.items())].count(RowState.FAILED) == 1
        assert batch.summary.failures[0][0] == "row 1"
        assert not batch.summary.is_complete
        failed = results[1].record
        assert failed.seed == (await results_of(client.batch(foxes(6), out=tmp_path)))[1].record.seed


async def test_a_row_that_always_fails(tmp_path: Path) -> None:
    """What the server refuses is told of with the row's place; the rest is done."""
    bench = Bench()
    bad = fox(3, style="of-nobody")
    async with bench.client() as client:
        for _ in range(2):
            batch = client.batch([*foxes(3), bad, *foxes(6)[3:]], out=tmp_path)
            results = await results_of(batch)
            assert isinstance(results[3].error, BadRequestError)
            assert [place for place, _ in batch.summary.failures] == ["row 3"]
    assert batch.summary.by_state == {RowState.DONE: 6, RowState.FAILED: 1}
    assert bench.charged == 6


def test_a_client_has_a_batch() -> None:
    """The method is there."""
    assert AsyncImagine.batch.__doc__
