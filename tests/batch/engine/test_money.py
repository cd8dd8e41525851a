"""Attempts, tokens, figures, pace: what a batch tells is what the books of client and server say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import (
    NO_RETRY,
    Cache,
    Call,
    DisconnectedError,
    Event,
    Handler,
    Middleware,
    Outcome,
    RateLimitedError,
    Result,
    RetryPolicy,
    Row,
    RowState,
    SingleFlight,
    TextToImage,
)
from imagine_async.batch.engine.counting import Counts
from imagine_async.call import EventKind
from tests.batch.engine.bench import Bench, Gate, fox, foxes, patience, records_of, results_of, states_of
from tests.clocks import HurriedClock
from tests.virtual_time import VirtualClock

pytestmark = pytest.mark.anyio


class _Looks(Middleware):
    """Looks into the journal while an attempt is under way, from without and from within."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.before: list[RowState] = []
        self.after: list[RowState] = []

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        try:
            return await next(call)
        finally:
            await anyio.sleep(0.05)
            self.after.extend(states_of(self._folder))


async def test_an_attempt_that_is_turned_away(tmp_path: Path) -> None:
    """The row goes back to `leased`, and is sent again; the attempts are counted, and nothing is charged for them."""
    bench, looks = Bench(faults=["storm", "storm"], clock=HurriedClock()), _Looks(tmp_path)
    async with bench.client(looks) as client:
        batch = client.batch(foxes(1), out=tmp_path)
        result = (await results_of(batch))[0]
    assert result.is_done
    assert looks.after[:2] == [RowState.LEASED, RowState.LEASED]
    assert looks.after[2] is RowState.SENT
    assert records_of(tmp_path)[0].attempts == result.record.attempts == 3
    assert (batch.progress.tokens, batch.progress.tokens_held, bench.charged) == (1, 0, 1)


@pytest.mark.parametrize(
    ("fault", "settled", "held", "charged"),
    [
        ("drop:before_headers", 0, 1, 0),
        ("drop:after_upload", 0, 1, 1),
        ("html:502", 0, 1, 0),
        ("drop:in_body", 1, 0, 1),
        ("truncate:0.5", 1, 0, 1),
    ],
)
async def test_an_outcome_that_is_not_known(
    fault: str, settled: float, held: float, charged: float, tmp_path: Path
) -> None:
    """What may have been charged, and is not there, is unknown; its tokens are held, or spent where that is known."""
    bench = Bench(faults=["ok", fault])
    async with bench.client() as client:
        batch = client.batch(foxes(3), out=tmp_path, concurrency=1)
        results = await results_of(batch)
        books = await client.usage()
        assert results[1].state is RowState.UNKNOWN
        assert isinstance(results[1].error, Exception)
        assert getattr(results[1].error, "outcome", None) in (Outcome.UNKNOWN, Outcome.COMPLETED)
        assert (batch.progress.tokens, batch.progress.tokens_held) == (2 + settled, held)
        assert (books.tokens, books.held) == (2 + settled, held)
    assert bench.charged == 2 + charged
    record = records_of(tmp_path)[1]
    assert (record.state, record.tokens, record.attempts) == (RowState.UNKNOWN, 1, 1)
    assert record.call_id == getattr(results[1].error, "call_id", None)


async def test_unknown_attempts_that_are_sent_again(tmp_path: Path) -> None:
    """Where the client's policy sends them again, the row counts what all of them cost."""
    bench = Bench(faults=["drop:after_upload", "html:502"], clock=HurriedClock())
    async with bench.client(retry=RetryPolicy(resend_unknown=True)) as client:
        batch = client.batch(foxes(1), out=tmp_path)
        result = (await results_of(batch))[0]
        books = await client.usage()
    assert result.is_done
    assert (result.record.attempts, result.record.tokens) == (3, 3)
    assert (batch.progress.tokens, batch.progress.tokens_held) == (books.tokens, books.held) == (1, 2)


async def test_figures_are_the_clients_books(tmp_path: Path) -> None:
    """Tokens settled and held are the client's, whatever goes wrong on the way."""
    faults = ["ok", "storm", "html:503", "ok", "drop:after_upload", "drop:in_body", "malformed_json", "html:504", "ok"]
    bench = Bench(faults=faults, clock=HurriedClock())
    async with bench.client() as client:
        batch = client.batch(foxes(15), out=tmp_path, concurrency=3)
        await results_of(batch)
        books = await client.usage()
    progress, records = batch.progress, records_of(tmp_path)
    assert (progress.tokens, progress.tokens_held) == (books.tokens, books.held)
    assert sum(record.tokens or 0 for record in records) == progress.tokens + progress.tokens_held
    assert progress.bytes == sum(record.size or 0 for record in records)
    assert (progress.done, progress.unknown, progress.failed) == (
        states_of(tmp_path).count(RowState.DONE),
        states_of(tmp_path).count(RowState.UNKNOWN),
        0,
    )
    assert progress.ended == 15
    assert progress.total == 15
    assert progress.running == progress.waiting == 0


async def test_a_failure_without_charge(tmp_path: Path) -> None:
    """What was turned away for good has failed, and costs nothing."""
    bench = Bench(faults=["storm"])
    async with bench.client(retry=NO_RETRY) as client:
        batch = client.batch(foxes(1), out=tmp_path)
        result = (await results_of(batch))[0]
    assert isinstance(result.error, RateLimitedError)
    assert (result.state, result.record.tokens, result.record.attempts) == (RowState.FAILED, None, 1)
    assert batch.progress.tokens == 0


async def test_a_picture_out_of_the_cache(tmp_path: Path) -> None:
    """It is stored and noted as done, for nothing and without an attempt."""
    bench = Bench()
    rows = [TextToImage(prompt="a fox", seed=7)]
    async with bench.client(Cache(tmp_path / "cache")) as client:
        await results_of(client.batch(rows, out=tmp_path / "one"))
        batch = client.batch(rows, out=tmp_path / "other")
        result = (await results_of(batch))[0]
    assert result.image is not None
    assert result.image.cached
    assert result.is_done
    (record,) = records_of(tmp_path / "other")
    assert (record.state, record.attempts, record.tokens) == (RowState.DONE, 0, None)
    assert (tmp_path / "other" / (record.file or "")).is_file()
    assert batch.progress.tokens == 0
    assert bench.charged == 1


async def test_rows_that_share_one_call(tmp_path: Path) -> None:
    """Equal rows that run at the same time share one call; each has its own file."""
    bench, gate = Bench(), Gate()
    rows = [TextToImage(prompt="a fox", seed=7)] * 4
    async with bench.client(SingleFlight(), gate) as client:
        batch = client.batch(rows, out=tmp_path)
        async with anyio.create_task_group() as group:
            group.start_soon(batch.run)
            await gate.wait_for(1)
            await anyio.sleep(0.05)
            gate.open()
    records = records_of(tmp_path)
    assert [record.state for record in records] == [RowState.DONE] * 4
    assert len({record.file for record in records}) == 4
    assert sorted(record.attempts for record in records) == [0, 0, 0, 1]
    assert bench.charged == batch.progress.tokens == 1


async def test_a_cached_row_of_another_worker(tmp_path: Path) -> None:
    """A picture out of the cache is of no use for a row that another worker has."""
    bench, gate = Bench(), Gate()
    rows = [TextToImage(prompt="a fox", seed=7)]
    async with bench.client(gate) as slow, bench.client(Cache(tmp_path / "cache")) as cached:
        await results_of(cached.batch(rows, out=tmp_path / "other"))
        first, late = slow.batch(rows, out=tmp_path / "out"), cached.batch(rows, out=tmp_path / "out")
        late.pause()
        async with anyio.create_task_group() as group:
            group.start_soon(first.run)
            await gate.wait_for(1)
            late.resume()
            assert await results_of(late) == {}
            gate.open()
    assert states_of(tmp_path / "out") == [RowState.DONE]


@pytest.mark.parametrize("order", ["finished", "input"])
async def test_the_pace_of_a_batch(order: Any, tmp_path: Path) -> None:
    """`rate=` holds for this batch alone, in any window of time."""
    clock = VirtualClock()
    bench, times = Bench(clock=clock), list[float]()

    class Times(Middleware):
        async def around_attempt(self, call: Call, next: Handler) -> Result:
            times.append(clock.time)
            return await next(call)

    async with bench.client(Times()) as client:
        batch = client.batch(foxes(20), out=tmp_path, rate="5/s", order=order)
        async with anyio.create_task_group() as group:
            group.start_soon(batch.run)
            waited = 0
            with patience():
                while batch.progress.done < 20:
                    waited = max(waited, batch.progress.waiting)
                    await anyio.sleep(0.005)
                    await clock.run(clock.time + 0.1)
    assert waited > 0
    assert batch.progress.waiting == 0
    assert batch.progress.limiter_wait > 0
    assert times[-1] - times[0] >= 3 - 0.2
    for first, later in zip(times, times[6:], strict=False):
        assert later - first >= 1 - 0.2


async def test_tags_and_names(tmp_path: Path) -> None:
    """Labels of the batch stand before those of the row, once; files are named by the template."""
    rows: Sequence[Any] = [
        Row(request=fox(0), tags=["own", "all"], id="first"),
        {"prompt": "fox 1", "tags": ["own"]},
        fox(2),
    ]
    async with Bench().client() as client:
        batch = client.batch(rows, out=tmp_path, tags=["all"], name="{endpoint}/{id}-{tag}")
        results = await results_of(batch)
    assert [record.tags for record in records_of(tmp_path)] == [("all", "own"), ("all", "own"), ("all",)]
    assert results[0].record.tags == ("all", "own")
    assert results[0].record.id == "first"
    assert (tmp_path / "text_to_image" / f"first-{'own'}.jpg").is_file()


async def test_the_batch_in_the_books(tmp_path: Path) -> None:
    """Calls are booked under the batch, by its journal's identity, or under the client's own name for it."""
    bench = Bench()
    async with bench.client() as client:
        await client.batch(foxes(2), out=tmp_path / "one").run()
        await client.with_options(batch="spring").batch(foxes(3), out=tmp_path / "other").run()
        by_batch = {row.batch: row.tokens for row in (await client.usage(by="batch")).rows}
    assert by_batch.pop("spring") == 3
    ((name, tokens),) = by_batch.items()
    assert name is not None
    assert name.startswith("batch-")
    assert tokens == 2


async def test_rate_and_time_to_finish() -> None:
    """The pace is that of the last minute, and foretells the end."""
    clock = VirtualClock()
    counts = Counts(clock, total=100)
    assert (counts.progress().rate, counts.progress().seconds_left) == (0, None)
    for _ in range(10):
        clock.time += 1
        counts.note_end(RowState.DONE, size=5)
        counts.note_end(RowState.PENDING)
    assert counts.progress().rate == pytest.approx(1)
    assert counts.progress().seconds_left == pytest.approx(90)
    clock.time += 30
    counts.note_end(RowState.FAILED)
    counts.note_end(RowState.UNKNOWN)
    assert counts.progress().rate == pytest.approx(12 / 40)
    clock.time += 55
    counts.note_end(RowState.DONE)
    assert counts.progress().rate == pytest.approx(3 / 60)
    assert counts.progress().ended == 13
    counts.end()
    clock.time += 1000
    assert counts.progress().elapsed == pytest.approx(95)
    assert counts.progress().bytes == 50


def _event(kind: EventKind, call_id: str, seconds: float | None = None) -> Event:
    return Event(kind=kind, call_id=call_id, endpoint="text_to_image", attempt=1, at=0.0, seconds=seconds)


async def test_waits_are_counted() -> None:
    """A call that waits for the limiter is counted until it leaves, or fails."""
    counts = Counts(VirtualClock(), total=None)
    for call_id in ("a", "b"):
        counts(_event("waiting", call_id, 2.0))
    assert (counts.progress().waiting, counts.progress().limiter_wait) == (2, 4)
    counts.note_leaving("a")
    counts(_event("failed", "b"))
    assert counts.progress().waiting == 0
    assert counts.progress().seconds_left is None


def test_an_error_of_a_connection_is_known() -> None:
    """What the tests above call unknown are errors of the SDK."""
    assert issubclass(DisconnectedError, Exception)
