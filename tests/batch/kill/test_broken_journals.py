"""Journals that are torn, emptied, deleted, replaced, locked, or none at all: nothing is sent, and then all goes on."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

from imagine_async.batch.journal import read_records
from tests.batch.kill.books import Bench, be_impatient, bench
from tests.batch.kill.worker import run
from tests.ordinary_user import as_ordinary_user

_ROWS = 40


@pytest.fixture
def half_done(tmp_path: Path) -> Iterator[Bench]:
    """A batch whose first half is done."""
    with bench(tmp_path, rows=_ROWS) as b:
        assert _run(b, rows=_ROWS // 2)["by_state"] == {"done": _ROWS // 2}
        yield b


def _run(b: Bench, **changes: Any) -> dict[str, Any]:
    return anyio.run(run, attrs.evolve(b.job, **changes))


def _check_that_it_goes_on(b: Bench) -> None:
    told = _run(b)
    assert (told["stopped_by"], told["done"], told["skipped"]) == (None, _ROWS // 2, _ROWS // 2)
    b.check_rows()
    assert b.charged == _ROWS
    b.check_ledger()


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _overwrite(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def _make_newer(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")


def _replace_by_text(path: Path) -> None:
    path.write_text("rows\n" * 1000, "utf-8")


def _replace_by_store(path: Path) -> None:
    shutil.copy(path.parent.parent / "books.sqlite", path)


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


_DAMAGES: dict[Callable[[Path], None], str] = {
    _cut: "the file is damaged or no SQLite database: move it away together with its -wal and -shm",
    _overwrite: "the file is damaged or no SQLite database",
    _make_newer: "the file was made by a newer imagine-async (its tables have version 7, this one knows 1): update",
    _replace_by_text: "the file is damaged or no SQLite database",
    _replace_by_store: "the file belongs to another program, it is not the journal of a batch, and was left as it is",
    _replace_by_folder: "the path is a folder: name a file in it",
}


@pytest.mark.parametrize("damage", _DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_a_journal_that_cannot_be_used(half_done: Bench, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """The error names the file and the way out, and nothing is sent; with the journal put right, all goes on."""
    shutil.copy(half_done.journal, tmp_path / "saved")
    damage(half_done.journal)
    told = _run(half_done)
    assert told["stopped_by"].startswith(f"StoreError: {half_done.journal}: ")
    assert _DAMAGES[damage] in told["stopped_by"]
    assert half_done.charged == _ROWS // 2

    for path in half_done.out.glob("batch.sqlite*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copy(tmp_path / "saved", half_done.journal)
    _check_that_it_goes_on(half_done)


def test_a_journal_that_is_locked(half_done: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that another program keeps to itself is waited for, and told of; then all goes on."""
    be_impatient(monkeypatch, 0.3)
    with contextlib.closing(sqlite3.connect(half_done.journal, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        told = _run(half_done)
        assert told["stopped_by"] == (
            f"StoreError: {half_done.journal}: another program has kept the file locked; nothing was sent"
        )
        assert half_done.charged == _ROWS // 2
    _check_that_it_goes_on(half_done)


def test_a_journal_that_may_only_be_read() -> None:
    """Where the journal may not be written nothing is sent, and the error tells which right is missing."""
    with tempfile.TemporaryDirectory() as name, bench(Path(name), rows=_ROWS) as b:
        Path(name).chmod(0o777)
        with as_ordinary_user():
            _run(b, rows=_ROWS // 2)
            b.journal.chmod(0o444)
            told = _run(b)
            assert told["stopped_by"].startswith(f"StoreError: {b.journal}: the file cannot be opened or written")
            assert "give this user the right to write the file and its folder" in told["stopped_by"]
            assert b.charged == _ROWS // 2
            # SQLite has given what it made beside the file the same rights.
            for path in b.out.glob("batch.sqlite*"):
                path.chmod(0o644)
            _check_that_it_goes_on(b)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize("loss", [Path.unlink, _empty], ids=["deleted", "emptied"])
def test_a_journal_that_is_lost(
    half_done: Bench, loss: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """It is written anew from the facts beside the pictures: what is there is not paid for again."""
    before = {record.position: record for record in read_records(half_done.journal)}
    loss(half_done.journal)
    # Facts of somebody else's, and of pictures that are gone, say nothing.
    (half_done.out / "mine.jpg.json").write_text('{"row": {"position": 0}}', "utf-8")
    (half_done.out / "mine.jpg").write_bytes(b"")
    (half_done.out / "gone.jpg.json").write_bytes((half_done.out / "0000003.jpg.json").read_bytes())
    told = _run(half_done)
    assert (told["stopped_by"], told["skipped"], told["done"]) == (None, _ROWS // 2, _ROWS // 2)
    assert f"{half_done.journal} is new, but its folder holds pictures: {_ROWS // 2} rows count as done" in caplog.text
    for name in ("mine.jpg", "mine.jpg.json", "gone.jpg.json"):
        (half_done.out / name).unlink()
    half_done.check_rows()
    assert half_done.charged == _ROWS
    for record in read_records(half_done.journal):
        if record.position in before:
            known = before[record.position]
            same = attrs.evolve(record, changed_at=known.changed_at, elapsed=known.elapsed, request=known.request)
            assert same == known
            assert (record.endpoint, record.prompt, record.style) == (known.endpoint, known.prompt, known.style)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (Path.unlink, "the file was deleted while it was in use"),
        (_empty, "the file was emptied while it was in use"),
        (lambda path: path.replace(path.with_name("moved")) and shutil.copy(path.with_name("moved"), path), "replaced"),
        (lambda path: path.with_name("batch.sqlite-wal").unlink(), "the file has lost its write-ahead log (-wal)"),
    ],
    ids=["deleted", "emptied", "replaced", "without log"],
)
def test_a_journal_that_is_lost_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], object], said: str
) -> None:
    """No call leaves once the journal is gone, and what was under way is in the folder, from which all goes on."""
    with bench(tmp_path, rows=100, seconds=0.01, concurrency=4) as b:
        paint = b.engine._paint
        marks: list[int] = []

        def paint_and_damage(*arguments: Any, **asked: Any) -> Any:
            picture = paint(*arguments, **asked)
            if len(b.engine.calls) >= 40 and not marks:
                marks.append(40)
                damage(b.journal)
            return picture

        monkeypatch.setattr(b.engine, "_paint", paint_and_damage)
        told = _run(b)
        assert told["stopped_by"].startswith(f"StoreError: {b.journal}: ")
        assert said in told["stopped_by"]
        charged = b.charged
        # Those that were on their way at that moment, and no others.
        assert 40 <= charged <= 40 + 2 * 4
        assert len(list(b.out.glob("*.jpg"))) == charged

        for path in b.out.glob("*"):
            if path.name.startswith("batch.sqlite") or path.name == "moved":
                path.unlink()
        told = _run(b)
        assert (told["stopped_by"], told["skipped"]) == (None, charged)
        b.check_rows()
        assert b.charged == 100
        b.check_ledger()
