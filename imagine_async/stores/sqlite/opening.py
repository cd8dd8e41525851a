"""Opening the file of a store: only for its owner, only if it is ours, and only if it is the one that was known."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from attrs import define

from imagine_async.errors import StoreError
from imagine_async.stores.sqlite.file_watch import lost
from imagine_async.stores.sqlite.schema import Schema, prepare

__all__ = ["Identity", "connect", "make_folder"]

_OLDEST_SQLITE = (3, 37, 0)
# SQLite's own waiting polls, and is unfair: ours takes turns at the file lock.
_BUSY_SECONDS = 0.05


@define
class Identity:
    """Which database a store has known since it was made; a fork inherits it.

    Args:
        id: The identity that stands in the file; `None` before the first use.
    """

    id: str | None = None


def make_folder(path: Path) -> None:
    """Make the folder of a file, for its owner alone, if only its last part is missing.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be made.
    """
    if not path.parent.exists():
        with contextlib.suppress(FileExistsError):
            path.parent.mkdir(mode=0o700)


def connect(path: Path, known: Identity, schema: Schema) -> sqlite3.Connection:
    """Open a database, and make it where there is none. The caller sees to it that nobody else does so meanwhile.

    Args:
        path: The file.
        known: Which database it must be; noted here on first use.
        schema: What it has to hold.

    Returns:
        The connection, in autocommit mode.

    Raises:
        StoreError: The file is another one, or none of ours.
        OSError: The file cannot be made.
        sqlite3.Error: SQLite failed.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(
            f"this Python comes with SQLite {sqlite3.sqlite_version}, and 3.37 or newer is needed: update Python"
        )
    if path.is_dir():
        raise StoreError("the path is a folder: name a file in it")
    if known.id is None:
        _make(path)
    elif not path.exists():
        raise lost("was deleted")
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        # The thread that forks closes it.
        check_same_thread=False,
    )
    try:
        _see_that_it_is_known(connection, known, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _make(path: Path) -> None:
    # Closing a file that SQLite has open would drop its locks: so only a new one is opened here.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _see_that_it_is_known(connection: sqlite3.Connection, known: Identity, schema: Schema) -> None:
    found = prepare(connection, schema)
    if known.id not in (None, found):
        raise lost("was replaced by another")
    known.id = found
