"""Rows whose place in the input has changed since the journal met them, and rows of workers that are dead."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from imagine_async.batch.journal.claims import KNOWN_COLUMNS, Known, Leftover
from imagine_async.batch.journal.owners import Owner, dead_owners
from imagine_async.batch.records import RowState
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = [
    "Parent",
    "adopt",
    "count_states",
    "find_parent",
    "inherit",
    "is_file_of_another",
    "spent",
    "take",
    "unsettle",
]


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


_COLUMNS = (
    "position, fingerprint, key, id, line, tags, request, inputs, stem, seed, attempts, tokens, job, kept, call_id,"
    " state, changed"
)


def inherit(transaction: Transaction, owner: Owner) -> list[Leftover]:
    """Free the rows of dead workers that were not sent, and take over those that may have been.

    Args:
        transaction: Where.
        owner: The worker that takes over.

    Returns:
        The rows that may have been sent.
    """
    dead = [name for name in dead_owners(transaction) if name != owner.name]
    for name in dead:
        transaction.change("UPDATE rows SET state = 'pending', owner = NULL WHERE owner = ? AND state = 'leased'", name)
        transaction.change("UPDATE rows SET owner = ? WHERE owner = ?", owner.name, name)
        transaction.change("DELETE FROM owners WHERE owner = ?", name)
    if not dead:
        return []
    query = f"SELECT {_COLUMNS} FROM rows WHERE owner = ? AND state = 'sent' ORDER BY position"
    return [_leftover(row, owner) for row in transaction.rows(query, owner.name)]


def is_file_of_another(transaction: Transaction, file: str, position: int) -> bool:
    """Tell whether a file belongs to another row.

    Args:
        transaction: Where.
        file: Its name in the sink.
        position: The row that it is not to belong to.
    """
    query = "SELECT 1 FROM rows WHERE file = ? AND position <> ? LIMIT 1"
    return transaction.row(query, file, position) is not None


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


def take(transaction: Transaction, owner: Owner, states: tuple[str, ...], start: int, count: int) -> list[Leftover]:
    """Lease rows out of the journal itself.

    Args:
        transaction: Where.
        owner: The worker.
        states: The states that are wanted; of nobody who is alive. Rows that are unknown are wanted anyway where a
            video job or a kept file may end them.
        start: The first position.
        count: How many rows at most.
    """
    marks = ", ".join("?" * len(states))
    found = transaction.rows(
        f"SELECT {_COLUMNS} FROM rows WHERE position >= ? AND owner IS NULL AND request IS NOT NULL"
        f" AND (state IN ({marks}) OR state = 'unknown' AND (job IS NOT NULL OR kept IS NOT NULL))"
        " ORDER BY position LIMIT ?",
        *(start, *states, count),
    )
    now = transaction.clock.wall()
    for row in found:
        transaction.change(
            "UPDATE rows SET state = 'leased', owner = ?, changed = ? WHERE position = ?", owner.name, now, row[0]
        )
    return [_leftover(row, owner) for row in found]


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


def _leftover(row: tuple[Any, ...], owner: Owner) -> Leftover:
    position, fingerprint, key, name, line, tags, text, inputs, stem, *rest = row
    seed, attempts, tokens, job, kept, call_id, state, changed = rest
    return Leftover(
        position=position,
        fingerprint=bytes.fromhex(fingerprint),
        key=bytes.fromhex(key),
        id=name,
        line=line,
        tags=tuple(json.loads(tags)) if tags else (),
        data=None if text is None else json.loads(text),
        inputs=inputs,
        owner=owner.name,
        stem=stem or f"{position:07d}",
        seed=seed,
        attempts=attempts,
        tokens=tokens,
        job=job,
        kept=kept,
        call_id=call_id,
        state=RowState(state),
        sent_at=changed,
    )
