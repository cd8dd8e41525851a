"""The rows of accounts in the books: keys as digests, never as they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime

from attrs import evolve, frozen

from imagine_async.sandbox.accounts.books_file import BooksFile
from imagine_async.sandbox.plans import Plan

__all__ = ["Register", "Row", "digest_of"]

_INSERT = "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?)"
_UPDATE = "UPDATE accounts SET plan = ?, expires_at = ?, revoked = ? WHERE id = ?"


def digest_of(key: bytes) -> str:
    """Return what a key is looked up by; the time that takes tells nothing of other keys.

    Args:
        key: The bytes that a request brought.
    """
    return hashlib.sha256(key).hexdigest()


@frozen(kw_only=True)
class Row:
    """One account as it is kept.

    Args:
        id: What the statement and the admin API call it.
        key_digest: The SHA-256 of its key, in hexadecimal.
        name: The end of its key, for people.
        plan: What it may do.
        expires_at: Seconds since 1970 from which on the key is refused as expired; `None` for never.
        revoked: Whether the key is refused as unknown.
        created_at: When it was made, as ISO 8601.
    """

    id: str
    key_digest: str
    name: str
    plan: Plan
    expires_at: float | None = None
    revoked: bool = False
    created_at: str

    @classmethod
    def made(cls, key: str, plan: Plan, *, at: datetime, expires_at: float | None = None) -> Row:
        """Make the row of a new account.

        Args:
            key: Its key.
            plan: What it may do.
            at: When it is made.
            expires_at: When the key expires.
        """
        digest = digest_of(key.encode())
        # At most half of the key, so that a short one is not given away either.
        name = key[len(key) - min(4, len(key) // 2) :]
        return cls(
            id=f"account-{digest[:12]}",
            key_digest=digest,
            name=name,
            plan=plan,
            expires_at=expires_at,
            created_at=at.isoformat(),
        )

    def changed(self, *, plan: Plan, expires_at: float | None, revoked: bool) -> Row:
        """Return the row with other terms.

        Args:
            plan: What it may do.
            expires_at: When the key expires.
            revoked: Whether it is refused.
        """
        return evolve(self, plan=plan, expires_at=expires_at, revoked=revoked)


@frozen
class Register:
    """The accounts of one file.

    Args:
        file: Where they are kept.
    """

    file: BooksFile

    def rows(self) -> Iterator[Row]:
        """Return every account, in the order in which they were made."""
        for row in self.file.read("SELECT * FROM accounts ORDER BY rowid"):
            kept = dict(row)
            yield Row(**kept | {"plan": Plan(**json.loads(kept["plan"])), "revoked": bool(kept["revoked"])})

    def insert(self, row: Row) -> None:
        """Write a new account.

        Args:
            row: The account.
        """
        plan = json.dumps(row.plan.as_data())
        self.file.write(
            _INSERT, (row.id, row.key_digest, row.name, plan, row.expires_at, int(row.revoked), row.created_at)
        )

    def update(self, row: Row) -> None:
        """Write an account's terms anew.

        Args:
            row: The account.
        """
        plan = json.dumps(row.plan.as_data())
        self.file.write(_UPDATE, (plan, row.expires_at, int(row.revoked), row.id))
