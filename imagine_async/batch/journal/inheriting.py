"""Rows that a worker takes out of the journal itself: those of dead workers, and those that nobody has begun."""

from __future__ import annotations

import json
from typing import Any

from imagine_async.batch.journal.claims import Leftover
from imagine_async.batch.journal.owners import Owner, dead_owners
from imagine_async.batch.records import RowState
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["inherit", "take"]

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
