"""Manifests in JSONL."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from imagine_async.batch.manifest import read_manifest
from imagine_async.batch.manifest.lines import LONGEST_LINE
from imagine_async.batch.rows import Row, RowError, UnreadRow
from tests.batch.manifest.places import asked, outcomes, reads, write


def fingerprints(path: Path) -> list[bytes]:
    return [unread.fingerprint for unread in read_manifest(path)]


def test_rows_and_lines(tmp_path: Path) -> None:
    """Blank lines, a byte order mark and the ends of Windows change nothing but the lines that are counted."""
    path = write(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"prompt":"a"}\r\n\r\n  \n{"prompt":"b"}\n\n{"prompt":"c"}')
    assert [(row.line, asked(row).prompt) for row in reads(path)] == [(1, "a"), (4, "b"), (6, "c")]
    assert read_manifest(path).count() == 3


def test_iterated_any_number_of_times(tmp_path: Path) -> None:
    """Each iteration begins anew, and two do not disturb each other."""
    manifest = read_manifest(write(tmp_path / "a.ndjson", '{"prompt":"a"}\n{"prompt":"b"}\n'))
    pairs = [(one.line, other.line) for one, other in zip(manifest, manifest, strict=True)]
    assert pairs == [(1, 1), (2, 2)]
    assert (manifest.format, manifest.folder) == ("jsonl", tmp_path)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"prompt":', "this is no JSON: Expecting value at column 11"),
        (b'{"prompt":"a","seed":NaN}', "this is no JSON: NaN is no number"),
        (b'{"prompt":"a","prompt":"b"}', "this is no JSON: the member prompt stands twice"),
        (b'{"prompt":"a","extra":{"b":1,"b":2}}', "the member b stands twice"),
        (b'{"prompt":"\xff"}', "byte 12 of the row, 0xff, is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"seed":' + b"1" * 10_000 + b"}", "this is no JSON: Exceeds the limit"),
        (b"[1]", "a row is an object"),
        (b"null", "a row is an object"),
        (b"{}{}", "this is no JSON: Extra data"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bad_lines(line: bytes, told: str, tmp_path: Path) -> None:
    """A bad line is an error of that row alone, raised when it is read."""
    path = write(tmp_path / "a.jsonl", b'{"prompt":"a"}\n' + line + b'\n{"prompt":"b"}\n')
    first, bad, last = outcomes(path)
    assert isinstance(first, Row)
    assert isinstance(last, Row)
    assert isinstance(bad, RowError)
    assert bad.line == 2
    assert told in bad.reason


def test_a_line_that_is_too_long(tmp_path: Path) -> None:
    """A line beyond the cap is an error of its row, is known again, and is never held whole."""
    row = b'{"prompt":"a"}\n'
    long = b"x" * (4 * LONGEST_LINE)
    path = write(tmp_path / "a.jsonl", b"\xef\xbb\xbf" + long + b"\n" + row + long[:-1] + b"y\n" + row)
    tracemalloc.start()
    first, second, third, last = outcomes(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(first, RowError)
    assert "more than 16 MB" in first.reason
    assert isinstance(third, RowError)
    assert [each.line for each in (first, second, third, last)] == [1, 2, 3, 4]
    assert peak < 2.5 * LONGEST_LINE
    assert len(set(fingerprints(path))) == 3
    assert read_manifest(path).count() == 4


def test_a_line_that_is_too_long_at_the_end(tmp_path: Path) -> None:
    """The last line, which nothing ends, may be too long as well."""
    (error,) = outcomes(write(tmp_path / "a.jsonl", b"x" * (LONGEST_LINE + 1)))
    assert isinstance(error, RowError)
    assert "more than 16 MB" in error.reason


def test_a_line_at_the_cap(tmp_path: Path) -> None:
    """The longest line that is allowed is read."""
    text = "x" * (LONGEST_LINE - len('{"prompt":""}'))
    (row,) = reads(write(tmp_path / "a.jsonl", json.dumps({"prompt": text}, separators=(",", ":"))))
    assert asked(row).prompt == text


def test_fingerprints_follow_the_text(tmp_path: Path) -> None:
    """The same row has the same one wherever it stands and however its line ends, another one has another."""
    before = fingerprints(write(tmp_path / "a.jsonl", '{"prompt":"a"}\n{"prompt":"b"}'))
    after = fingerprints(write(tmp_path / "a.jsonl", '\n{"prompt":"b"} \r\n{"prompt":"a"}\r\n{"prompt":"c"}\n'))
    assert [after[1], after[0]] == before
    assert len({*after}) == 3
    assert {len(each) for each in after} == {16}


def test_nothing_is_read_before_its_turn(tmp_path: Path) -> None:
    """Iterating parses nothing; a row is parsed when it is read."""
    rows = list(read_manifest(write(tmp_path / "a.jsonl", "nonsense\n" * 3)))
    assert all(isinstance(row, UnreadRow) for row in rows)
    with pytest.raises(RowError):
        rows[0].read()


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Going through ten times the rows takes no more memory."""
    line = json.dumps({"id": "some-row", "prompt": "a red fox in the snow", "seed": 7}) + "\n"
    peaks = []
    for rows in (5_000, 50_000):
        manifest = read_manifest(write(tmp_path / "a.jsonl", line * rows))
        tracemalloc.start()
        assert sum(1 for _ in manifest) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
