"""Many rows in one statement: those that are about to be sent, and those that have ended.

SQLite's module lets go of the interpreter at each statement, and gets it back only when the event loop lets go of it in
turn. Row by row that would take longer than all the rest; so the usual steps are done for a whole group at once, which
goes into the statement as one text of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from imagine_async.batch.journal import operations
from imagine_async.batch.journal.claims import Claim, Ending, Leftover, RowTakenError
from imagine_async.batch.rows import RowError
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["Ended", "step"]

Ended = tuple[Claim | Leftover, Ending]
"""A row with how it ended."""

_SENT_COLUMNS = (
    "position, fingerprint, key, owner, id, line, tags, request, inputs, stem, seed, attempts, tokens, call_id"
)
_SENT = (
    f"INSERT OR IGNORE INTO rows (state, changed, {_SENT_COLUMNS}) SELECT 'sent', ?, "
    + ", ".join(f"json_extract(value, '$[{place}]')" for place in range(14))
    + " FROM json_each(?) RETURNING position"
)
_UNSENT = "DELETE FROM rows WHERE position IN (SELECT value FROM json_each(?))"
_ENDED_COLUMNS = (
    *("state", "attempts", "tokens", "call_id", "seed", "file", "size", "digest", "width", "height", "elapsed"),
    *("error", "job", "kept"),
)
_END = (
    "UPDATE rows SET owner = NULL, changed = ?, "
    + ", ".join(f"{name} = json_extract(ended.value, '$[{place}]')" for place, name in enumerate(_ENDED_COLUMNS, 2))
    + " FROM json_each(?) AS ended WHERE rows.position = json_extract(ended.value, '$[0]')"
    " AND rows.owner = json_extract(ended.value, '$[1]')"
)

# SQLite cuts a text that it takes out of JSON at its first zero character.
_NUL = "\\u0000"


def step(transaction: Transaction, ended: Sequence[Ended], sending: Sequence[Claim]) -> None:
    """Note how rows ended, and that others are about to be sent; what stands in the way of one is noted on its claim.

    Args:
        transaction: Where.
        ended: Rows that have ended.
        sending: Rows that are about to be sent; none of them ends in the same step.
    """
    usual = [each for each in ended if _is_held(each[0])]
    are_ended = not usual or _end_all(transaction, usual)
    for row, ending in ended:
        if not are_ended or not _is_held(row):
            operations.end(transaction, row, ending)
    new = [claim for claim in sending if _is_new(claim)]
    if new and not _send_all(transaction, new):
        new = []
    done = set(map(id, new))
    for claim in sending:
        if id(claim) not in done:
            _send(transaction, claim)


def _is_held(row: Claim | Leftover) -> bool:
    return isinstance(row, Leftover) or (row.is_leased and row.problem is None)


def _is_new(claim: Claim) -> bool:
    return not claim.is_leased and claim.problem is None


def _send(transaction: Transaction, claim: Claim) -> None:
    try:
        operations.mark_sent(transaction, claim)
    except (RowError, RowTakenError) as error:
        claim.problem = error


def _send_all(transaction: Transaction, claims: Sequence[Claim]) -> bool:
    """Note that rows are about to be sent; false if something stands in the way of one, so that each has to be seen."""
    rows = [
        (
            *(claim.position, claim.fingerprint.hex(), claim.key.hex(), claim.owner, claim.id, claim.line),
            *(claim.tags or None, claim.data, claim.inputs, claim.stem, claim.seed),
            *(claim.attempts, claim.tokens, claim.call_id),
        )
        for claim in claims
    ]
    text = _as_json(rows)
    if _NUL in text:
        return False
    sent = transaction.rows(_SENT, transaction.clock.wall(), text)
    if len(sent) < len(claims):
        # One by one, in their order: of two rows that are in each other's way the first one is to be had.
        transaction.change(_UNSENT, _as_json([position for (position,) in sent]))
        return False
    for claim in claims:
        claim.is_leased = claim.is_confirmed = True
    return True


def _end_all(transaction: Transaction, rows: Sequence[Ended]) -> bool:
    """Note how rows ended; false if that has to be done one by one."""
    told = [
        (
            *(row.position, row.owner, ending.state.value, row.attempts, row.tokens, row.call_id, row.seed),
            *(ending.file, ending.size, ending.digest, ending.width, ending.height, ending.elapsed, ending.error),
            *(row.job, ending.kept),
        )
        for row, ending in rows
    ]
    text = _as_json(told)
    if _NUL in text:
        return False
    transaction.change(_END, transaction.clock.wall(), text)
    return True


def _as_json(rows: object) -> str:
    return json.dumps(rows, ensure_ascii=False).encode(errors="replace").decode()
