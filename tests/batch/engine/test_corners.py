"""What happens seldom: windows of many rows, workers that come and go, errors that cannot be told, odd pictures."""

from __future__ import annotations

import gc
import sqlite3
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import (
    NO_RETRY,
    AsyncBatch,
    BudgetExceededError,
    Call,
    Handler,
    Image,
    Middleware,
    RemoveBackground,
    Result,
    Row,
    RowOutput,
    RowState,
    StoreError,
    TextToPng,
    Upscale,
)
from imagine_async.batch.engine import windows
from imagine_async.batch.engine.admission import Admission
from imagine_async.batch.engine.inputs import Inputs
from imagine_async.batch.engine.keys import key_of
from imagine_async.batch.engine.windows import Windows
from imagine_async.batch.journal.claims import Window
from imagine_async.batch.journal.journal import LEASE_SECONDS, SqliteJournal
from imagine_async.batch.journal.no_journal import NoJournal
from imagine_async.batch.rows import UnreadRow
from imagine_async.batch.sinks.base import Body
from imagine_async.batch.sinks.local import LocalSink
from imagine_async.spool import Spool
from tests.batch.engine.bench import Bench, Gate, fox, foxes, patience, records_of, results_of, states_of
from tests.batch.journal.making import claim_for
from tests.samples import png_bytes
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.anyio


async def test_many_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the journal knows is looked at window by window; rows of each are passed over, done, or found again."""
    monkeypatch.setattr(windows, "_ROWS", 7)
    bench = Bench()
    async with bench.client() as client:
        await results_of(client.batch(foxes(40), out=tmp_path))
        (tmp_path / "0000020.jpg").unlink()
        for number in (39, 50):
            batch = client.batch(iter(foxes(number)), out=tmp_path)
            await results_of(batch)
            assert batch.summary.by_state == {RowState.DONE: number}
        batch = client.batch([*foxes(10), *foxes(50)[11:]], out=tmp_path)
        assert await results_of(batch) == {}
    assert len(bench.prompts) == 40 + 1 + 10


class _Failing(NoJournal):
    """A journal that has many rows, and cannot be read for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.fails = False

    async def window(self, start: int, count: int) -> Window:
        self.asked.append(start)
        if self.fails:
            self.fails = False
            raise StoreError("away")
        return Window({}, start + count, is_last=False, others=frozenset())


async def test_a_window_that_could_not_be_fetched_ahead() -> None:
    """It is asked for once more when it is needed; and so is one that is not the one that is needed."""
    journal = _Failing()
    made = Windows(journal)
    first = await made.at(0)
    journal.fails = False
    await anyio.wait_all_tasks_blocked()
    journal.fails = True
    second = await made.at(first.end)
    await anyio.wait_all_tasks_blocked()
    third = await made.at(second.end)
    assert third.end == 3 * first.end
    assert journal.asked.count(second.end) == 2
    await anyio.wait_all_tasks_blocked()
    assert (await made.at(third.end + 5)).end == 4 * first.end + 5
    await anyio.wait_all_tasks_blocked()


async def test_another_worker_comes(tmp_path: Path) -> None:
    """A worker that learns of another one leases what it takes; a heart that cannot beat stops the batch."""
    clock, gate = VirtualClock(), Gate()
    bench = Bench(clock=clock)
    async with bench.client(gate) as client, bench.client() as other:
        batch = client.batch(foxes(6), out=tmp_path, concurrency=2)
        second = other.batch(None, out=tmp_path)
        async with anyio.create_task_group() as group:
            group.start_soon(batch.run)
            await gate.wait_for(2)
            second.pause()
            group.start_soon(second.run)
            await _until(lambda: second.progress.paused)
            for _ in range(3):
                await clock.run(clock.time + LEASE_SECONDS / 3)
                await anyio.sleep(0.02)
            second.drain()
            gate.open()
    assert batch.summary.by_state == {RowState.DONE: 6}


async def test_a_heart_that_cannot_beat(tmp_path: Path) -> None:
    """A journal that is gone is noticed while calls take long: nothing more begins."""
    clock, gate, caught = VirtualClock(), Gate(), list[StoreError]()
    bench = Bench(clock=clock)
    async with bench.client(gate) as client:
        batch = client.batch(foxes(6), out=tmp_path, concurrency=2)
        async with anyio.create_task_group() as group:
            group.start_soon(_run, batch, caught)
            await gate.wait_for(2)
            connection = sqlite3.connect(tmp_path / "batch.sqlite")
            connection.executescript("DROP TABLE owners")
            connection.close()
            await _until(lambda: batch.summary.stopped_by is not None, clock)
            gate.open()
    assert caught
    assert len(bench.prompts) == 2


async def _run(batch: AsyncBatch, caught: list[StoreError]) -> None:
    try:
        await batch.run()
    except StoreError as error:
        caught.append(error)


async def _until(reached: Any, clock: VirtualClock | None = None) -> None:
    with patience():
        while not reached():
            if clock is not None:
                await clock.run(clock.time + LEASE_SECONDS / 3)
            await anyio.sleep(0.005)


class _UntoldError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


class _Breaks(Middleware):
    async def around_attempt(self, call: Call, next: Handler) -> Result:
        raise _UntoldError


async def test_an_error_that_cannot_be_told(tmp_path: Path) -> None:
    """It comes out of the loop rather than pass for a row's; what it left is looked after the next time."""
    bench = Bench()
    async with bench.client(_Breaks()) as client:
        async with client.batch(foxes(1), out=tmp_path) as batch:
            with pytest.raises(ZeroDivisionError):
                await batch.run()
    async with bench.client() as client:
        assert (await client.batch(foxes(1), out=tmp_path, resend_unknown=True).run()).is_complete


async def test_no_row_is_waited_for_at_the_end() -> None:
    """Once no row may begin, an async generator is not asked any more."""

    async def rows() -> Any:
        await anyio.sleep_forever()
        yield

    admission = Admission(None)
    inputs = Inputs(rows(), admission)
    admission.stop()
    with patience():
        assert await inputs.next() is None
    await inputs.aclose()


async def test_a_picture_that_is_none_any_more(tmp_path: Path) -> None:
    """A row whose picture was overwritten with something else is told of."""
    path = tmp_path / "given.png"
    path.write_bytes(png_bytes())
    rows = [{"endpoint": "upscale", "image": str(path)}]
    async with Bench().client() as client:
        await results_of(client.batch(rows, out=tmp_path / "out"))
        path.write_text("no picture")
        results = await results_of(client.batch(rows, out=tmp_path / "out"))
    assert results[0].state is RowState.FAILED
    assert "given.png" in str(results[0].error)


async def test_a_bad_row_among_rows_that_moved(tmp_path: Path) -> None:
    """It is told of, and the others are found again."""
    bench = Bench()
    async with bench.client() as client:
        await results_of(client.batch(foxes(3), out=tmp_path))
        results = await results_of(client.batch([fox(9), {}, *foxes(3)], out=tmp_path))
    assert {place: result.state for place, result in results.items()} == {0: RowState.DONE, 1: RowState.FAILED}
    assert len(bench.prompts) == 4


async def test_what_a_row_asks_for() -> None:
    """The same bytes are the same picture, in memory and on disk; a URL is known by itself."""
    spool = Spool()
    spool.append(png_bytes())
    lying = Image(content=spool, format="png", width=1, height=1, request=fox(0))
    keys = [await key_of(Upscale(image=image), {}, {}) for image in (png_bytes(), lying)]
    assert keys[0] == keys[1]
    url = Upscale(image="https://example.com/fox.png")
    assert await key_of(url, {"image": "a"}, {}) != await key_of(url, {"image": "b"}, {})


async def test_rows_that_were_taken_are_given_back(tmp_path: Path) -> None:
    """Rows out of the journal that have not begun when it ends are free; those that may be charged stay unknown."""
    bench = Bench(faults=["storm", "storm", "drop:after_upload", "drop:after_upload"])

    class Stops(Middleware):
        async def around_call(self, call: Call, next: Handler) -> Result:
            batch.drain()
            return await next(call)

    async with bench.client(retry=NO_RETRY) as client, bench.client(Stops()) as stopping:
        await results_of(client.batch(foxes(4), out=tmp_path, concurrency=1))
        batch = stopping.batch(None, out=tmp_path, concurrency=4, resend_unknown=True)
        await batch.run()
        states = states_of(tmp_path)
        assert states[0] is RowState.DONE
        assert set(states[1:2]) <= {RowState.DONE, RowState.PENDING}
        assert set(states[2:]) <= {RowState.DONE, RowState.UNKNOWN}
        summary = await client.batch(None, out=tmp_path, resend_unknown=True).run()
    assert summary.by_state == {RowState.DONE: 4}


async def test_a_seed_that_only_the_journal_knows(tmp_path: Path) -> None:
    """It is sent again."""
    bench = Bench(faults=["storm"])
    async with bench.client(retry=NO_RETRY) as client:
        first = (await results_of(client.batch(foxes(1), out=tmp_path)))[0].record.seed
        connection = sqlite3.connect(tmp_path / "batch.sqlite")
        connection.execute("UPDATE rows SET request = json_remove(request, '$.seed')")
        connection.commit()
        connection.close()
        assert (await results_of(client.batch(None, out=tmp_path)))[0].record.seed == first


class _SpoolingSink(LocalSink):
    """A folder whose files are all too large for memory."""

    async def read(self, name: str) -> Body:
        body = await super().read(name)
        spool = self.spool()
        spool.extend([body] if isinstance(body, bytes) else body.pieces())
        return spool


async def test_a_parents_picture_on_disk(tmp_path: Path) -> None:
    """It is sent from where it lies."""
    rows = [
        Row(request=TextToPng(prompt="large"), id="a"),
        Row(request=RemoveBackground(image=RowOutput("a")), id="b"),
    ]
    async with Bench().client() as client:
        results = await results_of(client.batch(rows, out=_SpoolingSink(tmp_path)))
    assert [results[place].error for place in range(2)] == [None, None]


async def test_rows_that_are_read_where_they_are() -> None:
    """A row that looks into no file is read without a thread."""
    row = UnreadRow(fingerprint=bytes(16), read=lambda: Row(request=fox(0)), raw=b'{"prompt": "fox"}')
    async with Bench().client() as client:
        assert (await results_of(client.batch([row], journal=False)))[0].is_done


async def test_a_call_without_a_price(tmp_path: Path) -> None:
    """Nobody knows what it cost, and the row does not say."""
    async with Bench().client(prices=None, unpriced="allow") as client:
        result = (await results_of(client.batch([TextToPng(prompt="fox")], out=tmp_path)))[0]
    assert (result.is_done, result.record.tokens) == (True, None)


async def test_the_order_of_rows_that_stay_pending(tmp_path: Path) -> None:
    """Rows that a fatal error kept from being done are in nobody's way."""
    places = []
    async with Bench().client() as client:
        with pytest.raises(BudgetExceededError):
            async for result in client.batch(foxes(9), out=tmp_path, order="input", budget=4, concurrency=3):
                places.append(result.position)
    assert places == sorted(places)
    assert len(places) == 4


async def test_many_rows_of_a_journal(tmp_path: Path) -> None:
    """They are read in pieces; a step takes as many as there are, and one that is broken off is known as sent."""
    journal = SqliteJournal(tmp_path / "batch.sqlite")
    await journal.open()
    claims = [claim_for(position, journal.owner.name) for position in range(1005)]
    async with anyio.create_task_group() as group:
        for claim in claims:
            group.start_soon(journal.mark_sent, claim)
    last = claim_for(2000, journal.owner.name)
    async with anyio.create_task_group() as group:
        group.start_soon(journal.mark_sent, last)
        with patience():
            while journal._steps._next is None:
                await anyio.sleep(0)
            while journal._steps._next is not None:
                await anyio.sleep(0)
        group.cancel_scope.cancel()
    await journal.flush()
    assert await journal.count_states() == {RowState.SENT: 1006}
    await journal.aclose()
    assert [record.position for record in records_of(tmp_path)] == [*range(1005), 2000]


async def test_no_journal_is_mistaken_for_one(tmp_path: Path) -> None:
    """A database of another kind, and no database, are told of."""
    connection = sqlite3.connect(tmp_path / "batch.sqlite")
    connection.execute("CREATE TABLE rows (position)")
    connection.close()
    with pytest.raises(StoreError, match="this is not the journal of a batch"):
        records_of(tmp_path)
    with pytest.raises(StoreError, match="there is no journal"):
        records_of(tmp_path / "none")
    (tmp_path / "batch.sqlite").write_text("nothing of the kind" * 99)
    with pytest.raises(StoreError, match="batch.sqlite"):
        records_of(tmp_path)


async def test_rows_leave_nothing_to_the_collector() -> None:
    """What the collector finds after a batch does not grow with its rows: none of them left a circle of references."""

    async def found_after(rows: int) -> int:
        gc.collect()
        gc.disable()
        try:
            await client.batch(foxes(rows), concurrency=4).run()
            return gc.collect()
        finally:
            gc.enable()

    async with Bench().client() as client:
        await found_after(5)
        few, many = await found_after(10), await found_after(210)
    assert many - few < 200 * 4
