"""Going on where an earlier run ended: what is done is passed over, and only what is new is sent."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imagine_async import NO_RETRY, RemoveBackground, Row, RowOutput, RowState, TextToImage, Upscale, open_sink
from imagine_async.batch.rows import UnreadRow
from imagine_async.batch.sinks.metadata import facts_in
from tests.batch.engine.bench import Bench, fox, foxes, records_of, results_of, states_of
from tests.samples import png_bytes

pytestmark = pytest.mark.anyio


def _made(number: int) -> Row:
    return Row(request=fox(number))


def _never() -> Row:
    raise AssertionError("a row that is done was read")


async def test_rows_that_are_done_are_not_read(tmp_path: Path) -> None:
    """Those of a manifest are known by their fingerprints alone."""
    bench = Bench()

    def rows(*, is_new: bool) -> list[UnreadRow]:
        return [
            UnreadRow(fingerprint=bytes([number] * 16), read=partial(_made, number) if is_new else _never)
            for number in range(7)
        ]

    async with bench.client() as client:
        await client.batch(rows(is_new=True), out=tmp_path).run()
        batch = client.batch(rows(is_new=False), out=tmp_path)
        assert await results_of(batch) == {}
    assert (batch.progress.done, batch.progress.skipped, batch.progress.tokens) == (7, 7, 0)
    assert batch.summary.is_complete
    assert batch.summary.by_state == {RowState.DONE: 7}


async def test_more_rows_than_are_looked_at_at_once(tmp_path: Path) -> None:
    """Many rows are passed over in pieces, and those whose files are gone are found in each."""
    bench, count = Bench(), 1003
    async with bench.client() as client:
        await client.batch(foxes(count), out=tmp_path, concurrency=100).run()
        bench.painter.calls.clear()
        gone = [0, 499, 500, 999, 1002]
        for number in gone:
            (tmp_path / f"{number:07d}.jpg").unlink()
        results = await results_of(client.batch(foxes(count), out=tmp_path))
        assert sorted(results) == gone
        assert sorted(bench.prompts) == sorted(f"fox {number}" for number in gone)
        more = client.batch(iter(foxes(count + 3)), out=tmp_path)
        assert sorted(await results_of(more)) == [count, count + 1, count + 2]
    assert more.progress.skipped == count


@pytest.mark.parametrize("is_async", [False, True])
async def test_rows_that_are_done_are_counted_while_others_are_made(is_async: bool, tmp_path: Path) -> None:
    """What was done before is told of with the first result, not only at the end of the input."""

    async def awaited() -> Any:
        for request in foxes(9):
            yield request

    async with Bench().client() as client:
        await client.batch(foxes(5), out=tmp_path).run()
        async with client.batch(awaited() if is_async else foxes(9), out=tmp_path, concurrency=1) as batch:
            async for _ in batch:
                assert batch.progress.skipped == 5
                assert batch.progress.done > 5
                break


async def test_rows_of_an_async_generator_are_passed_over(tmp_path: Path) -> None:
    """It is the same for rows that are waited for."""

    async def rows() -> Any:
        for request in foxes(520):
            yield request

    bench = Bench()
    async with bench.client() as client:
        await client.batch(rows(), out=tmp_path, concurrency=100).run()
        (tmp_path / "0000003.jpg").unlink()
        bench.painter.calls.clear()
        assert sorted(await results_of(client.batch(rows(), out=tmp_path))) == [3]
    assert bench.prompts == ["fox 3"]


@pytest.mark.parametrize("harm", ["gone", "cut", "grown"])
async def test_a_file_that_is_not_whole(harm: str, tmp_path: Path) -> None:
    """It is made again, with the same seed."""
    bench = Bench()
    async with bench.client() as client:
        await client.batch(foxes(3), out=tmp_path).run()
        path = tmp_path / "0000001.jpg"
        if harm == "gone":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-7] if harm == "cut" else path.read_bytes() + b"more")
        batch = client.batch(foxes(3), out=tmp_path)
        assert list(await results_of(batch)) == [1]
    assert (batch.progress.done, batch.progress.skipped) == (3, 2)
    assert len(set(bench.seeds["fox 1"])) == 1
    assert len(bench.seeds["fox 1"]) == 2
    assert states_of(tmp_path) == [RowState.DONE] * 3
    assert (await _files_are_whole(tmp_path)) == 3


async def _files_are_whole(folder: Path) -> int:
    records = records_of(folder)
    assert all((folder / (record.file or "")).stat().st_size == record.size for record in records)
    return len(records)


async def test_a_picture_that_is_sent(tmp_path: Path) -> None:
    """If it has changed, the row is made again; not if it was only touched, or written anew."""
    bench, path = Bench(), tmp_path / "given.png"
    path.write_bytes(png_bytes(width=8))
    async with bench.client() as client:

        async def made(rows: Sequence[Any]) -> int:
            before = len(bench.painter.calls)
            await client.batch(rows, out=tmp_path / "out").run()
            return len(bench.painter.calls) - before

        assert await made([Upscale(image=path), fox(1)]) == 2
        assert await made([Upscale(image=path), fox(1)]) == 0
        os.utime(path, (1, 1))
        assert await made([Upscale(image=path), fox(1)]) == 0
        assert await made([{"endpoint": "upscale", "image": str(path)}, fox(1)]) <= 1
        path.write_bytes(png_bytes(width=9))
        assert await made([Upscale(image=path), fox(1)]) == 1
        assert await made([{"endpoint": "upscale", "image": str(path)}, fox(1)]) == 0
        path.unlink()
        assert await made([{"endpoint": "upscale", "image": str(path)}, fox(1)]) == 0
        (tmp_path / "out" / str(records_of(tmp_path / "out")[0].file)).unlink()
        batch = client.batch([{"endpoint": "upscale", "image": str(path)}, fox(1)], out=tmp_path / "out")
        assert (await results_of(batch))[0].state is RowState.FAILED


async def test_the_same_picture_elsewhere(tmp_path: Path) -> None:
    """A row is known by the bytes that it sends, not by where they lie."""
    bench = Bench()
    first, other = tmp_path / "first.png", tmp_path / "other.png"
    first.write_bytes(png_bytes())
    other.write_bytes(png_bytes())
    async with bench.client() as client:
        for source in (first, other, png_bytes()):
            summary = await client.batch([fox(0), Upscale(image=source), fox(2)], out=tmp_path / "out").run()
            assert summary.by_state == {RowState.DONE: 3}
    assert len(bench.painter.calls) == 3


async def test_failed_rows_are_tried_again(tmp_path: Path) -> None:
    """With the same seed, and the attempts are summed up."""
    bench = Bench(faults=["ok", "storm", "storm", "ok"])
    async with bench.client(retry=NO_RETRY) as client:
        failed = (await results_of(client.batch(foxes(3), out=tmp_path, concurrency=1)))[1]
        assert failed.state is RowState.FAILED
        assert records_of(tmp_path)[1].error == f"{type(failed.error).__name__}: {failed.error}"
        batch = client.batch(foxes(3), out=tmp_path, concurrency=1)
        results = await results_of(batch)
    assert results[2].is_done
    assert results[1].is_done
    assert results[1].record.seed == failed.record.seed == bench.seeds["fox 1"][0]
    assert results[1].record.attempts == failed.record.attempts + 1 == 2
    assert [record.error for record in records_of(tmp_path)] == [None] * 3


async def test_unknown_rows_are_left_alone(tmp_path: Path) -> None:
    """They are counted, and sent again only if that is wanted."""
    bench = Bench(faults=["ok", "drop:after_upload", "drop:in_body"])
    async with bench.client() as client:
        results = await results_of(client.batch(foxes(4), out=tmp_path, concurrency=1))
        assert [results[place].state for place in range(4)] == [
            RowState.DONE,
            RowState.UNKNOWN,
            RowState.UNKNOWN,
            RowState.DONE,
        ]
        again = client.batch(foxes(4), out=tmp_path)
        assert await results_of(again) == {}
        assert (again.progress.unknown, again.progress.done, again.summary.is_complete) == (2, 2, False)
        resent = client.batch(foxes(4), out=tmp_path, resend_unknown=True)
        assert sorted(await results_of(resent)) == [1, 2]
        assert resent.summary.is_complete
    assert len(set(bench.seeds["fox 2"])) == 1
    assert records_of(tmp_path)[2].tokens == 2
    assert bench.charged == 6


async def test_other_settings_of_the_same_rows(tmp_path: Path) -> None:
    """Names, tags and order change nothing about what is done."""
    bench = Bench()
    async with bench.client() as client:
        await client.batch(foxes(5), out=tmp_path, tags=["one"]).run()
        batch = client.batch(foxes(5), out=tmp_path, tags=["two"], name="{prompt}", order="input")
        assert await results_of(batch) == {}
    assert len(bench.prompts) == 5


async def test_rows_that_are_no_longer_in_the_input(tmp_path: Path) -> None:
    """They are told of as left over, and their files stay."""
    async with Bench().client() as client:
        await client.batch(foxes(6), out=tmp_path).run()
        batch = client.batch(foxes(6)[1:4], out=tmp_path)
        await batch.run()
    assert batch.summary.by_state == {RowState.DONE: 3}
    assert batch.summary.left_over == 3
    assert len(list(tmp_path.glob("*.jpg"))) == 6


async def test_an_input_that_ends_earlier(tmp_path: Path) -> None:
    """Rows behind its end are left over as well."""
    async with Bench().client() as client:
        await client.batch(foxes(6), out=tmp_path).run()
        batch = client.batch(foxes(4), out=tmp_path)
        await batch.run()
        assert (batch.summary.by_state, batch.summary.left_over) == ({RowState.DONE: 4}, 2)
        drained = client.batch(foxes(4), out=tmp_path)
        drained.drain()
        await drained.run()
        assert (drained.summary.by_state, drained.summary.left_over) == ({RowState.DONE: 4}, 2)
        again = client.batch(foxes(6), out=tmp_path)
        assert await results_of(again) == {}
        assert (again.summary.by_state, again.summary.left_over) == ({RowState.DONE: 6}, 0)


async def test_children_of_rows_that_moved(tmp_path: Path) -> None:
    """A row and the row whose picture it takes may move together."""
    bench = Bench()
    rows: list[Any] = [
        Row(request=TextToImage(prompt="parent"), id="p"),
        Row(request=RemoveBackground(image=RowOutput("p")), id="c"),
    ]
    async with bench.client() as client:
        await client.batch(rows, out=tmp_path).run()
        batch = client.batch([*foxes(3), *rows], out=tmp_path)
        assert sorted(await results_of(batch)) == [0, 1, 2]
    assert batch.summary.by_state == {RowState.DONE: 5}
    assert len(bench.painter.calls) == 5


@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_file_whose_name_another_row_was_given(is_lost: bool, tmp_path: Path) -> None:
    """A new row in the place of one that moved may make a file of its name and size; the other one is missed."""
    async with Bench().client() as client:
        await client.batch([fox(0)], out=tmp_path).run()
        old = tmp_path / "0000000.jpg"
        content = old.read_bytes()
        if is_lost:
            old.unlink()
        batch = client.batch([fox(1), fox(0)], out=tmp_path, concurrency=1)
        assert sorted(await results_of(batch)) == ([0, 1] if is_lost else [0])
        assert batch.summary.by_state == {RowState.DONE: 2}
        assert await results_of(client.batch([fox(1), fox(0)], out=tmp_path)) == {}
    new, moved = records_of(tmp_path)
    assert new.file != moved.file
    assert (tmp_path / (moved.file or "")).read_bytes() == content
    assert sha256((tmp_path / (new.file or "")).read_bytes()).hexdigest() == new.digest


async def test_a_file_that_another_row_replaces(tmp_path: Path) -> None:
    """Where files replace each other, a row that moved is done again if its file is to be replaced."""
    bench, sink = Bench(), open_sink(tmp_path, on_collision="replace")
    async with bench.client() as client:
        await client.batch(foxes(2), out=sink).run()
        batch = client.batch([fox(7), *foxes(2)], out=sink)
        await batch.run()
        assert batch.summary.by_state == {RowState.DONE: 3}
        assert await results_of(client.batch([fox(7), *foxes(2)], out=sink)) == {}
    assert Counter(bench.prompts) == {"fox 0": 2, "fox 1": 1, "fox 7": 1}
    for record in records_of(tmp_path):
        facts = facts_in(tmp_path / (record.file or ""))
        assert facts is not None
        assert facts["request"]["prompt"] == record.prompt
    assert len({record.file for record in records_of(tmp_path)}) == 3


async def test_rows_that_come_back(tmp_path: Path) -> None:
    """A row that left the input is known again, wherever it comes back."""
    bench = Bench()
    async with bench.client() as client:
        for rows in ([0, 1], [1], [1, 2], [1, 2, 0], [0, 1, 2]):
            await client.batch([fox(number) for number in rows], out=tmp_path).run()
    assert sorted(bench.prompts) == ["fox 0", "fox 1", "fox 2"]


@given(
    before=st.lists(st.integers(0, 6), max_size=8),
    after=st.lists(st.integers(0, 9), max_size=8),
    lost=st.sets(st.integers(0, 7)),
    concurrency=st.integers(1, 4),
)
@example(before=[0], after=[1, 0], lost={0}, concurrency=1)
@settings(max_examples=60, deadline=None)
def test_any_edit_of_the_input(before: list[int], after: list[int], lost: set[int], concurrency: int) -> None:
    """Only rows that are new, or whose files are gone, are sent; each of the others keeps its file."""
    with TemporaryDirectory() as folder:
        anyio.run(_edit, Path(folder), before, after, lost, concurrency)


async def _edit(folder: Path, before: list[int], after: list[int], lost: set[int], concurrency: int) -> None:
    bench = Bench()
    async with bench.client() as client:
        await client.batch([fox(number) for number in before], out=folder).run()
        first = {record.file: _number(record) for record in records_of(folder)}
        digests = {name: (folder / (name or "")).read_bytes() for name in first}
        gone = {name for place, name in enumerate(sorted(map(str, first))) if place in lost}
        for name in gone:
            (folder / name).unlink()
        bench.painter.calls.clear()
        batch = client.batch([fox(number) for number in after], out=folder, concurrency=concurrency)
        await batch.run()
        second = records_of(folder)
        made = list(bench.prompts)
        await client.batch([fox(number) for number in before], out=folder).run()
    kept = [record for record in second if record.position >= 0]
    assert [_number(record) for record in kept] == after
    assert batch.summary.by_state == ({RowState.DONE: len(after)} if after else {})
    files = [record.file for record in kept]
    assert len(set(files)) == len(files)
    assert all((folder / (name or "")).stat().st_size == record.size for record, name in zip(kept, files, strict=True))
    # Whatever was there before and is still wanted was not made again.
    intact = Counter(number for name, number in first.items() if name not in gone)
    assert Counter(int(prompt.split()[1]) for prompt in made) <= Counter(after)
    assert 0 <= len(made) - len(after) + (intact & Counter(after)).total() <= len(gone)
    # Back again: of each kind there are as many as were ever wanted at once.
    assert len(bench.prompts) <= (Counter(before) | Counter(after)).total() - len(before) + 2 * len(gone)
    for file, content in digests.items():
        if file not in gone:
            assert (folder / (file or "")).read_bytes() == content


def _number(record: Any) -> int:
    return int(record.prompt.split()[1])
