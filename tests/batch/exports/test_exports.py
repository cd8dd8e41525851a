"""What is known of rows, as CSV, JSON lines and Parquet."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from imagine_async.batch.exports import (
    COLUMNS,
    as_values,
    from_cell,
    write_csv,
    write_jsonl,
    write_parquet,
)
from imagine_async.batch.exports.columns import utf8_text
from imagine_async.batch.records import RowRecord, RowState
from imagine_async.errors import MissingExtraError

FOX = RowRecord(
    position=6,
    key="ab" * 16,
    state=RowState.DONE,
    id="fox",
    line=7,
    tags=("autumn", "a, b"),
    request={"endpoint": "text_to_image", "prompt": "a fox", "style": "anime", "aspect_ratio": "16:9", "seed": 3},
    file="anime/fox.jpg",
    size=1234,
    digest="cd" * 32,
    width=1344,
    height=768,
    seed=3,
    tokens=5.0,
    elapsed=1.25,
    attempts=2,
    job="job-1",
    owner="worker",
    changed_at=1_700_000_000.5,
)
LOST = RowRecord(position=-1, key="00" * 16, state=RowState.FAILED, error="RowError: line 9: no\nprompt")

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n", " =1", "'=1", "'", "''", "＝1"]
texts = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(
    [*FORMULAS, 'a"b', "a\r\nb", "\x00", "\ud800"]
)
records = st.builds(
    RowRecord,
    position=st.integers(-(2**40), 2**40),
    key=st.just("0" * 32),
    state=st.sampled_from(RowState),
    id=st.none() | texts,
    line=st.none() | st.integers(1, 2**40),
    tags=st.lists(texts, max_size=3).map(tuple),
    request=st.none() | st.dictionaries(texts, st.none() | texts | st.lists(texts, max_size=2), max_size=3),
    file=st.none() | texts,
    seed=st.none() | st.integers(0, 2**53),
    tokens=st.none() | st.floats(0, 1e9),
    error=st.none() | texts,
    job=st.none() | texts,
    changed_at=st.floats(-1e15, 1e15),
)


def as_csv(*rows: RowRecord) -> list[dict[str, str]]:
    """Write rows into a file's bytes, and read them as other programs do."""
    file = io.BytesIO()
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as stream:
        assert write_csv(rows, stream) == len(rows)
        stream.flush()
        content = file.getvalue()
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_columns() -> None:
    """Every row has all columns, in one order, with plain values."""
    assert as_values(FOX) == {
        "position": 6,
        "line": 7,
        "id": "fox",
        "state": "done",
        "file": "anime/fox.jpg",
        "size": 1234,
        "sha256": "cd" * 32,
        "width": 1344,
        "height": 768,
        "endpoint": "text_to_image",
        "prompt": "a fox",
        "style": "anime",
        "aspect_ratio": "16:9",
        "seed": 3,
        "tokens": 5.0,
        "elapsed_seconds": 1.25,
        "attempts": 2,
        "error": None,
        "tags": ["autumn", "a, b"],
        "job": "job-1",
        "changed_at": "2023-11-14T22:13:20.500+00:00",
        "request": FOX.request,
    }
    assert list(as_values(LOST)) == list(COLUMNS)
    assert as_values(LOST)["changed_at"] is None


def test_csv() -> None:
    """CSV begins with the names of the columns; nothing is an empty cell, and tags and request are JSON."""
    fox, lost = as_csv(FOX, LOST)
    assert list(fox) == list(COLUMNS)
    assert (fox["tags"], fox["tokens"], fox["seed"]) == ('["autumn", "a, b"]', "5.0", "3")
    assert json.loads(fox["request"]) == FOX.request
    assert (lost["position"], lost["error"], lost["seed"]) == ("-1", "RowError: line 9: no\nprompt", "")


@given(st.lists(records, max_size=4))
def test_csv_is_exact(rows: list[RowRecord]) -> None:
    """Whatever stands in a text, a CSV reader gets it back, but for the single quote that `from_cell` takes away."""
    read = as_csv(*rows)
    assert len(read) == len(rows)
    for cells, row in zip(read, rows, strict=True):
        for name, value in as_values(row).items():
            cell = from_cell(cells[name]) if COLUMNS[name] is str else cells[name]
            if name in ("tags", "request"):
                assert cell == "" if value is None else json.loads(cell) == value
            else:
                assert cell == ("" if value is None else utf8_text(value) if isinstance(value, str) else str(value))


@given(texts)
def test_csv_is_harmless(text: str) -> None:
    """No text begins as a spreadsheet's formula does, even if blanks at the beginning are dropped."""
    (cells,) = as_csv(RowRecord(position=0, key="", state=RowState.FAILED, error=text))
    assert not cells["error"].lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not cells["error"].startswith(("\t", "\r", "\n"))


@given(st.lists(records, max_size=4))
def test_json_lines(rows: list[RowRecord]) -> None:
    """Each line is JSON in UTF-8, and holds the very values."""
    stream = io.StringIO()
    assert write_jsonl(rows, stream) == len(rows)
    lines = stream.getvalue().encode().decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == [as_values(row) for row in rows]


def test_parquet(tmp_path: Path) -> None:
    """Parquet has the same columns, with types; tags are a list, and the request is JSON."""
    path = tmp_path / "rows.parquet"
    assert write_parquet([FOX, LOST], path) == 2
    table = parquet.read_table(path)
    fox, lost = table.to_pylist()
    assert table.column_names == list(COLUMNS)
    assert table.schema.field("seed").type == pyarrow.int64()
    assert json.loads(fox.pop("request")) == FOX.request
    assert fox == {name: value for name, value in as_values(FOX).items() if name != "request"}
    assert lost == as_values(LOST)
    assert list(tmp_path.iterdir()) == [path]


@given(st.lists(records, max_size=3))
def test_parquet_is_exact(tmp_path_factory: pytest.TempPathFactory, rows: list[RowRecord]) -> None:
    """Whatever stands in a text, Parquet holds it, but for halves of surrogate pairs."""
    path = tmp_path_factory.getbasetemp() / "wild.parquet"
    write_parquet(rows, path)
    read = parquet.read_table(path).to_pylist()
    assert [each["error"] for each in read] == [row.error and utf8_text(row.error) for row in rows]
    assert [each["tags"] for each in read] == [[utf8_text(tag) for tag in row.tags] for row in rows]
    requests = [None if each["request"] is None else json.loads(each["request"]) for each in read]
    assert requests == [row.request for row in rows]


def test_parquet_streams(tmp_path: Path) -> None:
    """Rows go into row groups of 10,000 as they come; a file that was there is whole until all are written."""
    path = tmp_path / "rows.parquet"
    write_parquet([FOX], path)

    def rows() -> Iterator[RowRecord]:
        yield from (RowRecord(position=n, key="", state=RowState.PENDING) for n in range(25_000))
        assert parquet.read_table(path).num_rows == 1

    assert write_parquet(rows(), path) == 25_000
    metadata = parquet.read_metadata(path)
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [10_000, 10_000, 5_000]


def test_parquet_fails_whole(tmp_path: Path) -> None:
    """A batch that cannot be read to its end leaves the file that was there."""
    path = tmp_path / "rows.parquet"
    write_parquet([FOX], path)

    def rows() -> Iterator[RowRecord]:
        yield LOST
        raise OSError("the journal is gone")

    with pytest.raises(OSError, match="the journal is gone"):
        write_parquet(rows(), path)
    assert parquet.read_table(path).num_rows == 1
    assert list(tmp_path.iterdir()) == [path]


def test_parquet_without_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow, the error names the extra, and no file is begun."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"imagine-async\[parquet\]"):
        write_parquet([FOX], tmp_path / "rows.parquet")
    assert list(tmp_path.iterdir()) == []
