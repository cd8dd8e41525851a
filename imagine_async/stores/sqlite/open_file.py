"""The file of a store while it is open."""

from __future__ import annotations

from pathlib import Path

from imagine_async.clock import Clock
from imagine_async.stores.sqlite.file_watch import FileWatch
from imagine_async.stores.sqlite.opening import Identity, connect
from imagine_async.stores.sqlite.schema import Schema
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["OpenFile"]


class OpenFile:
    """An open database, and what is known of its files.

    Args:
        path: The file, without links.
        known: Which database it must be.
        clock: The time.
        schema: What it has to hold.
    """

    def __init__(self, path: Path, known: Identity, clock: Clock, schema: Schema) -> None:
        self._connection = connect(path, known, schema)
        self._watch = FileWatch(path)
        self._is_durable: bool | None = None
        self.transaction = Transaction(self._connection, clock)

    def check(self) -> None:
        """See that the files are those that were opened.

        Raises:
            StoreError: A file is gone, replaced or emptied.
        """
        self._watch.check()

    def begin(self, *, is_durable: bool) -> None:
        """Begin the transaction.

        Args:
            is_durable: Whether it must be safe from a power cut when it is committed.
        """
        if is_durable is not self._is_durable:
            # As a script, which is prepared each time: SQLite does this one while it prepares it.
            self._connection.executescript(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
            self._is_durable = is_durable
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Commit the transaction."""
        self._connection.execute("COMMIT")

    def roll_back(self) -> None:
        """Take the transaction back, if SQLite has not done so by itself."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the database; the last of all processes moves the log into the file."""
        self._connection.close()
