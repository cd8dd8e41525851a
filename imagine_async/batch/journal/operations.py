"""What is done with a row of a journal; each function is one step of a transaction.

Whatever changes a row names its owner: a worker that was taken for dead in the meantime, and wakes up late, changes
nothing.
"""

from __future__ import annotations

from imagine_async.batch.journal import columns
from imagine_async.batch.journal.claims import Claim, Ending, Leftover, RowTakenError
from imagine_async.batch.journal.columns import claimed_values, ended_values, insertion, takeover
from imagine_async.batch.records import RowState
from imagine_async.batch.rows import RowError
from imagine_async.stores.sqlite.text import clean
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["claim", "confirm", "end", "end_unread", "lease", "mark_sent", "mark_unsent", "note_job"]

# What another worker has done in the meantime is not done here once more.
_FREE = "(owner IS ? OR owner IS NULL AND (state = 'pending' OR state IS ? AND attempts IS ?))"
_TAKE = takeover(_FREE)
_SENT = (
    "UPDATE rows SET state = 'sent', attempts = ?, tokens = ?, call_id = ?, changed = ?"
    " WHERE position = ? AND owner = ?"
)
_MOST_NUMBERS = 100_000


def claim(transaction: Transaction, claim: Claim) -> None:
    """Lease a row to a worker, and note on the claim if it cannot be had.

    Args:
        transaction: Where.
        claim: The row.
    """
    if not claim.is_leased:
        lease(transaction, claim, RowState.LEASED)


def mark_sent(transaction: Transaction, claim: Claim) -> None:
    """Note that a row is about to be sent; nothing may leave before this is on the disk.

    Args:
        transaction: Where.
        claim: The row.

    Raises:
        RowError: Its id or its name belongs to another row.
        RowTakenError: Another worker has it.
    """
    if not claim.is_leased:
        lease(transaction, claim, RowState.SENT)
    elif claim.problem is None:
        now = transaction.clock.wall()
        values = (claim.attempts, claim.tokens, claim.call_id, now, claim.position, claim.owner)
        if transaction.change(_SENT, *values) < 1:
            # Leased in a step that was taken back, because the disk was full; or another worker has it.
            lease(transaction, claim, RowState.SENT)
    _see_that_it_can_be_had(claim)


def confirm(transaction: Transaction, claim: Claim) -> None:
    """See that a worker has a row that it will end without sending it.

    Args:
        transaction: Where.
        claim: The row.

    Raises:
        RowError: Its id or its name belongs to another row.
        RowTakenError: Another worker has it.
    """
    query = "SELECT 1 FROM rows WHERE position = ? AND owner = ?"
    if not claim.is_leased or not transaction.row(query, claim.position, claim.owner):
        lease(transaction, claim, RowState.LEASED)
    _see_that_it_can_be_had(claim)


def mark_unsent(transaction: Transaction, claim: Claim) -> None:
    """Note that what was about to be sent was not, or was turned away, and may be sent again.

    Args:
        transaction: Where.
        claim: The row.
    """
    transaction.change(
        "UPDATE rows SET state = 'leased' WHERE position = ? AND owner = ? AND state = 'sent'",
        *(claim.position, claim.owner),
    )


def note_job(transaction: Transaction, claim: Claim) -> None:
    """Note the video job that a row has begun, by which its video is found again.

    Args:
        transaction: Where.
        claim: The row.
    """
    transaction.change(
        "UPDATE rows SET job = ?, tokens = ? WHERE position = ? AND owner = ?",
        *(claim.job, claim.tokens, claim.position, claim.owner),
    )


def end(transaction: Transaction, claim: Claim | Leftover, ending: Ending) -> bool:
    """Note how a row ended, and let go of it.

    Args:
        transaction: Where.
        claim: The row.
        ending: How it ended.

    Returns:
        False if another worker has it by now, so that nothing was noted.
    """
    if isinstance(claim, Claim) and not _holds(transaction, claim, ending):
        return False
    return transaction.change(columns.ending(1), transaction.clock.wall(), *ended_values(claim, ending)) > 0


def end_unread(transaction: Transaction, position: int, fingerprint: bytes, line: int | None, error: str) -> None:
    """Note a row that cannot be used.

    Args:
        transaction: Where.
        position: Its place in the input.
        fingerprint: What its text looks like.
        line: Its line in the manifest.
        error: What is wrong with it.
    """
    transaction.change(
        "INSERT INTO rows (position, fingerprint, key, state, changed, line, error) VALUES (?, ?, ?, 'failed', ?, ?, ?)"
        " ON CONFLICT (position) DO UPDATE SET fingerprint = excluded.fingerprint, key = excluded.key,"
        " state = excluded.state, changed = excluded.changed, line = excluded.line, error = excluded.error,"
        " id = NULL, request = NULL, stem = NULL WHERE owner IS NULL",
        *(position, fingerprint.hex(), fingerprint.hex(), transaction.clock.wall(), line, clean(error)),
    )


def _holds(transaction: Transaction, claim: Claim, ending: Ending) -> bool:
    if not claim.is_leased and claim.problem is None and ending.state is not RowState.PENDING:
        lease(transaction, claim, RowState.LEASED)
    return claim.is_leased and claim.problem is None


def lease(transaction: Transaction, claim: Claim, state: RowState) -> None:
    """Give a row to a worker, unless another one has it, or its id or name.

    Args:
        transaction: Where.
        claim: The row; what stands in its way is noted on it.
        state: Its state from now on.
    """
    while claim.problem is None:
        values = (state.value, transaction.clock.wall(), *claimed_values(claim))
        if transaction.change(insertion(1), *values) > 0 or transaction.change(_TAKE, *values, *_freedom(claim)) > 0:
            claim.is_leased = True
            return
        claim.problem = _make_room(transaction, claim)


def _freedom(claim: Claim) -> tuple[object, ...]:
    """Return the values for `_FREE`."""
    return (claim.owner, *(claim.met or (None, None)))


def _see_that_it_can_be_had(claim: Claim) -> None:
    if claim.problem is not None:
        raise claim.problem


def _taken(claim: Claim) -> RowTakenError:
    return RowTakenError(f"{claim.place}: another worker has it")


def _make_room(transaction: Transaction, claim: Claim) -> Exception | None:
    """Find out what stands in a claim's way, and take it away if it may be; else return why not."""
    if transaction.row(f"SELECT 1 FROM rows WHERE position = ? AND NOT {_FREE}", claim.position, *_freedom(claim)):
        return _taken(claim)
    for column, value in (("id", claim.id), ("stem", claim.stem)):
        other = transaction.row(
            f"SELECT position, line, id FROM rows WHERE {column} = ? AND position <> ?", value, claim.position
        )
        if other is None:
            continue
        if other[0] < 0:
            # What is no longer in the input gives way to what is.
            transaction.change(f"UPDATE rows SET {column} = NULL WHERE position = ?", other[0])
        elif column == "stem" and not claim.is_named:
            claim.stem = _numbered(transaction, claim.stem)
        else:
            return _is_taken("id" if column == "id" else "name", value, other, claim)
        return None
    return RowError(f"the journal cannot hold {claim.place}", line=claim.line)


def _is_taken(field: str, value: str | None, other: tuple[int, int | None, str | None], claim: Claim) -> RowError:
    position, line, _ = other
    where = f"row {position}" if line is None else f"line {line}"
    return RowError(f"{value!r} is the {field} of {where} already: give each row its own", line=claim.line, field=field)


def _numbered(transaction: Transaction, stem: str) -> str:
    for number in range(2, _MOST_NUMBERS):
        candidate = f"{stem}-{number}"
        if transaction.row("SELECT 1 FROM rows WHERE stem = ?", candidate) is None:
            return candidate
    raise RowError(f"there are {_MOST_NUMBERS} rows of the name {stem!r} already", field="name")
