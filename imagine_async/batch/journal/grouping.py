"""Many rows in one statement: those that are about to be sent, and those that have ended.

SQLite's module lets go of the interpreter at each statement, and gets it back only when the event loop lets go of it in
turn. Row by row that would take longer than all the rest; so the usual steps are done for many rows at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain

from imagine_async.batch.journal import operations
from imagine_async.batch.journal.claims import Claim, Ending, Leftover, RowTakenError
from imagine_async.batch.journal.owners import see_that_it_is_known
from imagine_async.batch.rows import RowError
from imagine_async.stores.sqlite.text import clean
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["Ended", "step"]

Ended = tuple[Claim | Leftover, Ending]
"""A row with how it ended."""

_AT_ONCE = 32
"""Rows in one statement; SQLite's module keeps the statements of all sizes up to this one ready."""

_SENT = (
    *("position", "fingerprint", "key", "owner", "id", "line", "tags", "request", "inputs", "stem", "seed"),
    *("attempts", "tokens", "call_id"),
)
_ENDED = (
    *("state", "attempts", "tokens", "call_id", "seed", "file", "size", "digest", "width", "height", "elapsed"),
    *("error", "job", "kept"),
)


_UNSEND = "DELETE FROM rows WHERE position = ? AND owner = ? AND changed = ? AND state = 'sent'"


def step(transaction: Transaction, ended: Sequence[Ended], sending: Sequence[Claim]) -> None:
    """Note how rows ended, and that others are about to be sent; what stands in the way of one is noted on its claim.

    Args:
        transaction: Where.
        ended: Rows that have ended.
        sending: Rows that are about to be sent; none of them ends in the same step.

    Raises:
        StoreError: Their worker was taken for dead; how rows ended is noted all the same.
    """
    usual = [each for each in ended if _is_held(each[0])]
    if usual:
        _end_all(transaction, usual)
    for row, ending in ended:
        if not _is_held(row):
            operations.end(transaction, row, ending)
    if sending:
        see_that_it_is_known(transaction, sending[0].owner)
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
    rows: list[tuple[object, ...]] = [
        (
            *(claim.position, claim.fingerprint.hex(), claim.key.hex(), claim.owner, claim.id, claim.line),
            *(_text(claim.tags), _text(claim.data), claim.inputs, claim.stem, claim.seed),
            *(claim.attempts, claim.tokens, claim.call_id),
        )
        for claim in claims
    ]
    now = transaction.clock.wall()
    sent = [transaction.change(_sending(len(some)), now, *chain(*some)) for some in _chunks(rows)]
    if sum(sent) < len(claims):
        # One by one, in their order: of two rows that are in each other's way the first one is to be had.
        for claim in claims:
            transaction.change(_UNSEND, claim.position, claim.owner, now)
        return False
    for claim in claims:
        claim.is_leased = claim.is_confirmed = True
    return True


def _end_all(transaction: Transaction, ended: Sequence[Ended]) -> None:
    rows: list[tuple[object, ...]] = [
        (
            *(row.position, row.owner, ending.state.value, row.attempts, row.tokens, row.call_id, row.seed),
            *(ending.file, ending.size, ending.digest, ending.width, ending.height, ending.elapsed),
            *(clean(ending.error), row.job, ending.kept),
        )
        for row, ending in ended
    ]
    now = transaction.clock.wall()
    for some in _chunks(rows):
        transaction.change(_ending(len(some)), now, *chain(*some))


def _chunks(rows: Sequence[tuple[object, ...]]) -> Iterator[Sequence[tuple[object, ...]]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


@cache
def _sending(number: int) -> str:
    row = f"('sent', ?1, {', '.join('?' * len(_SENT))})"
    return f"INSERT OR IGNORE INTO rows (state, changed, {', '.join(_SENT)}) VALUES {', '.join([row] * number)}"


@cache
def _ending(number: int) -> str:
    row = f"({', '.join('?' * (2 + len(_ENDED)))})"
    changes = ", ".join(f"{name} = ended.column{place}" for place, name in enumerate(_ENDED, 3))
    return (
        f"UPDATE rows SET owner = NULL, changed = ?1, {changes} FROM (VALUES {', '.join([row] * number)}) AS ended"
        " WHERE rows.position = ended.column1 AND (rows.owner = ended.column2"
        # A worker that was taken for dead has its picture after all, and nobody has had it made once more.
        " OR (rows.owner IS NULL AND rows.state = 'unknown' AND ended.column3 = 'done'"
        " AND rows.call_id = ended.column6))"
    )


def _text(value: object) -> str | None:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode() if value else None
