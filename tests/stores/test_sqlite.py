"""The file of the SQLite store: how it is made, what is no such file, and what goes on inside."""

from __future__ import annotations

import contextlib
import pickle
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from imagine_async.clock import SYSTEM_CLOCK
from imagine_async.errors import ConfigurationError, StoreError
from imagine_async.stores import Budget, Fate, RateLimit
from imagine_async.stores.jobs import Job
from imagine_async.stores.sqlite import SqliteStore, ledger
from imagine_async.stores.sqlite.engine import SqliteEngine
from imagine_async.stores.sqlite.open_file import OpenFile
from imagine_async.stores.sqlite.opening import Identity
from imagine_async.stores.sqlite.schema import STORE, prepare
from imagine_async.stores.sqlite.transaction import Work
from tests.stores.clocks import HandClock
from tests.stores.entries import ACCOUNT, new_entry, reserved, sums

LIMIT = RateLimit(10, 1.0)


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """Return a store in that file."""
    made = SqliteStore(path, patience=5.0)
    yield made
    with contextlib.suppress(StoreError):
        await made.aclose()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _other(path: Path, script: str) -> None:
    """Make a database that is not the store's."""
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


# How the file is made


@pytest.mark.anyio
async def test_files_are_for_their_owner_alone(path: Path, store: SqliteStore) -> None:
    """The file and those beside it can be read and written by nobody else."""
    await reserved(store)
    assert sorted(each.name.removeprefix(path.name) for each in path.parent.iterdir()) == ["", "-shm", "-wal", ".lock"]
    assert {_mode(each) for each in path.parent.iterdir()} == {0o600}


@pytest.mark.anyio
async def test_closing_leaves_one_file(path: Path, store: SqliteStore) -> None:
    """When the last one closes, all stands in the file itself; the lock's file stays."""
    await reserved(store)
    await store.aclose()
    assert sorted(each.name for each in path.parent.iterdir()) == [path.name, f"{path.name}.lock"]
    assert await sums(SqliteStore(path)) == (0, 0, 0, 0, 1, 0)


@pytest.mark.anyio
async def test_last_folder_is_made(tmp_path: Path) -> None:
    """A folder that is missing is made, for its owner alone, if its own folder is there."""
    store = SqliteStore(tmp_path / "new" / "imagine.db")
    await reserved(store)
    assert _mode(tmp_path / "new") == 0o700
    await store.aclose()


@pytest.mark.anyio
async def test_further_folders_are_not_made(tmp_path: Path) -> None:
    """Of a whole path that is missing, perhaps because it is misspelt, nothing is made."""
    store = SqliteStore(tmp_path / "not" / "there" / "imagine.db")
    with pytest.raises(StoreError, match=r"there/imagine.db: the file's folder does not exist: make it"):
        await reserved(store)
    assert list(tmp_path.iterdir()) == []
    await store.aclose()


@pytest.mark.anyio
async def test_home_and_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder, and a relative path begins where the program was when the store was made."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert SqliteStore("~/imagine.db").path == tmp_path / "imagine.db"
    monkeypatch.chdir(tmp_path)
    store = SqliteStore("imagine.db")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    await reserved(store)
    assert (tmp_path / "imagine.db").exists()
    await store.aclose()


def test_repr_names_the_path(path: Path) -> None:
    """A store tells where it is."""
    assert repr(SqliteStore(path)) == f"SqliteStore('{path}')"


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_paths_that_are_none(path: str) -> None:
    """A path that no file can have is refused by its value."""
    with pytest.raises(ConfigurationError, match="path="):
        SqliteStore(path)


def test_home_that_is_not_known() -> None:
    """A home folder of nobody is refused."""
    with pytest.raises(ConfigurationError, match="without '~'"):
        SqliteStore("~nobody-has-this-name/imagine.db")


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["with ? and # and %20.db", "ä 日本.db", "a'b\"c.db", ":memory:"])
async def test_names_of_files(tmp_path: Path, name: str) -> None:
    """The file has the very name that was given, whatever stands in it."""
    store = SqliteStore(tmp_path / name)
    await reserved(store)
    assert (tmp_path / name).exists()
    await store.aclose()


@pytest.mark.anyio
async def test_links_lead_to_one_file(tmp_path: Path, path: Path, store: SqliteStore) -> None:
    """A store under a symbolic link shares file, log and lock with the one under the true name."""
    await reserved(store)
    link = tmp_path / "link.db"
    link.symlink_to(path)
    other = SqliteStore(link)
    await reserved(other)
    assert await sums(store) == (0, 0, 0, 0, 2, 0)
    assert not list(tmp_path.glob("link.db?*"))
    await other.aclose()


@pytest.mark.anyio
async def test_empty_file_becomes_a_store(path: Path, store: SqliteStore) -> None:
    """A file in which nothing stands may be used, as programs leave that make temporary files."""
    path.touch()
    assert await sums(store) == (0, 0, 0, 0, 0, 0)


# What is no such file


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("CREATE TABLE theirs (a)", "belongs to another program"),
        ("PRAGMA user_version = 3", "belongs to another program"),
        ("PRAGMA application_id = 1", "belongs to another program"),
    ],
)
async def test_databases_of_others_are_left_alone(path: Path, store: SqliteStore, script: str, message: str) -> None:
    """A database of another program is refused, and not a byte of it changes."""
    _other(path, script)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=message):
        await reserved(store)
    await store.aclose()
    assert path.read_bytes() == before


@pytest.mark.anyio
async def test_newer_versions_are_left_alone(path: Path, store: SqliteStore) -> None:
    """A file with tables of a later version is refused, and says what to do."""
    await reserved(store)
    await store.aclose()
    _other(path, "PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer imagine-async .* version 99, .*: update this one"):
        await reserved(SqliteStore(path))
    assert path.read_bytes() == before


@pytest.mark.anyio
async def test_other_files_are_left_alone(path: Path, store: SqliteStore) -> None:
    """A file that is no database is refused, with the way out, and stays as it is."""
    path.write_bytes(b"dear diary, " * 1000)
    with pytest.raises(StoreError, match="damaged or no SQLite database: move it away") as caught:
        await reserved(store)
    assert str(path) in caught.value.message
    assert caught.value.store == str(path)
    assert pickle.loads(pickle.dumps(caught.value)).message == caught.value.message
    assert path.read_bytes() == b"dear diary, " * 1000


@pytest.mark.anyio
async def test_folders_are_no_files(path: Path, store: SqliteStore) -> None:
    """A folder is refused."""
    path.mkdir()
    with pytest.raises(StoreError, match="is a folder: name a file in it"):
        await reserved(store)


@pytest.mark.anyio
async def test_damaged_file_is_refused(path: Path, store: SqliteStore) -> None:
    """A file with a page that was overwritten is refused, and says how to read what is left."""
    await reserved(store)
    await store.aclose()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged .* \.recover"):
        await reserved(SqliteStore(path))


@pytest.mark.anyio
async def test_tables_that_are_gone(path: Path, store: SqliteStore) -> None:
    """A file whose tables somebody has dropped is refused; nothing is made in their place."""
    await reserved(store)
    _other(path, "DROP TABLE lines")
    with pytest.raises(StoreError, match="SQLite failed: no such table: lines"):
        await reserved(store)


@pytest.mark.anyio
async def test_old_sqlite_is_refused(store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python whose SQLite is too old is told so, before anything is made."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(StoreError, match=r"3\.37 or newer is needed"):
        await reserved(store)
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="SQLite has no unix-dotfile there")
def test_places_without_shared_memory_are_refused(path: Path) -> None:
    """Where processes cannot share memory, as on a network drive, no file is made into a store."""
    connection = sqlite3.connect(f"{path.as_uri()}?vfs=unix-dotfile", uri=True, isolation_level=None)
    with contextlib.closing(connection), pytest.raises(StoreError, match="no shared memory"):
        prepare(connection, STORE)


# Inside


@pytest.mark.anyio
async def test_one_wrong_job_spoils_no_other(path: Path) -> None:
    """What the file cannot hold fails alone; what stood beside it in the same step is done."""
    engine = SqliteEngine(path, Identity(), SYSTEM_CLOCK)
    good, bad = new_entry(5), new_entry(float("nan"), seconds=float("nan"))
    jobs = [Job(Work(ledger.reserve, (ACCOUNT, entry, (), None), is_durable=True)) for entry in (good, bad, good)]
    engine.run(jobs)
    assert [job.error is None for job in jobs] == [True, False, True]
    assert "cannot hold reserve(" in str(jobs[1].error)
    lines = Job(Work(ledger.list_lines, (ACCOUNT,)))
    engine.run([lines])
    assert [line.reserved for line in lines.result] == [5]
    engine.close()


@pytest.mark.anyio
async def test_trouble_in_the_middle_is_not_a_wrong_job(path: Path) -> None:
    """When the file fails while a wrong job is set apart, that is the file's trouble, and nobody's job."""
    engine = SqliteEngine(path, Identity(), SYSTEM_CLOCK)

    def drop(transaction: Any) -> None:
        transaction.change("DROP TABLE lines")

    wrong = Job(Work(len, (1, 2)))
    with pytest.raises(StoreError, match="no such table: lines"):
        engine.run([Job(Work(drop, ())), wrong, Job(Work(ledger.list_lines, (ACCOUNT,)))])
    engine.close()


def test_reservations_are_safe_from_power_cuts(path: Path) -> None:
    """A step with a reservation waits for the disk, the others do not; the two may alternate."""
    file = OpenFile(path, Identity(), SYSTEM_CLOCK, STORE)
    found = []
    for is_durable in (True, False, True, True, False):
        file.begin(is_durable=is_durable)
        found.append(file.transaction.row("PRAGMA synchronous"))
        file.commit()
    file.close()
    assert found == [(2,), (1,), (2,), (2,), (1,)]


@pytest.mark.anyio
async def test_what_must_be_safe_from_power_cuts(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reservations and what is done by hand are safe from a power cut; slots and bookings need not be."""
    steps: list[bool] = []
    begin = OpenFile.begin

    def note(self: OpenFile, *, is_durable: bool) -> None:
        steps.append(is_durable)
        begin(self, is_durable=is_durable)

    monkeypatch.setattr(OpenFile, "begin", note)
    entry = await reserved(store)
    await store.set_budget(ACCOUNT, Budget(5))
    await store.set_note(ACCOUNT, "a", "b")
    await store.close_holds(ACCOUNT, [entry.id], Fate.SETTLE)
    await store.drop_budget(ACCOUNT, "client", None)
    await store.reserve_slot(ACCOUNT, LIMIT)
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    await store.flush()
    assert steps == [True] * 5 + [False] * 2


@pytest.mark.anyio
async def test_file_does_not_grow(path: Path, store: SqliteStore) -> None:
    """What is settled leaves its sums and nothing else, what no window can hold goes, and the log is moved in time."""
    limit = RateLimit(20, 0.001, margin=0.0)

    async def call() -> None:
        await store.reserve_slot(ACCOUNT, limit)
        store.post_booking(ACCOUNT, await reserved(store), Fate.SETTLE)

    for _ in range(1500):
        await call()
    await store.flush()
    connection = sqlite3.connect(path)
    with contextlib.closing(connection):
        (entries,) = connection.execute("SELECT count(*) FROM entries").fetchone()
        (slots,) = connection.execute("SELECT count(*) FROM slots").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (entries, await sums(store)) == (0, (1500, 1500, 0, 0, 0, 0))
    assert slots <= 21
    assert path.stat().st_size < 200_000
    assert path.with_name("imagine.db-wal").stat().st_size < 6_000_000


@pytest.mark.parametrize("waiting", [0, 20_000])
def test_large_limits_cost_no_more_than_small_ones(path: Path, waiting: int) -> None:
    """A slot of a limit of 10,000 calls needs hardly more steps than one of 50, also where many wait."""
    clock = HandClock()
    engine = SqliteEngine(path, Identity(), clock)
    from imagine_async.stores.sqlite import slots

    def cost(account: str, limit: RateLimit) -> int:
        engine.run([Job(Work(slots.reserve_slot, (account, limit))) for _ in range(limit.calls + waiting)])
        steps = []
        assert engine._file is not None
        connection = engine._file.transaction.connection
        connection.set_progress_handler(lambda: steps.append(1), 1)
        engine.run([Job(Work(slots.reserve_slot, (account, limit)))])
        connection.set_progress_handler(None, 1)
        return len(steps)

    small, large = cost("small", RateLimit(50, 1.0)), cost("large", RateLimit(10_000, 1.0))
    engine.close()
    assert large <= small * 1.2


@pytest.mark.anyio
async def test_rest_forgets_slots(path: Path) -> None:
    """After a rest of more than a window only as many slots are kept as the limit has calls."""
    clock = HandClock()
    store = SqliteStore(path, clock=clock)
    for _ in range(3):
        for _ in range(8):
            await store.reserve_slot(ACCOUNT, RateLimit(4, 1.0))
        clock.pass_by(100)
    await store.reserve_slot(ACCOUNT, RateLimit(4, 1.0))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM slots").fetchone() == (5,)
    await store.aclose()


@pytest.mark.anyio
async def test_two_stores_in_one_process_share_the_file(path: Path, store: SqliteStore) -> None:
    """Two stores on one file see each other's books and slots."""
    other = SqliteStore(path)
    entry = await reserved(store, 5)
    other.post_booking(ACCOUNT, entry, Fate.SETTLE)
    await other.flush()
    assert await sums(store) == (1, 5, 0, 0, 0, 0)
    limit = RateLimit(1, 100.0)
    first, second = await store.reserve_slot(ACCOUNT, limit), await other.reserve_slot(ACCOUNT, limit)
    assert second.at - first.at >= 100
    await other.aclose()


def test_work_says_what_it_is() -> None:
    """In the log a work that was lost stands with its operation and its arguments."""
    assert str(Work(ledger.book, ("account", "call-1/1", Fate.SETTLE))).startswith("book('account', 'call-1/1'")
