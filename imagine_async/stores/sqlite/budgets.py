"""Budgets and notes in the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from imagine_async.stores.budgets import Budget, refuse_beyond
from imagine_async.stores.entries import Entry
from imagine_async.stores.sqlite.lines import spent
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["drop_budget", "list_budgets", "read_note", "refuse_overruns", "set_budget", "set_note"]


def refuse_overruns(
    transaction: Transaction, account: str, entry: Entry, budgets: Sequence[Budget], call_id: str | None
) -> None:
    """See that an entry keeps within the given budgets, and within those in the file.

    Args:
        transaction: Where.
        account: Whose books.
        entry: What is to be reserved.
        budgets: The client's own budgets.
        call_id: The call's id, for the error.

    Raises:
        BudgetExceededError: A budget would be overrun.
    """
    shared = _read(transaction, account)
    capped = {budget.scope for budget in (*budgets, *shared)}
    for scope, name in entry.key.scopes():
        if scope in capped:
            so_far = spent(transaction, account, scope, name)
            for known in (budgets, shared):
                refuse_beyond(known, scope, name, spent=so_far, needed=entry.amount, call_id=call_id)


def list_budgets(transaction: Transaction, account: str) -> tuple[tuple[Budget, float], ...]:
    """Return the budgets that are set, in the order of their setting, each with what is spent in its scope.

    Args:
        transaction: Where.
        account: Whose books.
    """
    today = datetime.fromtimestamp(transaction.clock.wall(), UTC).date().isoformat()
    return tuple((budget, _spent_of(transaction, account, budget, today)) for budget in _read(transaction, account))


def set_budget(transaction: Transaction, account: str, budget: Budget) -> None:
    """Set a budget, in place of one with the same scope and name.

    Args:
        transaction: Where.
        account: Whose books.
        budget: The budget.
    """
    transaction.change(
        "INSERT INTO budgets (account, scope, name, tokens) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET tokens = excluded.tokens",
        *(account, budget.scope, budget.name or "", budget.tokens),
    )


def drop_budget(transaction: Transaction, account: str, scope: str, name: str | None) -> bool:
    """Take a budget away.

    Args:
        transaction: Where.
        account: Whose books.
        scope: The budget's scope.
        name: The budget's name.

    Returns:
        Whether there was one.
    """
    statement = "DELETE FROM budgets WHERE account = ? AND scope = ? AND name = ?"
    return transaction.change(statement, account, scope, name or "") > 0


def read_note(transaction: Transaction, account: str, name: str) -> str | None:
    """Return a note; `None` where there is none.

    Args:
        transaction: Where.
        account: Whose books.
        name: Its name.
    """
    found = transaction.row("SELECT text FROM notes WHERE account = ? AND name = ?", account, name)
    return None if found is None else found[0]


def set_note(transaction: Transaction, account: str, name: str, text: str) -> None:
    """Leave a note, in place of one of the same name.

    Args:
        transaction: Where.
        account: Whose books.
        name: Its name.
        text: What to note.
    """
    transaction.change("INSERT OR REPLACE INTO notes (account, name, text) VALUES (?, ?, ?)", account, name, text)


def _read(transaction: Transaction, account: str) -> list[Budget]:
    found = transaction.rows("SELECT tokens, scope, name FROM budgets WHERE account = ? ORDER BY place", account)
    return [Budget(tokens, scope, name or None) for tokens, scope, name in found]


def _spent_of(transaction: Transaction, account: str, budget: Budget, today: str) -> float:
    if budget.scope == "day":
        return spent(transaction, account, "day", budget.name or today)
    if budget.scope == "client" or budget.name is not None:
        return spent(transaction, account, budget.scope, budget.name)
    query = "SELECT coalesce(max(tokens), 0.0) FROM spent WHERE account = ? AND scope = ?"
    (largest,) = transaction.rows(query, account, budget.scope)[0]
    return float(largest)
