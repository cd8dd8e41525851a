"""The tables of a file, and whether a file is one of ours."""

from __future__ import annotations

import sqlite3
from typing import Any

from attrs import field, frozen

from imagine_async.errors import StoreError

__all__ = ["STORE", "Schema", "prepare"]

# Keys of lines are JSON lists, because a primary key of columns that may be NULL would not keep them apart.
_TABLES = """
CREATE TABLE identity (id TEXT NOT NULL) STRICT;
CREATE TABLE limits (
    account TEXT NOT NULL PRIMARY KEY,
    turn REAL NOT NULL,
    resume_at REAL NOT NULL,
    touched REAL,
    refusals INTEGER NOT NULL,
    newest INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE slots (
    account TEXT NOT NULL,
    number INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX times ON slots (account, at);
CREATE TABLE entries (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    line TEXT NOT NULL,
    tokens REAL,
    since REAL NOT NULL,
    due REAL NOT NULL,
    is_held INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reserved ON entries (account, due) WHERE NOT is_held;
CREATE TABLE lines (
    account TEXT NOT NULL,
    line TEXT NOT NULL,
    calls INTEGER NOT NULL,
    tokens REAL NOT NULL,
    held REAL NOT NULL,
    held_calls INTEGER NOT NULL,
    reserved REAL NOT NULL,
    reserved_calls INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    PRIMARY KEY (account, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE spent (
    account TEXT NOT NULL,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    tokens REAL NOT NULL,
    PRIMARY KEY (account, scope, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE budgets (
    place INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    tokens REAL NOT NULL,
    UNIQUE (account, scope, name)
) STRICT;
CREATE TABLE notes (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(16))));
"""


@frozen
class Schema:
    """What the files of one kind hold.

    Args:
        application: The number that tells files of this kind from all others, SQLite's `application_id`.
        version: The version of the tables, from 1.
        tables: The statements that make them; among them a table `identity` with one row.
        name: What such a file is called in errors.
    """

    application: int
    version: int
    tables: str = field(repr=False)
    name: str


STORE = Schema(0x696D_6167, 1, _TABLES, "a store of limits and books")
"""The file of a store."""


def prepare(connection: sqlite3.Connection, schema: Schema) -> str:
    """See that a file holds the tables, and make them in an empty one. Any other file stays as it is.

    Args:
        connection: A connection in autocommit mode that has done nothing yet.
        schema: What it has to hold.

    Returns:
        The identity of the file: a text that no other has.

    Raises:
        StoreError: The file is another program's or a newer version's, or cannot be used by several processes.
        sqlite3.Error: SQLite failed.
    """
    application, version = _value(connection, "PRAGMA application_id"), _value(connection, "PRAGMA user_version")
    is_empty = not _value(connection, "SELECT count(*) FROM sqlite_schema")
    if application != schema.application and not (is_empty and application == version == 0):
        raise StoreError(
            f"the file belongs to another program, it is not {schema.name}, and was left as it is: name another file"
        )
    if version > schema.version:
        raise StoreError(
            f"the file was made by a newer imagine-async (its tables have version {version}, this one knows "
            f"{schema.version}): update this one, or name another file"
        )
    if _value(connection, "PRAGMA journal_mode = WAL") != "wal":
        raise StoreError("the file's place has no shared memory, as network drives have none: name a local file")
    if is_empty:
        _make(connection, schema)
    return str(_value(connection, "SELECT id FROM identity"))


def _make(connection: sqlite3.Connection, schema: Schema) -> None:
    marks = f"PRAGMA application_id = {schema.application}; PRAGMA user_version = {schema.version};"
    connection.executescript(f"BEGIN IMMEDIATE; {schema.tables} {marks} COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")


def _value(connection: sqlite3.Connection, query: str) -> Any:
    return connection.execute(query).fetchone()[0]
