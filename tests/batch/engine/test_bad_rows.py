"""Rows that cannot be used are told of with their place and reason, cost nothing, and stop nobody else."""

from __future__ import annotations

import io
import pickle
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from imagine_async import ImagineError, RemoveBackground, Row, RowError, RowState, TextToImage, Upscale
from imagine_async.batch.engine.storing import KeptElsewhereError
from imagine_async.batch.journal.claims import RowTakenError
from imagine_async.batch.rows import UnreadRow
from tests.batch.engine.bench import Bench, fox, foxes, records_of, results_of
from tests.samples import png_bytes

pytestmark = pytest.mark.anyio


async def _pieces() -> AsyncIterator[bytes]:
    yield png_bytes()


def _of_a_closed_file() -> Row:
    with io.BytesIO(png_bytes()) as file:
        return Row(request=Upscale(image=file), line=4)


def _unread(read: Any, number: int, line: int | None = None) -> UnreadRow:
    return UnreadRow(fingerprint=bytes([number] * 16), read=read, line=line)


def _raising(error: Exception) -> Any:
    def read() -> Row:
        raise error

    return read


def _endless() -> dict[str, Any]:
    """Make a mapping that holds itself."""
    made: dict[str, Any] = {}
    made["prompt"] = made
    return made


BAD: dict[str, tuple[Any, str, str]] = {
    "a number": (7, "row 1", "int is no row: pass a request"),
    "nothing": (None, "row 1", "NoneType is no row"),
    "a text": ("a fox", "row 1", "str is no row"),
    "a class": (TextToImage, "row 1", "is no row"),
    "a row of no request": (Row(request=cast("Any", 7)), "row 1", "a Row of int is no row"),
    "a file that was closed": (_of_a_closed_file(), "line 4", "closed"),
    "an unknown field": ({"prompt": "fox", "colour": "red"}, "row 1", "colour"),
    "an unknown endpoint": ({"endpoint": "text_to_fox", "prompt": "x"}, "row 1", "there is no endpoint"),
    "no prompt": ({"endpoint": "text_to_image"}, "row 1", "prompt"),
    "keys that are no texts": ({1: 2, "prompt": "fox"}, "row 1", ""),
    "a value that holds itself": (_endless(), "row 1", ""),
    "a missing file": ({"endpoint": "upscale", "image": "none/such.png"}, "row 1", "such.png"),
    "a name that leaves the folder": (Row(request=fox(1), name="../../fox"), "row 1", "name"),
    "an absolute name": (Row(request=fox(1), name="/etc/fox", line=9), "line 9", "name"),
    "a stream": (Row(request=Upscale(image=_pieces()), line=3), "line 3", "a stream can be read but once"),
    "an error when read": (_unread(_raising(ValueError("no comma")), 1, 12), "line 12", "ValueError: no comma"),
    "an error of the system": (_unread(_raising(OSError("no disk")), 2, 12), "line 12", "OSError: no disk"),
    "an error of a row": (_unread(_raising(RowError("no comma", line=12)), 3, 12), "line 12", "no comma"),
}


@pytest.mark.parametrize("journal", [None, False], ids=["journal", "no journal"])
@pytest.mark.parametrize("name", BAD)
async def test_a_bad_row(name: str, journal: Any, tmp_path: Path) -> None:
    """It is told of, and the rest is done; the next time it is told of again."""
    bad, place, reason = BAD[name]
    bench = Bench()
    async with bench.client() as client:
        for _ in range(2):
            batch = client.batch([fox(0), bad, fox(2)], out=tmp_path, journal=journal)
            results = await results_of(batch)
            assert results[1].state is results[1].record.state is RowState.FAILED
            assert isinstance(results[1].error, ImagineError)
            assert reason in str(results[1].error)
            assert batch.progress.failed == 1
            ((told_place, told_reason),) = batch.summary.failures
            assert told_place == place
            assert reason in told_reason
            assert batch.progress.done == 2
            if journal is None:
                (record,) = [record for record in records_of(tmp_path) if record.state is RowState.FAILED]
                assert reason in (record.error or "")
                assert record.position == 1
    assert len(bench.painter.calls) == (2 if journal is None else 4)


@pytest.mark.parametrize("is_early", [True, False])
async def test_a_file_that_goes_away(is_early: bool, tmp_path: Path) -> None:
    """A picture that is deleted before its row's turn comes, or just then, is the row's own trouble."""
    path = tmp_path / "given.png"
    path.write_bytes(png_bytes())
    request = RemoveBackground(image=path)

    def rows() -> Any:
        yield fox(0)
        path.unlink()
        yield request
        yield fox(2)

    if is_early:
        path.unlink()
        path.touch()
    async with Bench().client() as client:
        results = await results_of(client.batch(rows(), out=tmp_path / "out", concurrency=1))
    assert [results[place].state for place in range(3)] == [RowState.DONE, RowState.FAILED, RowState.DONE]
    assert "given.png" in str(results[1].error)


@pytest.mark.parametrize("journal", [None, False], ids=["journal", "no journal"])
async def test_the_same_id_twice(journal: Any, tmp_path: Path) -> None:
    """The second row is refused, with the place of the first."""
    rows = [Row(request=fox(number), id=name) for number, name in enumerate(["a", "b", "a"])]
    bench = Bench()
    async with bench.client() as client:
        for _ in range(2):
            batch = client.batch(rows, out=tmp_path, concurrency=1, journal=journal)
            results = await results_of(batch)
            assert results[2].state is RowState.FAILED
            assert str(results[2].error) == "id: 'a' is the id of row 0 already: give each row its own"
    assert "fox 2" not in bench.prompts


async def test_the_same_id_twice_under_way(tmp_path: Path) -> None:
    """Both are refused or one is: never are there two."""
    rows = [Row(request=fox(number), id="a") for number in range(5)]
    for journal in (None, False):
        async with Bench().client() as client:
            results = await results_of(client.batch(rows, out=tmp_path / str(journal), journal=journal))
        assert [result.state for result in results.values()].count(RowState.DONE) == 1


async def test_the_same_name_twice(tmp_path: Path) -> None:
    """A name that a row gives itself is its own alone; the second one is refused."""
    rows = [Row(request=fox(number), name="animals/fox", line=number + 1) for number in range(3)]
    async with Bench().client() as client:
        for _ in range(2):
            batch = client.batch(rows, out=tmp_path, concurrency=1)
            results = await results_of(batch)
            assert [results[place].state for place in (1, 2)] == [RowState.FAILED] * 2
            assert str(results[1].error) == (
                "line 2: name: 'animals/fox' is the name of line 1 already: give each row its own"
            )
            assert batch.summary.by_state == {RowState.DONE: 1, RowState.FAILED: 2}
    assert [path.name for path in (tmp_path / "animals").glob("*.jpg")] == ["fox.jpg"]


async def test_names_from_a_template_are_numbered(tmp_path: Path) -> None:
    """Names that the batch makes are told apart by a number."""
    rows = [TextToImage(prompt="the same fox", seed=number + 1) for number in range(3)]
    async with Bench().client() as client:
        await client.batch(rows, out=tmp_path, name="{prompt}").run()
    assert sorted(path.name for path in tmp_path.glob("*.jpg")) == [
        "the-same-fox-2.jpg",
        "the-same-fox-3.jpg",
        "the-same-fox.jpg",
    ]


async def test_ids_of_any_text(tmp_path: Path) -> None:
    """No text that an id may be stops a batch, nor do halves of surrogate pairs."""
    names = ["é", "\ud800", "a\x00b", "𝔘", "'; DROP TABLE rows --", "/", ".."]
    rows = [Row(request=fox(number), id=name, tags=[name]) for number, name in enumerate(names)]
    async with Bench().client() as client:
        for _ in range(2):
            batch = client.batch([*rows, fox(99)], out=tmp_path)
            await results_of(batch)
            assert batch.summary.by_state.get(RowState.DONE, 0) >= len(names)


async def test_a_bad_row_that_is_mended(tmp_path: Path) -> None:
    """Once it is right it is done, and no trace of the error is left."""
    bench = Bench()
    async with bench.client() as client:
        await results_of(client.batch([fox(0), {"prompt": "fox", "colour": 3}, fox(2)], out=tmp_path))
        batch = client.batch([fox(0), {"prompt": "fox 1"}, fox(2)], out=tmp_path)
        await results_of(batch)
    assert batch.summary.by_state == {RowState.DONE: 3}
    assert batch.summary.left_over == 0
    assert sorted(bench.prompts) == ["fox 0", "fox 1", "fox 2"]


async def test_many_failures(tmp_path: Path) -> None:
    """The summary names the first twenty."""
    async with Bench().client() as client:
        nothing: list[Any] = [None] * 30
        batch = client.batch(nothing, out=tmp_path)
        await batch.run()
    assert batch.progress.failed == 30
    assert len(batch.summary.failures) == 20


@pytest.mark.parametrize(
    "error",
    [
        RowError("no such field", line=3, field="colour"),
        RowTakenError("row 3: another worker has it"),
        KeptElsewhereError(OSError(28, "No space left on device"), Path("/tmp/kept.jpg")),
        KeptElsewhereError(OSError(28, "No space left on device"), None),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_go_between_processes(error: Exception) -> None:
    """Errors of a batch may be pickled."""
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert {name: str(value) for name, value in vars(copy).items()} == {
        name: str(value) for name, value in vars(error).items()
    }


async def test_no_key_in_what_is_told(tmp_path: Path) -> None:
    """Neither errors nor the journal nor the files hold the key."""
    bench = Bench(credits=2, faults=["ok", "html:502", "storm"])
    async with bench.client() as client:
        batch = client.batch(foxes(9), out=tmp_path, concurrency=1)
        with pytest.raises(ImagineError) as caught:
            await batch.run()
    told = f"{caught.value!r} {caught.value} {vars(caught.value)} {batch!r} {batch.summary}"
    assert bench.key not in told
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or bench.key.encode() not in path.read_bytes()


async def test_the_rows_that_are_done_meanwhile() -> None:
    """Where nothing is kept, rows are done all the same."""
    async with Bench().client() as client:
        results = await results_of(client.batch(foxes(4), journal=False))
    assert all(result.image is not None and result.record.file is None for result in results.values())
