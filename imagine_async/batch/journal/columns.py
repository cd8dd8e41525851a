"""What of a row is written when a worker takes it, and when it ends: for one row, or for many in one statement.

The first values of a statement hold for all its rows; then come those of each row, in the order of the columns.
"""

from __future__ import annotations

import json
from functools import cache

from imagine_async.batch.journal.claims import Claim, Ending, Leftover
from imagine_async.stores.sqlite.text import clean

__all__ = ["claimed_values", "ended_values", "ending", "insertion", "takeover"]

_CLAIMED = (
    *("position", "fingerprint", "key", "owner", "id", "line", "tags", "request", "inputs", "stem", "seed"),
    *("attempts", "tokens", "call_id"),
)
_ENDED = (
    *("state", "attempts", "tokens", "call_id", "seed", "file", "size", "digest", "width", "height", "elapsed"),
    *("error", "job", "kept"),
)


def claimed_values(claim: Claim) -> tuple[object, ...]:
    """Return what is written of a row that a worker takes.

    Args:
        claim: The row.
    """
    return (
        *(claim.position, claim.fingerprint.hex(), claim.key.hex(), claim.owner, claim.id, claim.line),
        *(_as_json(claim.tags), _as_json(claim.data), claim.inputs, claim.stem, claim.seed),
        *(claim.attempts, claim.tokens, claim.call_id),
    )


def ended_values(row: Claim | Leftover, how: Ending) -> tuple[object, ...]:
    """Return what is written of a row that has ended, after the place and the owner by which it is found.

    Args:
        row: The row.
        how: How it ended.
    """
    return (
        *(row.position, row.owner, how.state.value, row.attempts, row.tokens, row.call_id, row.seed),
        *(how.file, how.size, how.digest, how.width, how.height, how.elapsed),
        *(clean(how.error), row.job, how.kept),
    )


@cache
def insertion(rows: int) -> str:
    """Return the statement that adds rows which the journal does not know, and passes over those that it cannot add.

    Its first values are the state and the time.

    Args:
        rows: How many.
    """
    row = f"(?1, ?2, {', '.join('?' * len(_CLAIMED))})"
    return f"INSERT OR IGNORE INTO rows (state, changed, {', '.join(_CLAIMED)}) VALUES {', '.join([row] * rows)}"


def takeover(condition: str) -> str:
    """Return the statement that gives a row to a worker which the journal knows already.

    Its values are those of `insertion` for one row, then those of the condition.

    Args:
        condition: What must hold of the row.
    """
    changes = ", ".join(f"{name} = ?{place}" for place, name in enumerate(_CLAIMED, 3) if name != "position")
    return (
        f"UPDATE OR IGNORE rows SET state = ?1, changed = ?2, {changes}, error = NULL, file = NULL"
        f" WHERE position = ?3 AND {condition}"
    )


@cache
def ending(rows: int) -> str:
    """Return the statement that notes how rows ended, of those that their worker still has.

    Its first value is the time.

    Args:
        rows: How many.
    """
    row = f"({', '.join('?' * (2 + len(_ENDED)))})"
    changes = ", ".join(f"{name} = ended.column{place}" for place, name in enumerate(_ENDED, 3))
    return (
        f"UPDATE rows SET owner = NULL, changed = ?1, {changes} FROM (VALUES {', '.join([row] * rows)}) AS ended"
        " WHERE rows.position = ended.column1 AND (rows.owner = ended.column2"
        # A worker that was taken for dead has its picture after all, and nobody has had it made once more.
        " OR (rows.owner IS NULL AND rows.state = 'unknown' AND ended.column3 = 'done'"
        " AND rows.call_id = ended.column6))"
    )


def _as_json(value: object) -> str | None:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode() if value else None
