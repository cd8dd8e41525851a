"""Many rows in one statement: those that are about to be sent, and those that have ended.

SQLite's module lets go of the interpreter at each statement, and gets it back only when the event loop lets go of it in
turn. Row by row that would take longer than all the rest; so the usual steps are done for many rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from imagine_async.batch.journal import operations
from imagine_async.batch.journal.claims import Claim, Ending, Leftover, RowTakenError
from imagine_async.batch.journal.columns import claimed_values, ended_values, ending, insertion
from imagine_async.batch.journal.owners import see_that_it_is_known
from imagine_async.batch.records import RowState
from imagine_async.batch.rows import RowError
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["Ended", "step"]

Ended = tuple[Claim | Leftover, Ending]
"""A row with how it ended."""

_AT_ONCE = 32
"""Rows in one statement; SQLite's module keeps the statements of all sizes up to this one ready."""

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
    for row, how in ended:
        if not _is_held(row):
            operations.end(transaction, row, how)
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
    now = transaction.clock.wall()
    rows = [claimed_values(claim) for claim in claims]
    sent = [transaction.change(insertion(len(some)), RowState.SENT.value, now, *chain(*some)) for some in _chunks(rows)]
    if sum(sent) < len(claims):
        # One by one, in their order: of two rows that are in each other's way the first one is to be had.
        for claim in claims:
            transaction.change(_UNSEND, claim.position, claim.owner, now)
        return False
    for claim in claims:
        claim.is_leased = True
    return True


def _end_all(transaction: Transaction, ended: Sequence[Ended]) -> None:
    now = transaction.clock.wall()
    for some in _chunks([ended_values(row, how) for row, how in ended]):
        transaction.change(ending(len(some)), now, *chain(*some))


def _chunks(rows: Sequence[tuple[object, ...]]) -> Iterator[Sequence[tuple[object, ...]]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]
