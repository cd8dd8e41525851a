"""Every grant, charge and refund, in the order in which it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from attrs import field, frozen

from imagine_async.sandbox.accounts.books_file import BooksFile
from imagine_async.sandbox.accounts.charges import Charge

__all__ = ["Kind", "Statement", "Totals"]

Kind = Literal["grant", "charge", "refund"]
_TOTALS = """
SELECT kind, line, count(*) AS calls, sum(tokens) AS tokens FROM entries WHERE account = ? GROUP BY kind, line
"""
_ENTRIES = "SELECT * FROM entries WHERE number > ? AND (? IS NULL OR account = ?) ORDER BY number LIMIT ?"


@frozen
class Totals:
    """What an account's entries come to.

    Args:
        granted: Tokens that were given, less those that were taken back.
        refunded: Charges that were given back.
        calls: Charges that stand, by line.
        tokens: Their tokens, by line.
    """

    granted: int = 0
    refunded: int = 0
    calls: Counter[str] = field(factory=Counter[str])
    tokens: Counter[str] = field(factory=Counter[str])


@frozen
class Statement:
    """The entries of every account. Safe to use from several threads.

    Args:
        file: Where they are kept.
        date: The date that a new entry gets.
    """

    file: BooksFile
    date: Callable[[], datetime]

    def add(self, account: str, kind: Kind, charge: Charge) -> None:
        """Write an entry; it is there when this returns.

        Args:
            account: The account's id.
            kind: What happened.
            charge: How many tokens for what.
        """
        self.file.write(
            "INSERT INTO entries (at, account, kind, line, tokens, call) VALUES (?, ?, ?, ?, ?, ?)",
            (self.date().isoformat(), account, kind, charge.line, charge.tokens, charge.call),
        )

    def totals(self, account: str) -> Totals:
        """Add up an account's entries.

        Args:
            account: The account's id.
        """
        rows = self.file.read(_TOTALS, (account,))
        calls, tokens = Counter[str](), Counter[str]()
        for row in rows:
            sign = {"charge": 1, "refund": -1}.get(row["kind"], 0)
            calls[row["line"]] += sign * row["calls"]
            tokens[row["line"]] += sign * row["tokens"]
        granted = sum(row["tokens"] for row in rows if row["kind"] == "grant")
        refunded = sum(row["calls"] for row in rows if row["kind"] == "refund")
        return Totals(granted, refunded, +calls, +tokens)

    def entries(self, *, account: str | None = None, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Return entries, oldest first, ready for JSON.

        Args:
            account: The id of the account whose entries are wanted; all by default.
            after: The number of the last entry that is already known.
            limit: How many at most.
        """
        return [dict(row) for row in self.file.read(_ENTRIES, (after, account, account, limit))]
