"""What one key has left, and what it was charged.

Nothing here knows about an event loop: locks guard plain numbers, so that a sandbox can be used from several threads
and loops at once. A charge is reserved when a request is accepted, settled when its picture is there or its video job
accepted, and released otherwise, so that the books can be compared with a client's ledger after any failure.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from imagine_async.sandbox.accounts.charges import Charge, Refunds
from imagine_async.sandbox.accounts.statement import Statement
from imagine_async.sandbox.limits import Quota, SlidingWindow
from imagine_async.sandbox.plans import Plan

__all__ = ["Account", "Identity"]

GRANT_LINE = "credits"
"""The line of the statement that tokens are given under."""


@frozen
class Identity:
    """Whose an account is.

    Args:
        id: What the statement and the admin API call it.
        name: The end of its key, for people.
    """

    id: str
    name: str


class Account:
    """The tokens, the request window and the books of one key. Safe to use from several threads.

    Args:
        identity: Whose it is.
        plan: Credits, rate and concurrency.
        statement: Where its entries are; what stands there already counts.
        clock: Seconds on a clock that never steps back.
    """

    def __init__(self, identity: Identity, plan: Plan, statement: Statement, clock: Callable[[], float]) -> None:
        self.id = identity.id
        self.name = identity.name
        self._statement = statement
        self._clock = clock
        self._money = threading.Lock()
        # Of its own, so that an event loop that asks for the quota never waits for the file of the books.
        self._traffic = threading.Lock()
        self._open: set[Charge] = set()
        self._released = 0
        self._refunds = Refunds()
        totals = statement.totals(self.id)
        self._refunded = totals.refunded
        self._calls, self._tokens = totals.calls, totals.tokens
        self._balance = totals.granted - totals.tokens.total()
        self._running = 0
        self._plan = plan
        self._window = None if plan.rate is None else SlidingWindow(plan.rate)

    def __repr__(self) -> str:
        return f"<Account ...{self.name}: {self.credits_left} tokens left, {self._calls.total()} calls>"

    @property
    def plan(self) -> Plan:
        """What the key may do."""
        return self._plan

    @property
    def credits_left(self) -> int | None:
        """Tokens that nobody has set aside; `None` for no end of them."""
        return None if self._plan.credits is None else self._balance

    def move_to(self, plan: Plan) -> None:
        """Let another plan hold from now on; the tokens that are left stay as they are.

        Args:
            plan: The plan.
        """
        with self._traffic:
            if plan.rate != self._plan.rate:
                self._window = None if plan.rate is None else SlidingWindow(plan.rate)
            self._plan = plan

    def admit(self) -> Quota | None:
        """Count a request against the rate limit, unless it is over; `None` without a limit."""
        with self._traffic:
            return None if self._window is None else self._window.admit(self._clock())

    def quota(self) -> Quota | None:
        """Return what is left of the rate limit without counting anything; `None` without a limit."""
        with self._traffic:
            return None if self._window is None else self._window.look(self._clock())

    @contextmanager
    def running(self) -> Generator[bool, None, None]:
        """Count a call among those that run while a block lasts; tell whether the plan has a place for it."""
        with self._traffic:
            highest = self._plan.concurrency
            admitted = highest is None or self._running < highest
            self._running += admitted
        try:
            yield admitted
        finally:
            with self._traffic:
                self._running -= admitted

    def grant(self, tokens: int) -> None:
        """Give tokens, or take some back.

        Args:
            tokens: How many; fewer than none takes them back, but not below zero.

        Raises:
            ValueError: There are not so many to take back.
        """
        with self._money:
            if self._balance + tokens < 0:
                raise ValueError(f"tokens: only {self._balance} are left to take back, not {-tokens}")
            self._statement.add(self.id, "grant", Charge(GRANT_LINE, tokens))
            self._balance += tokens

    def reserve(self, line: str, tokens: int, *, call: str = "") -> Charge | None:
        """Set tokens aside for a call.

        Args:
            line: The line of the books, `endpoint` or `endpoint/style`.
            tokens: The call's price.
            call: The call's id in the log of calls.

        Returns:
            The charge, or `None` where not enough tokens are left.
        """
        charge = Charge(line, tokens, call)
        with self._money:
            self._pay_refunds()
            if self._plan.credits is not None and self._balance < tokens:
                return None
            self._balance -= tokens
            self._open.add(charge)
        return charge

    def settle(self, charge: Charge) -> None:
        """Take a charge's tokens, because the call has what it asked for; does nothing if the charge is closed.

        Args:
            charge: One of this account's charges.
        """
        with self._money:
            if charge not in self._open:
                return
            # First the statement: if it cannot be written, the charge is still open and will be released.
            self._statement.add(self.id, "charge", charge)
            self._open.remove(charge)
            self._calls[charge.line] += 1
            self._tokens[charge.line] += charge.tokens

    def release(self, charge: Charge) -> None:
        """Give a charge's tokens back, because the call failed or never began; does nothing if the charge is closed.

        Args:
            charge: One of this account's charges.
        """
        with self._money:
            if charge in self._open:
                self._open.remove(charge)
                self._released += 1
                self._balance += charge.tokens

    def refund(self, charge: Charge, *, due: Callable[[], bool]) -> None:
        """Give a settled charge's tokens back at some time, because the job that it paid for will have failed.

        Nothing runs in the meantime: the refund is booked when the account is next looked at.

        Args:
            charge: One of this account's charges, settled.
            due: Tells whether the time has come.
        """
        with self._money:
            self._refunds.promise(charge, due)

    def books(self) -> dict[str, Any]:
        """Return calls, tokens and credits, in all and by endpoint and style, ready for JSON.

        What was refunded counts as never charged.
        """
        with self._money:
            self._pay_refunds()
            return {
                "id": self.id,
                "account": self.name,
                "calls": self._calls.total(),
                "tokens": self._tokens.total(),
                "credits_left": self.credits_left,
                "tokens_reserved": sum(charge.tokens for charge in self._open),
                "calls_released": self._released,
                "calls_refunded": self._refunded,
                "lines": {
                    line: {"calls": self._calls[line], "tokens": self._tokens[line]} for line in sorted(+self._calls)
                },
            }

    def _pay_refunds(self) -> None:
        for charge in self._refunds.fall_due():
            self._statement.add(self.id, "refund", charge)
            self._calls[charge.line] -= 1
            self._tokens[charge.line] -= charge.tokens
            self._refunded += 1
            self._balance += charge.tokens
