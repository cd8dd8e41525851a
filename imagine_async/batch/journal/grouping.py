"""Many rows in one statement: those that are about to be sent, and those that have ended.

SQLite's module lets go of the interpreter at each statement, and gets it back only when the event loop lets go of it in
turn. Row by row that would take longer than all the rest; so the usual steps are done for a whole group at once, which
goes into the statement as one text of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from imagine_async.batch.journal import operations
from imagine_async.batch.journal.claims import Claim, Ending, Leftover
from imagine_async.stores.sqlite.engine import Answer, run_in_turn
from imagine_async.stores.sqlite.transaction import Transaction, Work

__all__ = ["run_grouped"]

_SENT = (
    "INSERT OR IGNORE INTO rows (state, changed, position, fingerprint, key, owner, id, line, tags, request, inputs,"
    " stem, seed, attempts, tokens, call_id) SELECT 'sent', ?, "
    + ", ".join(f"json_extract(value, '$[{place}]')" for place in range(14))
    + " FROM json_each(?)"
)
_ENDED = (
    "state",
    "attempts",
    "tokens",
    "call_id",
    "seed",
    "file",
    "size",
    "digest",
    "width",
    "height",
    "elapsed",
    "error",
    "job",
    "kept",
)
_END = (
    "UPDATE rows SET owner = NULL, changed = ?, "
    + ", ".join(f"{name} = json_extract(ended.value, '$[{place}]')" for place, name in enumerate(_ENDED, 2))
    + " FROM json_each(?) AS ended WHERE rows.position = json_extract(ended.value, '$[0]')"
    " AND rows.owner = json_extract(ended.value, '$[1]')"
)


def run_grouped(transaction: Transaction, works: Sequence[Work]) -> list[Answer]:
    """Do works in one transaction: first those that end rows, then those that send rows, then all others in turn.

    A row that is about to be sent is never one that ends in the same step, and whatever else was asked for before a row
    ended has no meaning for it any more.

    Args:
        transaction: Where.
        works: What to do.

    Returns:
        The result or the error of each.
    """
    ending = [work for work in works if work.operation is operations.end and _is_leased(work)]
    sending = [work for work in works if work.operation is operations.mark_sent and _is_new(work)]
    if ending:
        _end_all(transaction, [work.arguments for work in ending])
    done = set(map(id, ending))
    if sending and _send_all(transaction, [work.arguments[0] for work in sending]):
        done.update(map(id, sending))
    others = [work for work in works if id(work) not in done]
    answers = dict(zip(map(id, others), run_in_turn(transaction, others), strict=True))
    return [answers.get(id(work), (None, None)) for work in works]


def _is_leased(work: Work) -> bool:
    row = work.arguments[0]
    return isinstance(row, Leftover) or (row.is_leased and row.problem is None)


def _is_new(work: Work) -> bool:
    claim: Claim = work.arguments[0]
    return not claim.is_leased and claim.problem is None


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
    if transaction.change(_SENT, transaction.clock.wall(), _as_json(rows)) < len(claims):
        return False
    for claim in claims:
        claim.is_leased = claim.is_confirmed = True
    return True


def _end_all(transaction: Transaction, rows: Sequence[tuple[Claim | Leftover, Ending]]) -> None:
    told = [
        (
            *(row.position, row.owner, ending.state.value, row.attempts, row.tokens, row.call_id, row.seed),
            *(ending.file, ending.size, ending.digest, ending.width, ending.height, ending.elapsed, ending.error),
            *(row.job, ending.kept),
        )
        for row, ending in rows
    ]
    transaction.change(_END, transaction.clock.wall(), _as_json(told))


def _as_json(rows: object) -> str:
    return json.dumps(rows, ensure_ascii=False).encode(errors="replace").decode()
