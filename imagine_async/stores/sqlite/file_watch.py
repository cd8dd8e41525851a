"""Sees whether files are still those that were opened."""

from __future__ import annotations

import os
from pathlib import Path

from imagine_async.errors import StoreError

__all__ = ["FileWatch", "lost"]

_WAY_OUT = "restart the program to begin with what is there now, or put the file back that was there"


class FileWatch:
    """Watches a database and its write-ahead log, from the time when they were opened.

    SQLite itself would write on into files that have no name any more.

    Args:
        path: The database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log_path = path.with_name(f"{path.name}-wal")
        self._file = _stat(self._path)
        self._log = _stat(self._log_path)

    def check(self) -> None:
        """See that all is as it was.

        Raises:
            StoreError: A file is gone, replaced or emptied.
        """
        file, log = _stat(self._path), _stat(self._log_path)
        if file is None:
            raise lost("was deleted")
        if not _is_same(file, self._file):
            raise lost("was replaced by another")
        if not file.st_size:
            raise lost("was emptied")
        if log is None or not _is_same(log, self._log):
            raise lost("has lost its write-ahead log (-wal)")


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_same(one: os.stat_result, other: os.stat_result | None) -> bool:
    return other is not None and os.path.samestat(one, other)


def lost(what: str) -> StoreError:
    """Make the error of a file that is not the one that it was.

    Args:
        what: What became of it, to follow "the file".
    """
    return StoreError(f"the file {what} while it was in use, and with it what this program knew: {_WAY_OUT}")
