"""The SQLite file that accounts and their statement are kept in, or the same in memory.

One sandbox owns it: balances are held in memory and written through, so a second process would sell the same tokens
again. SQLite's exclusive lock keeps it out.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["BooksError", "BooksFile"]

_VERSION = 1
_SCHEMA = """
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    key_digest TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    expires_at REAL,
    revoked INTEGER NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE TABLE entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL CHECK (kind IN ('grant', 'charge', 'refund')),
    line TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    call TEXT NOT NULL
) STRICT;
CREATE INDEX entries_by_account ON entries (account, number);
"""


class BooksError(OSError):
    """The file of the books cannot be used."""


class BooksFile:
    """One SQLite database. Safe to use from several threads.

    Args:
        path: The file; made if it is not there. `None` keeps everything in memory.

    Raises:
        BooksError: The file cannot be opened, is no books of a sandbox, or is open in another sandbox.
    """

    def __init__(self, path: str | None) -> None:
        self._lock = threading.RLock()
        try:
            self._connection = _connected(path or ":memory:")
        except (sqlite3.Error, ValueError) as error:
            raise BooksError(f"the books {path!r} cannot be opened: {error}: name another file") from error
        # An application in process has no end that anybody tells it of.
        self.close = weakref.finalize(self, self._connection.close)

    def write(self, statement: str, values: Sequence[Any]) -> None:
        """Carry out one statement; it is committed when this returns, or when the block of `together` ends.

        Args:
            statement: SQL.
            values: Its parameters.
        """
        with self._lock:
            self._connection.execute(statement, values)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that is written within a block, or of none of it."""
        with self._lock:
            self._connection.execute("SAVEPOINT together")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK TO together")
                raise
            finally:
                self._connection.execute("RELEASE together")

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of a query.

        Args:
            query: SQL.
            values: Its parameters.
        """
        with self._lock:
            return self._connection.execute(query, values).fetchall()


def _connected(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
    try:
        # Exclusive from the first write, and write-ahead: a commit costs no fsync, and outlives `kill -9`.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == 0 and tables == 0:
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    elif version != _VERSION:
        raise ValueError("it holds something else than the books of this version")
    connection.execute("COMMIT")
