"""Full disks: of the pictures, of the journal, of the temporary files."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from imagine_async.batch.journal import read_records
from imagine_async.batch.records import RowState
from tests.batch.kill.books import Bench, be_impatient, bench
from tests.batch.kill.worker import run

_ROWS = 60
_CONCURRENCY = 4


@contextlib.contextmanager
def _small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Put a file system of so many bytes at a folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _make_room(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=1g", folder], check=True)


def _run(b: Bench, **changes: Any) -> dict[str, Any]:
    return anyio.run(run, attrs.evolve(b.job, **changes))


def _check_the_end(b: Bench, unknown: int = 0) -> None:
    b.check_rows()
    assert _ROWS <= b.charged <= _ROWS + unknown
    b.check_ledger()


def test_no_room_for_the_pictures(tmp_path: Path) -> None:
    """What is paid for is kept beside the journal, and stored when there is room: each row is paid for once."""
    with (
        _small_disk(tmp_path / "small", 200_000) as small,
        bench(tmp_path, rows=_ROWS, concurrency=_CONCURRENCY, out=str(small / "out")) as b,
    ):
        b = attrs.evolve(b, job=attrs.evolve(b.job, journal=str(tmp_path / "batch.sqlite")))
        told = _run(b)
        print(told, b.charged)
        for record in read_records(b.journal): print(record.position, record.state, record.error, record.file)
        assert 0
