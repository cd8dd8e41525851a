"""The store in a SQLite file: for the processes of one host."""

from __future__ import annotations

from imagine_async.stores.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
