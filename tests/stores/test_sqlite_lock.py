"""The lock between processes, and what errors of SQLite and the system mean."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagine_async.errors import StoreError
from imagine_async.stores.jobs import StoreAwayError
from imagine_async.stores.sqlite import file_lock
from imagine_async.stores.sqlite.failures import is_of_one_job, meaning_of
from imagine_async.stores.sqlite.file_lock import FileLock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the test's lock."""
    return tmp_path / "imagine.db.lock"


@pytest.fixture
def lock(path: Path) -> Iterator[FileLock]:
    """Return a lock on it."""
    made = FileLock(path)
    yield made
    made.close()


@pytest.fixture
def other(path: Path) -> Iterator[FileLock]:
    """Return a second lock, as another process has it."""
    made = FileLock(path)
    yield made
    made.close()


def test_one_holds_it_at_a_time(lock: FileLock, other: FileLock) -> None:
    """While one holds the lock another waits in vain; then the other has it."""
    assert lock.acquire(0)
    assert not other.acquire(0.01)
    lock.release()
    assert other.acquire(5)
    assert not lock.acquire(0.01)


def test_who_waits_gets_it_at_once(lock: FileLock, other: FileLock) -> None:
    """A lock that is given back goes to whoever waits."""
    assert lock.acquire(0)
    timer = threading.Timer(0.05, lock.release)
    timer.start()
    assert other.acquire(10)
    assert not lock.acquire(0)
    timer.join()


def test_who_went_away_holds_nobody_up(lock: FileLock, other: FileLock, path: Path) -> None:
    """A turn that comes when nobody waits for it any more is passed on."""
    assert lock.acquire(0)
    assert not other.acquire(0)
    turn = other._turn
    lock.release()
    give_up_at = time.monotonic() + 10
    while turn is None or not turn.is_over:
        assert time.monotonic() < give_up_at
        time.sleep(0.005)
    third = FileLock(path)
    assert third.acquire(10)
    third.close()
    begin = time.monotonic()
    assert other.acquire(10)
    assert time.monotonic() - begin < 5


def test_turn_that_is_passed_on_meanwhile_is_waited_for_no_longer(
    lock: FileLock, other: FileLock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes back just when its turn is passed on queues anew, and does not wait for a turn that is over."""
    assert lock.acquire(0)
    assert not other.acquire(0)
    turn = other._turn
    assert turn is not None
    wait = turn.wait

    def wait_late(seconds: float) -> int | None:
        lock.release()
        while not turn.is_over:
            time.sleep(0.005)
        return wait(seconds)

    monkeypatch.setattr(turn, "wait", wait_late)
    begin = time.monotonic()
    assert other.acquire(10)
    assert time.monotonic() - begin < 5


def test_who_comes_back_waits_on(lock: FileLock, other: FileLock) -> None:
    """Whoever went away and comes back waits for the same turn, and starts no further thread."""
    assert lock.acquire(0)
    before = threading.active_count()
    for _ in range(5):
        assert not other.acquire(0.001)
    assert threading.active_count() == before + 1
    timer = threading.Timer(0.05, lock.release)
    timer.start()
    assert other.acquire(10)
    timer.join()


def test_closing_gives_it_back(lock: FileLock, other: FileLock) -> None:
    """A lock that is closed is free, and may be taken again; closing or giving back what is not held does nothing."""
    for _ in range(2):
        assert lock.acquire(0)
        lock.close()
        lock.close()
        lock.release()
        assert other.acquire(5)
        other.release()


def test_deleted_file_locks_nobody(lock: FileLock, other: FileLock, path: Path) -> None:
    """Who holds the lock on a file that was deleted holds nothing: the next time both meet at the new file."""
    assert lock.acquire(0)
    path.unlink()
    assert other.acquire(0)
    lock.release()
    assert not lock.acquire(0.01)
    other.release()
    assert lock.acquire(5)


def test_replaced_file_locks_nobody(lock: FileLock, other: FileLock, path: Path) -> None:
    """A file that was replaced by another is not the lock any more."""
    assert lock.acquire(0)
    lock.release()
    path.rename(path.with_name("away"))
    path.touch()
    assert other.acquire(0)
    assert not lock.acquire(0.01)


@pytest.mark.parametrize("is_awaited", [False, True])
def test_turn_of_a_system_that_fails(path: Path, monkeypatch: pytest.MonkeyPatch, is_awaited: bool) -> None:
    """If waiting for the lock fails, that turn is over, and the next attempt begins anew."""
    monkeypatch.setattr(file_lock, "_try_to_lock", lambda descriptor: False)
    monkeypatch.setattr(file_lock, "_wait_and_lock", _fail)
    lock = FileLock(path)
    assert not lock.acquire(0.05 if is_awaited else 0)
    monkeypatch.undo()
    assert any(lock.acquire(0.05) for _ in range(5))
    lock.close()


def _fail(descriptor: int) -> None:
    raise OSError(errno.ENOLCK, "no locks available")


def test_lock_without_a_folder(tmp_path: Path) -> None:
    """Where the file cannot be made, the system says why."""
    with pytest.raises(FileNotFoundError):
        FileLock(tmp_path / "missing" / "lock").acquire(0)


PROGRAM = """
import os, sys, time
from pathlib import Path
from imagine_async.stores.sqlite.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.acquire(0)
print("locked", flush=True)
time.sleep(60)
"""


def test_dead_process_holds_nothing(lock: FileLock, path: Path) -> None:
    """When the process that holds the lock is killed, the next one has it at once."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    assert not lock.acquire(0.05)
    process.kill()
    begin = time.monotonic()
    assert lock.acquire(10)
    assert time.monotonic() - begin < 1
    process.stdout.close()
    process.wait()


# What errors mean


def _error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("said SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (sqlite3.SQLITE_BUSY, "kept the file locked"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "kept the file locked"),
        (sqlite3.SQLITE_LOCKED, "kept the file locked"),
        (sqlite3.SQLITE_PROTOCOL, "kept the file locked"),
        (sqlite3.SQLITE_FULL, "make space"),
    ],
)
def test_what_passes_is_waited_for(code: int, message: str) -> None:
    """Locks and full disks are worth another attempt."""
    meaning = meaning_of(_error(code))
    assert isinstance(meaning, StoreAwayError)
    assert message in str(meaning)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (sqlite3.SQLITE_READONLY_DBMOVED, "the right to write"),
        (sqlite3.SQLITE_CANTOPEN, "the right to write"),
        (sqlite3.SQLITE_CORRUPT, "damaged"),
        (sqlite3.SQLITE_NOTADB, "damaged"),
        (sqlite3.SQLITE_IOERR_FSYNC, "the disk failed"),
        (sqlite3.SQLITE_ERROR, "SQLite failed: said SQLite"),
    ],
)
def test_what_stays_is_told(code: int, message: str) -> None:
    """What another attempt would meet again is told with what SQLite said."""
    meaning = meaning_of(_error(code))
    assert isinstance(meaning, StoreError)
    assert message in str(meaning)
    assert "said SQLite" in str(meaning)


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (errno.ENOSPC, StoreAwayError, "make space"),
        (errno.EDQUOT, StoreAwayError, "quota"),
        (errno.EMFILE, StoreAwayError, "too many files open"),
        (errno.ENFILE, StoreAwayError, "too many files open"),
        (errno.ENOENT, StoreError, "folder does not exist"),
        (errno.EACCES, StoreError, "the right to write"),
        (errno.ELOOP, StoreError, "cannot be used"),
    ],
)
def test_what_the_system_says(number: int, kind: type[Exception], message: str) -> None:
    """Of the system's errors those pass that somebody can mend while the program waits."""
    meaning = meaning_of(OSError(number, os.strerror(number)))
    assert type(meaning) is kind
    assert message in str(meaning)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (_error(sqlite3.SQLITE_CONSTRAINT_NOTNULL), True),
        (_error(sqlite3.SQLITE_TOOBIG), True),
        (sqlite3.InterfaceError("unsupported type"), True),
        (OverflowError("too large"), True),
        (_error(sqlite3.SQLITE_FULL), False),
        (_error(sqlite3.SQLITE_BUSY), False),
    ],
)
def test_whose_fault_it_is(error: Exception, expected: bool) -> None:
    """What a job brought along is told from what would hit every job."""
    assert is_of_one_job(error) is expected
