"""What is asked of a journal's rows, and changes none."""

from __future__ import annotations

from attrs import frozen

from imagine_async.batch.journal.claims import KNOWN_COLUMNS, Window
from imagine_async.batch.journal.owners import Owner, others
from imagine_async.batch.records import RowState
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["Parent", "count_states", "find_parent", "is_file_of_another", "spent", "window"]


@frozen
class Parent:
    """A row whose picture another one takes.

    Args:
        state: How far it has come.
        file: Where its file is.
        key: What it asks for.
    """

    state: RowState
    file: str | None
    key: bytes


def window(transaction: Transaction, owner: Owner, start: int, count: int) -> Window:
    """Look at the rows from a position on.

    Args:
        transaction: Where.
        owner: The worker that asks.
        start: The first position.
        count: How many positions.
    """
    found = transaction.rows(
        f"SELECT {KNOWN_COLUMNS} FROM rows WHERE position >= ? AND position < ?", start, start + count
    )
    after = transaction.row("SELECT 1 FROM rows WHERE position >= ? LIMIT 1", start + count)
    left_over = transaction.row("SELECT 1 FROM rows WHERE position < 0 LIMIT 1")
    rows = {row[0]: row for row in found}
    return Window(rows, start + count, after is None, others(transaction, owner), left_over is not None)


def find_parent(transaction: Transaction, row_id: str, before: int) -> Parent | None:
    """Find a row by its name in the batch.

    Args:
        transaction: Where.
        row_id: The name.
        before: The position that it stands before.
    """
    row = transaction.row(
        "SELECT state, file, key FROM rows WHERE id = ? AND position >= 0 AND position < ?", row_id, before
    )
    return None if row is None else Parent(RowState(row[0]), row[1], bytes.fromhex(row[2]))


def is_file_of_another(transaction: Transaction, file: str, position: int) -> bool:
    """Tell whether a file belongs to another row.

    Args:
        transaction: Where.
        file: Its name in the sink.
        position: The row that it is not to belong to.
    """
    query = "SELECT 1 FROM rows WHERE file = ? AND position <> ? LIMIT 1"
    return transaction.row(query, file, position) is not None


def count_states(transaction: Transaction) -> dict[RowState | None, int]:
    """Count the rows by state, and, under `None`, those that are no longer in the input.

    Args:
        transaction: Where.
    """
    query = "SELECT CASE WHEN position < 0 THEN NULL ELSE state END, count(*) FROM rows GROUP BY 1"
    return {None if state is None else RowState(state): count for state, count in transaction.rows(query)}


def spent(transaction: Transaction) -> float:
    """Sum up what the rows have cost.

    Args:
        transaction: Where.
    """
    (tokens,) = transaction.row("SELECT coalesce(sum(tokens), 0.0) FROM rows") or (0.0,)
    return float(tokens)
