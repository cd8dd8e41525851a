"""Rows whose place in the input has changed since the journal met them."""

from __future__ import annotations

from imagine_async.batch.journal.claims import KNOWN_COLUMNS, Known
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["adopt", "forget_file", "out_of_place", "unsettle"]


def unsettle(transaction: Transaction, start: int) -> None:
    """Take the rows from a position on out of their places, because the input is another one from there on.

    Args:
        transaction: Where.
        start: The position.
    """
    # A row that could not be read asks for nothing by which it could be found again.
    transaction.change("DELETE FROM rows WHERE position >= ? AND request IS NULL", start)
    (lowest,) = transaction.row("SELECT min(position) FROM rows") or (0,)
    base = min(lowest or 0, 0) - 1
    transaction.change("UPDATE rows SET position = ? - position WHERE position >= ?", base, start)
    transaction.change("CREATE INDEX IF NOT EXISTS keys ON rows (key) WHERE position < 0")


def adopt(
    transaction: Transaction, position: int, key: bytes, row_id: str | None, fingerprint: bytes, line: int | None
) -> Known | None:
    """Find a row that was taken out of its place, and give it its new one.

    Args:
        transaction: Where.
        position: The new place.
        key: What it asks for.
        row_id: Its name in the batch.
        fingerprint: What its text looks like now.
        line: Its line in the manifest now.

    Returns:
        The row; `None` if there is none that asks for the same.
    """
    found = transaction.row(
        "SELECT position FROM rows WHERE position < 0 AND key = ? AND id IS ? ORDER BY position DESC LIMIT 1",
        key.hex(),
        row_id,
    )
    if found is None:
        return None
    transaction.change(
        "UPDATE rows SET position = ?, fingerprint = ?, line = ? WHERE position = ?",
        *(position, fingerprint.hex(), line, found[0]),
    )
    row = transaction.row(f"SELECT {KNOWN_COLUMNS} FROM rows WHERE position = ?", position)
    return None if row is None else Known._make(row)


def out_of_place(transaction: Transaction, stem: str) -> tuple[int, str, int] | None:
    """Find the row that was taken out of its place, may come back, and has the file of a name.

    Args:
        transaction: Where.
        stem: The name, without suffix.

    Returns:
        Its position, its file and the bytes of that.
    """
    row = transaction.row(
        "SELECT position, file, size FROM rows WHERE stem = ? AND position < 0 AND file IS NOT NULL", stem
    )
    return None if row is None else (row[0], row[1], row[2] or 0)


def forget_file(transaction: Transaction, position: int) -> None:
    """Note that a row has its file no more.

    Args:
        transaction: Where.
        position: The row.
    """
    transaction.change("UPDATE rows SET file = NULL, size = NULL WHERE position = ?", position)
