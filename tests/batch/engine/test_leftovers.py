"""What the journal has left is done without the input; what a dead worker has left is looked for first."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import (
    NO_RETRY,
    ImagineError,
    InvalidRequestError,
    RemoveBackground,
    Row,
    RowOutput,
    RowState,
    StoreError,
    TextToImage,
    Upscale,
)
from imagine_async.batch.journal.claims import Ending
from imagine_async.batch.journal.journal import SqliteJournal
from imagine_async.batch.journal.no_journal import NoJournal
from tests.batch.engine.bench import Bench, Gate, foxes, records_of, results_of, states_of
from tests.batch.journal.making import claim_for
from tests.samples import png_bytes

pytestmark = pytest.mark.anyio


def _change(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "batch.sqlite")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("order", ["finished", "input"])
async def test_failed_rows_without_the_input(order: Any, tmp_path: Path) -> None:
    """They are tried again with the same seeds; what is done is left."""
    bench = Bench(faults=["storm"] * 7)
    async with bench.client(retry=NO_RETRY) as client:
        first = await results_of(client.batch(foxes(9), out=tmp_path, concurrency=1, tags=["a"]))
        batch = client.batch(None, out=tmp_path, concurrency=2, order=order)
        results = await results_of(batch)
    failed = [position for position, result in first.items() if not result.is_done]
    assert sorted(results) == failed == list(range(7))
    assert batch.summary.by_state == {RowState.DONE: 9}
    assert {p: r.record.seed for p, r in first.items()} | {p: r.record.seed for p, r in results.items()} == {
        record.position: record.seed for record in records_of(tmp_path)
    }
    assert {record.tags for record in records_of(tmp_path)} == {("a",)}


async def test_chains_without_the_input(tmp_path: Path) -> None:
    """Rows that take others' pictures wait for them here as well."""
    rows = [
        Row(request=TextToImage(prompt="parent"), id="p"),
        Row(request=RemoveBackground(image=RowOutput("p")), id="c"),
        Row(request=RemoveBackground(image=RowOutput("c"))),
    ]
    bench = Bench(faults=["storm"])
    async with bench.client(retry=NO_RETRY) as client:
        await results_of(client.batch(rows, out=tmp_path))
        assert states_of(tmp_path) == [RowState.FAILED] * 3
        assert (await client.batch(None, out=tmp_path).run()).by_state == {RowState.DONE: 3}
    assert [name for name, _ in bench.painter.calls] == ["text_to_image", "remove_background", "remove_background"]


async def test_unknown_rows_without_the_input(tmp_path: Path) -> None:
    """They are left, unless they are to be sent again."""
    bench = Bench(faults=["drop:after_upload"])
    async with bench.client() as client:
        await results_of(client.batch(foxes(1), out=tmp_path))
        assert await results_of(client.batch(None, out=tmp_path)) == {}
        assert sorted(await results_of(client.batch(None, out=tmp_path, resend_unknown=True))) == [0]


async def test_a_row_that_cannot_be_made_anew(tmp_path: Path) -> None:
    """A picture that is gone, and bytes that the journal does not hold, are told of."""
    path = tmp_path / "given.png"
    path.write_bytes(png_bytes())
    large = png_bytes(width=2000) + bytes(70_000)
    bench = Bench(faults=["storm"] * 3)
    async with bench.client(retry=NO_RETRY) as client:
        rows = [Upscale(image=path), Upscale(image=large), *foxes(1)]
        await results_of(client.batch(rows, out=tmp_path / "out", concurrency=1))
        path.unlink()
        batch = client.batch(None, out=tmp_path / "out")
        results = await results_of(batch)
    assert [results[place].state for place in range(3)] == [RowState.FAILED, RowState.FAILED, RowState.DONE]
    assert isinstance(results[0].error, InvalidRequestError)
    assert isinstance(results[1].error, ImagineError)
    assert batch.progress.failed == 2
    assert states_of(tmp_path / "out") == [RowState.FAILED, RowState.FAILED, RowState.DONE]
    assert "given.png" in (records_of(tmp_path / "out")[0].error or "")


async def test_draining_gives_rows_back(tmp_path: Path) -> None:
    """Rows that were taken out of the journal and have not begun are free again."""
    bench, gate = Bench(faults=["storm"] * 9), Gate()
    async with bench.client(retry=NO_RETRY) as client, bench.client(gate) as slow:
        await results_of(client.batch(foxes(9), out=tmp_path))
        batch = slow.batch(None, out=tmp_path, concurrency=3)
        async with anyio.create_task_group() as group:
            group.start_soon(batch.run)
            await gate.wait_for(3)
            batch.drain()
            gate.open()
        assert states_of(tmp_path).count(RowState.DONE) == 3
        assert not {RowState.LEASED, RowState.SENT} & set(states_of(tmp_path))
        assert (await client.batch(None, out=tmp_path).run()).by_state == {RowState.DONE: 9}


async def _dead(folder: Path, bench: Bench, *, count: int = 3) -> None:
    """Leave rows as a worker does that died while they were under way."""
    async with bench.client() as client:
        await results_of(client.batch(foxes(count), out=folder))
    _change(folder, "UPDATE rows SET state = 'sent', owner = 'dead', file = NULL, size = NULL, digest = NULL")
    _change(folder, "INSERT INTO owners VALUES ('dead', 'elsewhere', 1, '1', 0)")


async def test_files_of_a_dead_worker_are_found(tmp_path: Path) -> None:
    """A row whose file is there, whole, is done; the others are unknown, and are not sent again."""
    bench = Bench()
    await _dead(tmp_path, bench)
    (tmp_path / "0000001.jpg").unlink()
    cut = tmp_path / "0000002.jpg"
    cut.write_bytes(cut.read_bytes()[:-20])
    async with bench.client() as client:
        batch = client.batch(foxes(3), out=tmp_path)
        assert await results_of(batch) == {}
    assert states_of(tmp_path) == [RowState.DONE, RowState.UNKNOWN, RowState.UNKNOWN]
    record = records_of(tmp_path)[0]
    assert (record.file, record.size) == ("0000000.jpg", (tmp_path / "0000000.jpg").stat().st_size)
    assert record.digest is not None
    assert "the process died" in (records_of(tmp_path)[1].error or "")
    assert len(bench.prompts) == 3


async def test_a_file_that_is_older_than_the_call(tmp_path: Path) -> None:
    """It is of an earlier run, and no proof that this one's was made."""
    bench = Bench()
    await _dead(tmp_path, bench, count=1)
    _change(tmp_path, "UPDATE rows SET changed = changed + 1000")
    async with bench.client() as client:
        await results_of(client.batch(foxes(1), out=tmp_path))
    assert states_of(tmp_path) == [RowState.UNKNOWN]


async def test_a_file_of_another_row(tmp_path: Path) -> None:
    """It is no proof either."""
    bench = Bench()
    await _dead(tmp_path, bench, count=2)
    _change(tmp_path, "UPDATE rows SET state = 'done', owner = NULL, file = '0000000.jpg' WHERE position = 1")
    async with bench.client() as client:
        batch = client.batch(None, out=tmp_path)
        assert await results_of(batch) == {}
    assert states_of(tmp_path) == [RowState.UNKNOWN, RowState.DONE]


async def test_a_dead_worker_where_no_files_are_kept(tmp_path: Path) -> None:
    """Nobody can tell: its rows are unknown."""
    bench = Bench()
    await _dead(tmp_path, bench, count=2)
    async with bench.client() as client:
        await results_of(client.batch(foxes(2), journal=tmp_path / "batch.sqlite"))
    assert states_of(tmp_path) == [RowState.UNKNOWN] * 2


async def test_a_dead_workers_job_that_cannot_be_followed(tmp_path: Path) -> None:
    """A row whose request the journal cannot make anew is unknown."""
    bench = Bench()
    await _dead(tmp_path, bench, count=1)
    _change(tmp_path, "UPDATE rows SET job = 'job-1', request = '{\"endpoint\": \"of_nobody\"}', stem = 'none'")
    async with bench.client() as client:
        await results_of(client.batch(None, out=tmp_path))
    assert states_of(tmp_path) == [RowState.UNKNOWN]


@pytest.mark.parametrize("stop", ["drain", "cancel"])
async def test_a_dead_workers_job_stays_followable(stop: str, tmp_path: Path) -> None:
    """Where the batch is told to stop before it follows the job, that is kept for the next time."""
    from imagine_async import TextToVideo
    from tests.clocks import HurriedClock

    bench = Bench(clock=HurriedClock())
    rows = [TextToVideo(prompt="a fox runs", style="kling-1.0-pro")]
    async with bench.client() as client:
        await results_of(client.batch(rows, out=tmp_path))
        for path in tmp_path.glob("0000000*"):
            path.unlink()
        _change(tmp_path, "UPDATE rows SET state = 'sent', owner = 'dead', file = NULL")
        _change(tmp_path, "INSERT INTO owners VALUES ('dead', 'elsewhere', 1, '1', 0)")
        batch = client.batch(rows, out=tmp_path)
        getattr(batch, stop)()
        assert await results_of(batch) == {}
        assert states_of(tmp_path) == [RowState.UNKNOWN]
        results = await results_of(client.batch(rows, out=tmp_path))
        assert results[0].video is not None
    assert bench.video_jobs == 1


async def test_a_dead_workers_job_is_followed(tmp_path: Path) -> None:
    """It comes first, and in the order of the input."""
    from imagine_async import TextToVideo
    from tests.clocks import HurriedClock

    bench = Bench(clock=HurriedClock())
    rows: list[Any] = [*foxes(2), TextToVideo(prompt="a fox runs", style="kling-1.0-pro")]
    async with bench.client() as client:
        await results_of(client.batch(rows, out=tmp_path))
        _change(tmp_path, "UPDATE rows SET state = 'sent', owner = 'dead', file = NULL WHERE position = 2")
        _change(tmp_path, "INSERT INTO owners VALUES ('dead', 'elsewhere', 1, '1', 0)")
        results = await results_of(client.batch([*rows, *foxes(9)[5:]], out=tmp_path, order="input"))
    assert sorted(results) == [2, 3, 4, 5, 6]
    assert results[2].video is not None
    assert bench.video_jobs == 1


async def test_a_journal_alone(tmp_path: Path) -> None:
    """What was posted is written in its order, and nobody is left as a worker."""
    journal = SqliteJournal(tmp_path / "j.sqlite")
    identity = await journal.open()
    claims = [claim_for(position, journal.owner.name, id=f"row {position}") for position in range(3)]
    journal.post_claim(claims[0])
    await journal.mark_sent(claims[1])
    journal.post_end(claims[1], Ending(state=RowState.DONE, file="1.jpg"))
    assert (await journal.find_parent("row 1", 2)) is not None
    await journal.confirm(claims[0])
    with pytest.raises(ImagineError):
        await journal.mark_sent(claim_for(1, journal.owner.name))
    with anyio.CancelScope() as scope:
        scope.cancel()
        await journal.mark_sent(claims[2])
    assert scope.cancelled_caught
    journal.post_end(claims[2], Ending(state=RowState.PENDING))
    await journal.flush()
    assert await journal.count_states() == {RowState.LEASED: 1, RowState.DONE: 1}
    assert not await journal.has_others()
    assert await journal.beat()
    await journal.aclose()
    again = SqliteJournal(tmp_path / "j.sqlite")
    assert await again.open() == identity
    await again.aclose()


async def test_a_journal_that_cannot_be_written(tmp_path: Path) -> None:
    """Whoever waits for a step is told, and so is whoever flushes; it can be closed all the same."""
    journal = SqliteJournal(tmp_path / "j.sqlite")
    await journal.open()
    _break(tmp_path / "j.sqlite")
    with pytest.raises(StoreError):
        await journal.mark_sent(claim_for(0, journal.owner.name))
    with pytest.raises(StoreError):
        await journal.flush()
    await journal.aclose()


def _break(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE rows")
    connection.execute("DROP TABLE owners")
    connection.commit()
    connection.close()


async def test_no_journal_knows_nothing() -> None:
    """It answers as one that has met no row."""
    journal = NoJournal()
    assert await journal.open() == journal.owner.name
    assert await journal.beat()
    assert not await journal.has_others()
    assert not await journal.is_file_of_another("a", 0)
    assert await journal.inherit() == ()
    assert await journal.take(("failed",), 0, 9) == ()
    assert await journal.adopt(0, b"", None, b"", None) is None
    assert await journal.count_states() == {}
    assert await journal.spent() == 0
    window = await journal.window(3, 5)
    assert (window.rows, window.end, window.is_last, window.others) == ({}, 8, True, frozenset())
    await journal.unsettle(0)
