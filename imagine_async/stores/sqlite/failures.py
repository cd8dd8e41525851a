"""What SQLite's and the system's errors mean for a store, and the way out of each."""

from __future__ import annotations

import errno
import sqlite3

from imagine_async.errors import StoreError
from imagine_async.stores.jobs import StoreAwayError

__all__ = ["is_of_one_job", "meaning_of"]

_AWAY = {
    sqlite3.SQLITE_BUSY: "another program has kept the file locked",
    sqlite3.SQLITE_LOCKED: "another program has kept the file locked",
    sqlite3.SQLITE_PROTOCOL: "other programs have kept the file locked",
    # Space can be made: until then what is to be booked waits.
    sqlite3.SQLITE_FULL: "the disk is full: make space on it",
}
_AWAY_BY_NUMBER = {
    errno.ENOSPC: _AWAY[sqlite3.SQLITE_FULL],
    errno.EDQUOT: "the quota of the disk is used up: make space on it",
    errno.EMFILE: "this process has too many files open: raise its limit (ulimit -n)",
    errno.ENFILE: "this system has too many files open",
}
_RIGHTS = "the file cannot be opened or written: give this user the right to write the file and its folder"
_DAMAGED = (
    "the file is damaged or no SQLite database: move it away together with its -wal and -shm, or name another file; "
    "what it still holds can be read by the command .recover of sqlite3"
)
_FINAL = {
    sqlite3.SQLITE_READONLY: _RIGHTS,
    sqlite3.SQLITE_PERM: _RIGHTS,
    sqlite3.SQLITE_AUTH: _RIGHTS,
    sqlite3.SQLITE_CANTOPEN: _RIGHTS,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_IOERR: "the disk failed: look for its errors in the system's log",
}
_OF_ONE_JOB = (
    None,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
)


def meaning_of(error: sqlite3.Error | OSError) -> StoreAwayError | StoreError:
    """Say what an error means for those who wait.

    Args:
        error: What SQLite or the system raised.

    Returns:
        `StoreAwayError` where it is worth trying again; else `StoreError` with the way out.
    """
    return _meaning_of_code(error) if isinstance(error, sqlite3.Error) else _meaning_of_number(error)


def is_of_one_job(error: Exception) -> bool:
    """Tell whether an error comes from what one job holds, and would not hit the others.

    Args:
        error: What was raised in a transaction.
    """
    return not isinstance(error, sqlite3.Error) or _code(error) in _OF_ONE_JOB


def _meaning_of_code(error: sqlite3.Error) -> StoreAwayError | StoreError:
    code = _code(error)
    if code in _AWAY:
        return StoreAwayError(_AWAY[code])
    if code in _FINAL:
        return StoreError(f"{_FINAL[code]} ({error})")
    return StoreError(f"SQLite failed: {error}")


def _meaning_of_number(error: OSError) -> StoreAwayError | StoreError:
    if error.errno in _AWAY_BY_NUMBER:
        return StoreAwayError(_AWAY_BY_NUMBER[error.errno])
    if isinstance(error, FileNotFoundError):
        return StoreError("the file's folder does not exist: make it, or name another file")
    if isinstance(error, PermissionError):
        return StoreError(_RIGHTS)
    return StoreError(f"the file cannot be used: {type(error).__name__}: {error}")


def _code(error: sqlite3.Error) -> int | None:
    """Return the primary code; the module's own errors have none."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
