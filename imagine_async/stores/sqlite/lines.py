"""The sums of the books in the file: of lines, and of what budgets look at."""

from __future__ import annotations

from imagine_async.stores.books import in_order
from imagine_async.stores.entries import Line, LineKey
from imagine_async.stores.sqlite.text import read_line
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = ["add_to_line", "is_settled_in", "read_lines", "spend", "spent"]


def add_to_line(
    transaction: Transaction,
    account: str,
    line: str,
    *,
    calls: int = 0,
    tokens: float = 0.0,
    held: tuple[float, int] = (0.0, 0),
    reserved: tuple[float, int] = (0.0, 0),
    unpriced: int = 0,
) -> None:
    """Change the sums of a line.

    Args:
        transaction: Where.
        account: Whose books.
        line: The line's key, as text.
        calls: Calls that were charged or may have been.
        tokens: Tokens settled.
        held: Tokens of calls that may have been charged, and how many calls.
        reserved: Tokens of calls that are under way, and how many calls.
        unpriced: Calls of which no price is known.
    """
    # Sums of fractions are not exact: what is left over when nothing is held or reserved would never go away.
    transaction.change(
        "INSERT INTO lines (account, line, calls, tokens, held, held_calls, reserved, reserved_calls, unpriced)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " calls = calls + excluded.calls, tokens = tokens + excluded.tokens, unpriced = unpriced + excluded.unpriced,"
        " held = iif(held_calls + excluded.held_calls, held + excluded.held, 0.0),"
        " held_calls = held_calls + excluded.held_calls,"
        " reserved = iif(reserved_calls + excluded.reserved_calls, reserved + excluded.reserved, 0.0),"
        " reserved_calls = reserved_calls + excluded.reserved_calls",
        *(account, line, calls, tokens, *held, *reserved, unpriced),
    )


def is_settled_in(transaction: Transaction, account: str, line: str) -> bool:
    """Tell whether any call is settled in a line.

    Args:
        transaction: Where.
        account: Whose books.
        line: The line's key, as text.
    """
    query = "SELECT 1 FROM lines WHERE account = ? AND line = ? AND calls > held_calls"
    return transaction.row(query, account, line) is not None


def read_lines(transaction: Transaction, account: str) -> tuple[Line, ...]:
    """Return the lines in which something stands, sorted.

    Args:
        transaction: Where.
        account: Whose books.
    """
    found = transaction.rows(
        "SELECT line, calls, tokens, held, held_calls, reserved, unpriced FROM lines"
        " WHERE account = ? AND (calls OR reserved)",
        account,
    )
    names = ("calls", "tokens", "held", "held_calls", "reserved", "unpriced")
    lines = (Line(key=read_line(line), **dict(zip(names, sums, strict=True))) for line, *sums in found)
    return tuple(sorted(lines, key=lambda line: in_order(line.key)))


def spend(transaction: Transaction, account: str, key: LineKey, tokens: float) -> None:
    """Count tokens in every scope of a line.

    Args:
        transaction: Where.
        account: Whose books.
        key: The line's key.
        tokens: How many; less than 0 where they are free again.
    """
    for scope, name in key.scopes():
        transaction.change(
            "INSERT INTO spent (account, scope, name, tokens) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens",
            *(account, scope, name or "", tokens),
        )


def spent(transaction: Transaction, account: str, scope: str, name: str | None) -> float:
    """Return the tokens settled, held and reserved in a scope.

    Args:
        transaction: Where.
        account: Whose books.
        scope: `client`, `batch`, `tag` or `day`.
        name: Which one; `None` for a client's.
    """
    query = "SELECT tokens FROM spent WHERE account = ? AND scope = ? AND name = ?"
    found = transaction.row(query, account, scope, name or "")
    return found[0] if found else 0.0
