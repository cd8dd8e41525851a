"""The tables of a batch's journal."""

from __future__ import annotations

from imagine_async.stores.sqlite.schema import Schema

__all__ = ["JOURNAL"]

# A row that is no longer in the input has a position below 0. There is no index over states: it would cost more, row by
# row, than to look through the table now and then.
_TABLES = """
CREATE TABLE identity (id TEXT NOT NULL) STRICT;
CREATE TABLE owners (
    owner TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    process INTEGER NOT NULL,
    started TEXT NOT NULL,
    until REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE rows (
    position INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT,
    changed REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    id TEXT,
    line INTEGER,
    tags TEXT,
    request TEXT,
    inputs TEXT,
    stem TEXT,
    file TEXT,
    size INTEGER,
    digest TEXT,
    width INTEGER,
    height INTEGER,
    seed INTEGER,
    tokens REAL,
    elapsed REAL,
    error TEXT,
    call_id TEXT,
    job TEXT,
    kept TEXT
) STRICT;
CREATE UNIQUE INDEX ids ON rows (id) WHERE id IS NOT NULL;
CREATE UNIQUE INDEX stems ON rows (stem) WHERE stem IS NOT NULL;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(16))));
"""

JOURNAL = Schema(0x696D_626A, 1, _TABLES, "the journal of a batch")
"""The file of a journal."""
