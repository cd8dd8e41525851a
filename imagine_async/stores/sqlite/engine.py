"""What talks to the file: one transaction for each batch of jobs, under a lock between processes.

The lock makes them take turns, which SQLite's own waiting does not. And it keeps the file whole: SQLite before 3.51.3
may damage it if one process writes the log while another moves it into the database. It is moved by the commit that
finds it grown large, which is under the lock, and by the last process to close, which has the file to itself.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from imagine_async.clock import Clock
from imagine_async.errors import ImagineError, StoreError
from imagine_async.stores.jobs import Engine, Job, StoreAwayError
from imagine_async.stores.sqlite.failures import is_of_one_job, meaning_of
from imagine_async.stores.sqlite.file_lock import FileLock
from imagine_async.stores.sqlite.forking import close_before_forks
from imagine_async.stores.sqlite.open_file import OpenFile
from imagine_async.stores.sqlite.opening import Identity, make_folder
from imagine_async.stores.sqlite.schema import STORE, Schema
from imagine_async.stores.sqlite.transaction import Transaction, Work

__all__ = ["SqliteEngine"]

_LOCK_SECONDS = 0.2

_Answer: TypeAlias = "tuple[Any, ImagineError | None]"


class SqliteEngine(Engine[Work]):
    """Runs jobs on the file; one for each process and store.

    Args:
        path: The file.
        known: Which database it must be.
        clock: The time.
        schema: What the file has to hold.
    """

    def __init__(self, path: Path, known: Identity, clock: Clock, schema: Schema = STORE) -> None:
        self._path = path
        self._known = known
        self._clock = clock
        self._schema = schema
        self._file: OpenFile | None = None
        self._lock: FileLock | None = None
        # Held by whoever uses the file in this process: the store's thread, or one that is about to fork.
        self._in_use = threading.Lock()
        close_before_forks(self)

    def run(self, jobs: Sequence[Job[Work]]) -> None:
        """Do jobs in one transaction.

        Args:
            jobs: What to do.

        Raises:
            StoreAwayError: The file is locked, or the disk is full; nothing was done.
            StoreError: The file cannot be used; nothing was done.
        """
        works = [job.work for job in jobs if job.work is not None]
        with self._in_use:
            answers = self._answers(works)
        for job, (result, error) in zip(jobs, answers, strict=True):
            job.result, job.error = result, error

    def close(self) -> None:
        """Let go of the files."""
        with self._in_use:
            self._close()

    def before_fork(self) -> None:
        """Wait for a step that is under way, and let go of the files."""
        self._in_use.acquire()
        self._close()

    def after_fork(self) -> None:
        """Go on."""
        self._in_use.release()

    def _answers(self, works: Sequence[Work]) -> list[_Answer]:
        try:
            return self._run_locked(works)
        except (StoreAwayError, sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    def _failure(self, error: StoreAwayError | sqlite3.Error | OSError) -> StoreAwayError | StoreError:
        if isinstance(error, (StoreAwayError, StoreError)):
            # Not closed: while the connection is open, no other file gets the number of one that was deleted.
            meaning: StoreAwayError | StoreError = error
        else:
            meaning = meaning_of(error)
            if isinstance(meaning, StoreError):
                self._close()
        return type(meaning)(f"{self._path}: {meaning}")

    def _run_locked(self, works: Sequence[Work]) -> list[_Answer]:
        lock = self._lock or self._make_lock()
        if not lock.acquire(_LOCK_SECONDS):
            raise StoreAwayError("another process has kept the store to itself")
        try:
            if self._file is None:
                self._file = OpenFile(self._path.resolve(), self._known, self._clock, self._schema)
            self._file.check()
            return _run_all(self._file, works)
        finally:
            lock.release()

    def _make_lock(self) -> FileLock:
        if self._known.id is None:
            make_folder(self._path)
        path = self._path.resolve()
        self._lock = FileLock(path.with_name(f"{path.name}.lock"))
        return self._lock

    def _close(self) -> None:
        lock, file, self._lock, self._file = self._lock, self._file, None, None
        if lock is None:
            return
        with contextlib.suppress(OSError):
            lock.acquire(_LOCK_SECONDS)
        if file is not None:
            with contextlib.suppress(sqlite3.Error, OSError):
                file.close()
        lock.close()


def _run_all(file: OpenFile, works: Sequence[Work]) -> list[_Answer]:
    try:
        return _run_together(file, works)
    except Exception as error:
        if not is_of_one_job(error):
            raise
        # One of them cannot be done: the others can.
        return [_run_alone(file, work) for work in works]


def _run_alone(file: OpenFile, work: Work) -> _Answer:
    try:
        return _run_together(file, [work])[0]
    except Exception as error:
        if not is_of_one_job(error):
            raise
        return None, StoreError(f"the store cannot hold {work}: {type(error).__name__}: {error}")


def _run_together(file: OpenFile, works: Sequence[Work]) -> list[_Answer]:
    file.begin(is_durable=any(work.is_durable for work in works))
    try:
        answers = [_answer(work, file.transaction) for work in works]
        file.commit()
    except BaseException:
        file.roll_back()
        raise
    return answers


def _answer(work: Work, transaction: Transaction) -> _Answer:
    try:
        return work.run(transaction), None
    except ImagineError as error:
        return None, error
