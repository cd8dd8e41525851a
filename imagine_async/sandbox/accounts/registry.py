"""Every account of a sandbox, found by its key."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from attrs import define

from imagine_async.sandbox.accounts.account import Account, Identity
from imagine_async.sandbox.accounts.books_file import BooksFile
from imagine_async.sandbox.accounts.register import Register, Row, digest_of
from imagine_async.sandbox.accounts.statement import Statement
from imagine_async.sandbox.plans import Plan
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.timeline import Timeline

__all__ = ["Accounts", "Member"]


@define
class Member:
    """An account and its terms.

    Args:
        row: As it is kept.
        account: Its tokens and limits.
    """

    row: Row
    account: Account

    def is_expired(self, now: float) -> bool:
        """Tell whether the key has expired.

        Args:
            now: Seconds since 1970.
        """
        return self.row.expires_at is not None and self.row.expires_at <= now

    def terms(self) -> dict[str, Any]:
        """Return the account as the admin API shows it; the key is not part of it."""
        row = self.row
        return {
            "id": row.id,
            "account": row.name,
            "plan": row.plan.as_data(),
            "credits_left": self.account.credits_left,
            "expires_at": row.expires_at,
            "revoked": row.revoked,
            "created_at": row.created_at,
        }


class Accounts:
    """Every account of a sandbox: those of the settings, and those that the admin API made. Safe to use from threads.

    Accounts that stand in the file of the books already keep their plan and what is left of it, whatever the settings
    say of new ones.

    Args:
        settings: Keys, their plan, and the file of the books.
        clock: Seconds on a clock that never steps back.

    Raises:
        BooksError: The file of the books cannot be used.
    """

    def __init__(self, settings: SandboxSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._timeline = Timeline(clock)
        self._lock = threading.Lock()
        self._file = BooksFile(settings.books)
        self._register = Register(self._file)
        self.statement = Statement(self._file, self._timeline.date)
        self._members = {row.key_digest: self._member(row) for row in self._register.rows()}
        terms = [*((key, None) for key in settings.keys), *((key, 0.0) for key in settings.expired_keys)]
        for key, expires_at in terms:
            if digest_of(key.encode()) not in self._members:
                self.open(key, settings.plan, expires_at=expires_at)

    def open(self, key: str, plan: Plan, *, expires_at: float | None = None) -> Member:
        """Open an account and give it the credits of its plan.

        Args:
            key: Its key.
            plan: What it may do.
            expires_at: Seconds since 1970 at which the key expires.

        Raises:
            ValueError: The key has an account.
        """
        row = Row.made(key, plan, at=self._timeline.date(), expires_at=expires_at)
        with self._lock:
            if row.key_digest in self._members:
                raise ValueError("key: there is an account with this key already")
            with self._file.together():
                self._register.insert(row)
                member = self._member(row)
                if plan.credits:
                    member.account.grant(plan.credits)
            self._members[row.key_digest] = member
        return member

    def change(self, member: Member, *, plan: Plan, expires_at: float | None, revoked: bool) -> None:
        """Change an account's terms.

        Args:
            member: The account.
            plan: What it may do from now on; the tokens that are left stay as they are.
            expires_at: Seconds since 1970 at which the key expires; `None` for never.
            revoked: Whether the key is refused as unknown.
        """
        with self._lock:
            row = member.row.changed(plan=plan, expires_at=expires_at, revoked=revoked)
            self._register.update(row)
            member.row = row
            member.account.move_to(plan)

    def find(self, key: bytes) -> Member | None:
        """Look up an account by its key; `None` where there is none.

        Args:
            key: The bytes that a request brought.
        """
        return self._members.get(digest_of(key))

    def member(self, account_id: str) -> Member | None:
        """Look up an account by its id; `None` where there is none.

        Args:
            account_id: The id.
        """
        return next((member for member in self.members() if member.row.id == account_id), None)

    def members(self) -> tuple[Member, ...]:
        """Return every account, in the order in which they were opened."""
        with self._lock:
            return tuple(self._members.values())

    def now(self) -> float:
        """Return the seconds since 1970."""
        return self._timeline.date().timestamp()

    def books(self) -> dict[str, Any]:
        """Return the books of every account, ready for JSON."""
        return {"accounts": [member.account.books() for member in self.members()]}

    def close(self) -> None:
        """Close the file of the books; no account can be charged afterwards."""
        self._file.close()

    def _member(self, row: Row) -> Member:
        return Member(row, Account(Identity(row.id, row.name), row.plan, self.statement, self._clock))
