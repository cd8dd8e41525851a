"""Full disks: of the pictures, of the journal, of the temporary files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from imagine_async.batch.journal import count_states, read_records
from imagine_async.batch.records import RowState
from tests.batch.kill.books import Bench, be_impatient, bench
from tests.batch.kill.worker import run

_ROWS = 60
_CONCURRENCY = 4


@contextlib.contextmanager
def _small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Put a file system of so many bytes at a folder; CI has to be allowed to, a newcomer need not."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        missing = f"small disks cannot be mounted here: {mounted.stderr.decode()}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _make_room(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=1g", folder], check=True)


def _run(b: Bench, **changes: Any) -> dict[str, Any]:
    return anyio.run(run, attrs.evolve(b.job, **changes))


def _check_the_end(b: Bench, unknown: int) -> None:
    b.check_rows()
    assert _ROWS <= b.charged <= _ROWS + unknown
    b.check_ledger()


def _unknown(b: Bench) -> int:
    return count_states(b.journal).get(RowState.UNKNOWN, 0)


@pytest.mark.parametrize("size", [200_000, 400_000])
def test_no_room_for_pictures(tmp_path: Path, size: int) -> None:
    """What is paid for is kept beside the journal, and stored when there is room: each row is paid for once."""
    with (
        _small_disk(tmp_path / "small", size) as small,
        bench(tmp_path, rows=_ROWS, concurrency=_CONCURRENCY, out=str(small), journal=str(tmp_path / "j")) as b,
    ):
        told = _run(b)
        assert told["stopped_by"].startswith("KeptElsewhereError: [Errno 28] a finished picture could not be stored")
        assert f"it is kept as {tmp_path / 'j.kept'}" in told["stopped_by"]
        kept = sorted((tmp_path / "j.kept").glob("*.jpg"))
        assert 1 <= len(kept) <= _CONCURRENCY
        assert b.charged == told["done"] + len(kept) < _ROWS
        # As long as there is no room, nothing more is paid for.
        charged = b.charged
        assert "KeptElsewhereError" in _run(b)["stopped_by"]
        assert b.charged <= charged + _CONCURRENCY

        _make_room(small)
        assert _run(b)["complete"]
        assert list((tmp_path / "j.kept").iterdir()) == []
        _check_the_end(b, 0)


def test_what_was_kept_is_gone(tmp_path: Path) -> None:
    """A picture that was kept elsewhere and is not there any more is not paid for again without a word."""
    with (
        _small_disk(tmp_path / "small", 200_000) as small,
        bench(tmp_path, rows=_ROWS, concurrency=_CONCURRENCY, out=str(small), journal=str(tmp_path / "j")) as b,
    ):
        _run(b)
        kept = list((tmp_path / "j.kept").glob("*.jpg"))
        shutil.rmtree(tmp_path / "j.kept")
        _make_room(small)
        told = _run(b)
        assert (told["stopped_by"], told["unknown"]) == (None, len(kept))
        assert b.charged == _ROWS
        assert _run(b, resend_unknown=True)["complete"]
        _check_the_end(b, len(kept))


def test_no_room_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for temporary files either, what is lost is told of as unknown."""
    with (
        _small_disk(tmp_path / "small", 200_000) as small,
        bench(tmp_path, rows=_ROWS, concurrency=_CONCURRENCY, out=str(small), journal=str(tmp_path / "j")) as b,
    ):
        monkeypatch.setattr(tempfile, "tempdir", str(small))
        told = _run(b)
        assert told["stopped_by"].startswith("ResultStorageError: the result cannot be kept on disk: No space left on")
        errors = [record.error or "" for record in read_records(b.journal, {RowState.UNKNOWN})]
        assert sum("make room" in error for error in errors) == 1
        assert b.charged == told["done"] + len(list((tmp_path / "j.kept").glob("*.jpg"))) + 1

        _make_room(small)
        told = _run(b)
        assert (told["stopped_by"], told["complete"], told["unknown"]) == (None, False, 1)
        assert _run(b, resend_unknown=True)["complete"]
        _check_the_end(b, 1)


def test_no_room_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that goes to a folder needs no temporary files elsewhere."""
    with (
        _small_disk(tmp_path / "small", 4096) as small,
        bench(tmp_path, rows=_ROWS, concurrency=_CONCURRENCY) as b,
    ):
        (small / "full").write_bytes(bytes(4096))
        monkeypatch.setattr(tempfile, "tempdir", str(small))
        assert _run(b)["complete"]
        _check_the_end(b, 0)


@pytest.mark.parametrize("size", [100_000, 120_000, 140_000, 200_000])
def test_no_room_for_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Nothing leaves that cannot be journaled; what was under way is found when there is room."""
    be_impatient(monkeypatch, 0.3)
    with (
        _small_disk(tmp_path / "small", size) as small,
        bench(tmp_path, rows=_ROWS, concurrency=_CONCURRENCY, journal=str(small / "batch.sqlite")) as b,
    ):
        told = _run(b)
        assert told["stopped_by"] == f"StoreError: {b.journal}: the disk is full: make space on it; nothing was sent"
        assert b.charged == len(list(b.out.glob("*.jpg"))) < _ROWS
        assert "the disk is full" in _run(b)["stopped_by"]
        assert b.charged == len(list(b.out.glob("*.jpg"))) < _ROWS

        _make_room(small)
        assert _run(b)["complete"]
        _check_the_end(b, 0)


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    """Where files may not become as large as a picture is, its row is unknown, and the error says so."""
    with bench(tmp_path, rows=3, concurrency=1) as b:
        job = attrs.evolve(b.job, largest=300_000)
        command = [sys.executable, "-m", "tests.batch.kill.worker", job.as_json()]
        told = json.loads(
            subprocess.run(command, cwd=Path(__file__).parents[3], check=True, capture_output=True).stdout
        )
        assert told["stopped_by"].startswith("ResultStorageError: the result cannot be kept on disk: File too large")
        assert (_unknown(b), b.charged) == (1, 1)
        assert _run(b, resend_unknown=True)["complete"]
        b.check_rows()
        assert b.charged == 4
