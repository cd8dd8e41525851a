"""Manifests in Parquet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from imagine_async.batch.manifest import ManifestError, read_manifest
from imagine_async.batch.rows import Row, RowError
from imagine_async.errors import MissingExtraError
from imagine_async.inputs import BytesSource, PathSource, RowOutput
from imagine_async.requests import TextToImage
from tests.batch.manifest.places import asked, outcomes, reads, write
from tests.samples import png_bytes


def written(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, **options)
    return path


def test_rows(folder: Path) -> None:
    """Columns are members, with numbers, lists and structures of their own; nulls count as left out."""
    fox = {"path": "pictures/fox.png", "row": None}
    columns = {
        "id": [1, 2, 3],
        "endpoint": [None, "upscale", "upscale"],
        "prompt": ["a fox", None, ""],
        "seed": [7.0, None, float("nan")],
        "tags": [["a", "b"], None, []],
        "image": [None, fox, {"path": None, "row": "1"}],
        "extra": [{"mode": "x"}, {"mode": None}, None],
    }
    path = written(folder / "a.parquet", columns)
    first, second, third = reads(path)
    assert first.request == TextToImage(prompt="a fox", seed=7, extra={"mode": "x"})
    assert (first.id, first.tags, first.line) == ("1", ("a", "b"), 1)
    assert isinstance(asked(second).image, PathSource)
    assert asked(second).extra == {}
    assert asked(third).image == RowOutput("1")
    manifest = read_manifest(path)
    assert (manifest.count(), manifest.__length_hint__()) == (3, 3)


def test_texts_and_bytes(folder: Path) -> None:
    """Tags may be a text as in CSV, pictures a text or the bytes themselves."""
    path = written(folder / "a.parquet", {"endpoint": ["upscale"], "image": [png_bytes()], "tags": ["a;b"]})
    (row,) = reads(path)
    assert isinstance(asked(row).image, BytesSource)
    assert row.tags == ("a", "b")
    (row,) = reads(written(folder / "a.parquet", {"endpoint": ["upscale"], "image": ["row:7"]}))
    assert asked(row).image == RowOutput("7")


def test_bad_rows(tmp_path: Path) -> None:
    """A bad row is told by its number."""
    good, bad = outcomes(written(tmp_path / "a.parquet", {"prompt": ["a", "b"], "seed": [1, 0]}))
    assert isinstance(good, Row)
    assert isinstance(bad, RowError)
    assert (bad.line, bad.field) == (2, "seed")


def test_further_form_fields(tmp_path: Path) -> None:
    """Form fields may come in a structure, in columns of their own, or both; a text is none."""
    structure = [{"a": "1", "b": 2}]
    path = written(tmp_path / "a.parquet", {"prompt": ["x"], "extra": structure, "extra.c": [3.5]})
    assert asked(reads(path)[0]).extra == {"a": "1", "b": "2", "c": "3.5"}
    (error,) = outcomes(written(tmp_path / "b.parquet", {"prompt": ["x"], "extra": ["a=1"], "extra.c": [3.5]}))
    assert isinstance(error, RowError)
    assert "extra: 'a=1': pass a mapping" in error.reason


def test_bad_files(tmp_path: Path) -> None:
    """What is no Parquet, or has a column that no row can have, is refused at once."""
    with pytest.raises(ManifestError, match="cannot be read as Parquet"):
        read_manifest(write(tmp_path / "a.parquet", "text"))
    with pytest.raises(ManifestError, match="column stile: .* did you mean style?"):
        read_manifest(written(tmp_path / "b.parquet", {"prompt": ["a"], "stile": ["b"]}))


def test_a_pipe_is_refused() -> None:
    """Parquet cannot be read from a pipe, and that is said."""
    with pytest.raises(ManifestError, match="write it to a file"):
        read_manifest("-", format="parquet")


def test_a_file_that_breaks_off(tmp_path: Path) -> None:
    """A file that is damaged behind its index ends the iteration with the same error."""
    path = written(tmp_path / "a.parquet", {"prompt": [f"{i} {'x' * 50}" for i in range(10_000)]}, compression="zstd")
    content = bytearray(path.read_bytes())
    content[100:5000] = bytes(4900)
    manifest = read_manifest(write(path, bytes(content)))
    with pytest.raises(ManifestError, match="cannot be read as Parquet"):
        list(manifest)


def test_fingerprints(tmp_path: Path) -> None:
    """The same row has the same fingerprint in whichever file and row group it stands."""
    one = written(tmp_path / "a.parquet", {"prompt": ["a", "b"], "seed": [1, 2]})
    other = written(tmp_path / "b.parquet", {"prompt": ["b", "a"], "seed": [2, 1]}, row_group_size=1)
    assert {row.fingerprint for row in read_manifest(one)} == {row.fingerprint for row in read_manifest(other)}


def test_memory_is_that_of_a_row_group(tmp_path: Path) -> None:
    """Of a file of large pictures no more than a row group is in memory at a time."""
    columns = {"endpoint": ["upscale"] * 400, "image": [bytes(200 * 2**10)] * 400}
    path = written(tmp_path / "a.parquet", columns, use_dictionary=False, compression="none", row_group_size=20)
    del columns
    before, most = pa.total_allocated_bytes(), 0
    for _ in read_manifest(path):
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < 2 * 20 * 200 * 2**10 + 4 * 2**20


def test_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow, the error names the extra."""
    path = written(tmp_path / "a.parquet", {"prompt": ["a"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"imagine-async\[parquet\]"):
        read_manifest(path)
