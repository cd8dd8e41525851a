"""What may happen to the file of a SQLite store while it is in use: deleted, replaced, locked, full, not allowed."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from imagine_async.errors import StoreError
from imagine_async.stores import Budget, Fate, RateLimit
from imagine_async.stores.sqlite import SqliteStore, open_file, opening
from imagine_async.stores.sqlite.opening import Identity
from imagine_async.stores.sqlite.schema import Schema
from tests.ordinary_user import as_ordinary_user
from tests.stores.entries import ACCOUNT, new_entry, reserved, sums

LIMIT = RateLimit(10, 1.0)


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """Return a store in that file."""
    made = SqliteStore(path, patience=5.0)
    yield made
    with contextlib.suppress(StoreError):
        await made.aclose()


# What happens to it while it is in use


Accident = Callable[[Path], object]


def _replace(path: Path) -> None:
    path.rename(path.with_name("away.db"))
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()


def _copy_over(path: Path) -> None:
    shutil.copy(path, path.with_name("copy.db"))
    path.with_name("copy.db").replace(path)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _delete_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


ACCIDENTS: list[tuple[Accident, str]] = [
    (Path.unlink, "was deleted"),
    (_replace, "was replaced by another"),
    (_copy_over, "was replaced by another"),
    (_empty, "was emptied"),
    (lambda path: path.with_name(f"{path.name}-wal").unlink(), "has lost its write-ahead log"),
    (_delete_folder, "folder does not exist"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("accident", "message"), ACCIDENTS, ids=[message for _, message in ACCIDENTS])
async def test_nothing_goes_on_without_the_file(
    path: Path, store: SqliteStore, accident: Accident, message: str
) -> None:
    """When the file is lost while it is in use, books and slots are refused and say what happened, ever after."""
    await reserved(store)
    await store.reserve_slot(ACCOUNT, LIMIT)
    accident(path)
    for _ in range(2):
        with pytest.raises(StoreError, match=f"imagine.db: .*{message}"):
            await store.reserve(ACCOUNT, new_entry(), [Budget(5)], call_id=None)
        with pytest.raises(StoreError, match=message):
            await store.reserve_slot(ACCOUNT, LIMIT)
    with pytest.raises(StoreError, match=message):
        await store.lines(ACCOUNT)
    assert not path.exists() or path.read_bytes()[:6] in (b"", b"SQLite")


@pytest.mark.anyio
async def test_new_store_begins_with_what_is_there(path: Path, store: SqliteStore) -> None:
    """After a loss, a new store object begins anew, also beside one that still refuses."""
    await reserved(store)
    for each in path.parent.glob("imagine.db*"):
        each.unlink()
    new = SqliteStore(path)
    assert await sums(new) == (0, 0, 0, 0, 0, 0)
    await reserved(new, 7)
    with pytest.raises(StoreError, match="was replaced by another"):
        await store.lines(ACCOUNT)
    await store.aclose()
    # Closing the old one has not harmed the new one, whose log has the name that the old one's had.
    assert path.with_name("imagine.db-wal").exists()
    assert await sums(new) == (0, 0, 0, 0, 7, 0)
    await new.aclose()
    assert await sums(SqliteStore(path)) == (0, 0, 0, 0, 7, 0)


@pytest.mark.anyio
async def test_file_that_is_put_back(path: Path, store: SqliteStore) -> None:
    """A file that was moved and is put back is the one that it was."""
    await reserved(store)
    away = path.with_name("away.db")
    path.rename(away)
    with pytest.raises(StoreError, match="was deleted"):
        await reserved(store)
    away.rename(path)
    await reserved(store)
    assert await sums(store) == (0, 0, 0, 0, 2, 0)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accident", "message"), [(Path.unlink, "was deleted"), (_replace, "belongs to another"), (_copy_over, None)]
)
async def test_file_is_known_after_closing(
    path: Path, store: SqliteStore, accident: Accident, message: str | None
) -> None:
    """A store that was closed knows its file again: not one of the same name, but a copy of it, as backups are."""
    await reserved(store)
    await store.aclose()
    accident(path)
    if message is None:
        assert await sums(store) == (0, 0, 0, 0, 1, 0)
    else:
        with pytest.raises(StoreError, match=message):
            await reserved(store)


@pytest.mark.anyio
async def test_another_store_after_closing(path: Path, store: SqliteStore) -> None:
    """A store that was closed refuses another store's file under its name."""
    await reserved(store)
    await store.aclose()
    path.unlink()
    await reserved(SqliteStore(path))
    with pytest.raises(StoreError, match="was replaced by another"):
        await reserved(store)


@pytest.mark.anyio
async def test_lost_folder_after_closing(tmp_path: Path) -> None:
    """A store that was closed does not make its folder anew, when that is gone with all that it held."""
    store = SqliteStore(tmp_path / "folder" / "imagine.db")
    await reserved(store)
    await store.aclose()
    shutil.rmtree(tmp_path / "folder")
    with pytest.raises(StoreError, match="folder does not exist"):
        await reserved(store)
    assert not (tmp_path / "folder").exists()


@pytest.mark.anyio
async def test_lock_file_that_is_deleted(path: Path, store: SqliteStore) -> None:
    """Somebody who cleans up and takes the lock's file along does no harm."""
    await reserved(store)
    path.with_name("imagine.db.lock").unlink()
    await reserved(store)
    assert path.with_name("imagine.db.lock").exists()
    assert await sums(store) == (0, 0, 0, 0, 2, 0)


# Locks, full disks and rights


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Lock the file as another program may."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield connection
    finally:
        connection.close()


@pytest.mark.anyio
async def test_locked_file_is_waited_for(path: Path, store: SqliteStore) -> None:
    """While another program has the file locked, calls wait, and go on when it is free."""
    await reserved(store)
    with _locked(path) as connection:
        async with anyio.create_task_group() as group:
            group.start_soon(reserved, store)
            await anyio.sleep(0.2)
            connection.execute("ROLLBACK")
    assert await sums(store) == (0, 0, 0, 0, 2, 0)


@pytest.mark.anyio
async def test_patience_with_a_locked_file_ends(path: Path) -> None:
    """Who has waited long enough learns that nothing was sent; what was posted is written when the file is free."""
    store = SqliteStore(path, patience=0.3)
    entry = await reserved(store, 5)
    with _locked(path):
        store.post_booking(ACCOUNT, entry, Fate.SETTLE)
        with pytest.raises(StoreError, match="another program has kept the file locked; nothing was sent"):
            await reserved(store, 7)
    assert await sums(store) == (1, 5, 0, 0, 0, 0)
    await store.aclose()


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """Let databases grow by no page; they are found in the list."""
    connections: list[sqlite3.Connection] = []

    def connect(path: Path, known: Identity, schema: Schema) -> sqlite3.Connection:
        connection = opening.connect(path, known, schema)
        connection.execute("PRAGMA max_page_count = 1")
        connections.append(connection)
        return connection

    monkeypatch.setattr(open_file, "connect", connect)
    return connections


@pytest.mark.anyio
async def test_full_disk_is_waited_for(path: Path, small_disk: list[sqlite3.Connection]) -> None:
    """While the disk is full nothing is sent; what was posted is written when there is space."""
    store = SqliteStore(path, patience=0.3)
    entry = await reserved(store, 5)
    with pytest.raises(StoreError, match="the disk is full: make space on it; nothing was sent"):
        await store.set_note(ACCOUNT, "long", "x" * 100_000)
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    assert await sums(store) == (1, 5, 0, 0, 0, 0)
    small_disk[-1].execute("PRAGMA max_page_count = 1000000")
    await store.set_note(ACCOUNT, "long", "x" * 100_000)
    await store.aclose()


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """Return a folder that others may look into."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.anyio
@pytest.mark.skipif(sys.platform == "win32", reason="chmod takes no rights away there")
@pytest.mark.parametrize("what", ["folder", "file", "lock"])
async def test_what_may_not_be_written(public_folder: Path, what: str) -> None:
    """Where file or folder may not be written, calls are refused, and told which right is missing."""
    path = public_folder / "imagine.db"
    if what != "folder":
        old = SqliteStore(path)
        await reserved(old)
        await old.aclose()
        path.chmod(0o444)
        path.with_name("imagine.db.lock").chmod(0o444 if what == "lock" else 0o666)
    store = SqliteStore(path)
    if what == "folder" or what == "file":
        public_folder.chmod(0o555)
    with as_ordinary_user():
        with pytest.raises(StoreError, match="the right to write the file and its folder"):
            await reserved(store)
        await store.aclose()
