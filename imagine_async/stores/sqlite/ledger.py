"""Books in the file: the arithmetic of `Books`, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from imagine_async.stores.budgets import Budget
from imagine_async.stores.entries import Entry, Fate, Hold, Line
from imagine_async.stores.sqlite.budgets import refuse_overruns
from imagine_async.stores.sqlite.lines import add_to_line, is_settled_in, read_lines, spend
from imagine_async.stores.sqlite.text import line_of, read_line
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["book", "close_holds", "doubt", "list_accounts", "list_holds", "list_lines", "reserve"]


@frozen
class _Open:
    """An entry that is reserved or held."""

    id: str
    line: str
    tokens: float | None
    is_held: bool

    @property
    def amount(self) -> float:
        return self.tokens or 0.0


def reserve(
    transaction: Transaction, account: str, entry: Entry, budgets: Sequence[Budget], call_id: str | None
) -> None:
    """Set tokens aside, unless the entry is there already.

    Args:
        transaction: Where.
        account: Whose books.
        entry: What is reserved.
        budgets: The client's own budgets.
        call_id: The call's id, for the error.

    Raises:
        BudgetExceededError: A budget would be overrun; nothing was reserved.
    """
    if _find(transaction, account, entry.id) is not None:
        return
    refuse_overruns(transaction, account, entry, budgets, call_id)
    line, since = line_of(entry.key), transaction.clock.wall()
    transaction.change(
        "INSERT INTO entries (account, id, line, tokens, since, due) VALUES (?, ?, ?, ?, ?, ?)",
        *(account, entry.id, line, entry.tokens, since, since + entry.seconds),
    )
    add_to_line(transaction, account, line, reserved=(entry.amount, 1))
    spend(transaction, account, entry.key, entry.amount)


def book(transaction: Transaction, account: str, entry_id: str, fate: Fate) -> bool:
    """Book an entry that is reserved or held.

    Args:
        transaction: Where.
        account: Whose books.
        entry_id: Which.
        fate: What became of it.

    Returns:
        Whether there was such an entry.
    """
    found = _find(transaction, account, entry_id)
    if found is None:
        return False
    _take_off_line(transaction, account, found)
    if fate is Fate.HOLD:
        transaction.change("UPDATE entries SET is_held = 1 WHERE account = ? AND id = ?", account, found.id)
        _put_on_hold(transaction, account, found)
        return True
    transaction.change("DELETE FROM entries WHERE account = ? AND id = ?", account, found.id)
    if fate is Fate.SETTLE:
        is_unpriced = found.tokens is None
        add_to_line(transaction, account, found.line, calls=1, tokens=found.amount, unpriced=is_unpriced)
    else:
        spend(transaction, account, read_line(found.line), -found.amount)
    return True


def doubt(transaction: Transaction, account: str, entry: Entry) -> None:
    """Move an entry that was settled to those that may have been charged.

    Args:
        transaction: Where.
        account: Whose books.
        entry: The entry.
    """
    doubted = _Open(entry.id, line_of(entry.key), entry.tokens, is_held=True)
    if _find(transaction, account, entry.id) or not is_settled_in(transaction, account, doubted.line):
        return
    now = transaction.clock.wall()
    transaction.change(
        "INSERT INTO entries (account, id, line, tokens, since, due, is_held) VALUES (?, ?, ?, ?, ?, ?, 1)",
        *(account, doubted.id, doubted.line, entry.tokens, now, now),
    )
    is_unpriced = entry.tokens is None
    add_to_line(transaction, account, doubted.line, calls=-1, tokens=-entry.amount, unpriced=-is_unpriced)
    _put_on_hold(transaction, account, doubted)


def list_lines(transaction: Transaction, account: str) -> tuple[Line, ...]:
    """Return the lines in which something stands, sorted.

    Args:
        transaction: Where.
        account: Whose books.
    """
    _hold_the_overdue(transaction, account)
    return read_lines(transaction, account)


def list_holds(transaction: Transaction, account: str) -> tuple[Hold, ...]:
    """Return the calls that may have been charged, the oldest first.

    Args:
        transaction: Where.
        account: Whose books.
    """
    _hold_the_overdue(transaction, account)
    found = transaction.rows(
        "SELECT id, line, tokens, since FROM entries WHERE account = ? AND is_held ORDER BY since, id", account
    )
    return tuple(Hold(id=name, key=read_line(line), tokens=tokens, since=since) for name, line, tokens, since in found)


def close_holds(transaction: Transaction, account: str, ids: Iterable[str], fate: Fate) -> int:
    """Settle or release holds.

    Args:
        transaction: Where.
        account: Whose books.
        ids: Which; those that are no holds are passed over.
        fate: What became of them.

    Returns:
        How many there were.
    """
    _hold_the_overdue(transaction, account)
    held = [each for each in dict.fromkeys(ids) if _is_held(transaction, account, each)]
    return sum(book(transaction, account, each, fate) for each in held)


def list_accounts(transaction: Transaction) -> tuple[str, ...]:
    """Return the names of the accounts that have books, sorted.

    Args:
        transaction: Where.
    """
    found = transaction.rows(
        "SELECT account FROM lines UNION SELECT account FROM budgets UNION SELECT account FROM notes ORDER BY account"
    )
    return tuple(account for (account,) in found)


def _hold_the_overdue(transaction: Transaction, account: str) -> None:
    """Hold what was reserved by processes that have died since: it may have been charged."""
    overdue = transaction.rows(
        "SELECT id FROM entries WHERE account = ? AND NOT is_held AND due <= ?", account, transaction.clock.wall()
    )
    for (entry_id,) in overdue:
        book(transaction, account, entry_id, Fate.HOLD)


def _find(transaction: Transaction, account: str, entry_id: str) -> _Open | None:
    found = transaction.row("SELECT line, tokens, is_held FROM entries WHERE account = ? AND id = ?", account, entry_id)
    return None if found is None else _Open(entry_id, *found)


def _is_held(transaction: Transaction, account: str, entry_id: str) -> bool:
    found = _find(transaction, account, entry_id)
    return found is not None and found.is_held


def _put_on_hold(transaction: Transaction, account: str, entry: _Open) -> None:
    is_unpriced = entry.tokens is None
    add_to_line(transaction, account, entry.line, calls=1, held=(entry.amount, 1), unpriced=is_unpriced)


def _take_off_line(transaction: Transaction, account: str, entry: _Open) -> None:
    """Take an entry off its line, as if it had never been there; it still counts against the budgets."""
    if entry.is_held:
        is_unpriced = entry.tokens is None
        add_to_line(transaction, account, entry.line, calls=-1, held=(-entry.amount, -1), unpriced=-is_unpriced)
    else:
        add_to_line(transaction, account, entry.line, reserved=(-entry.amount, -1))
