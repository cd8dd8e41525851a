"""Who may call, what they have left, and what they were charged.

Nothing here knows about an event loop: one lock a key guards plain numbers, so that a sandbox can be used from several
threads and loops at once. A charge is reserved when a request is accepted, settled when its picture is there or its
video job accepted, and released otherwise, so that the books can be compared with a client's ledger after any failure.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from imagine_async.sandbox.charges import Charge, Refunds
from imagine_async.sandbox.limits import Quota, SlidingWindow
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["Account", "Accounts"]


class Account:
    """The tokens, the request window and the books of one key. Safe to use from several threads.

    Args:
        key: The API key.
        settings: Credits and rate limit.
        clock: Seconds on a clock that never steps back.
    """

    def __init__(self, key: str, settings: SandboxSettings, clock: Callable[[], float]) -> None:
        # At most half of the key, so that a short one is not given away either.
        self.name = key[len(key) - min(4, len(key) // 2) :]
        self._key = key.encode()
        self._clock = clock
        self._lock = threading.Lock()
        self._left = settings.credits
        self._open: set[Charge] = set()
        self._released = 0
        self._refunds = Refunds()
        self._refunded = 0
        self._calls: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        rate = settings.rate
        self._window = None if rate is None else SlidingWindow(rate)

    def __repr__(self) -> str:
        return f"<Account ...{self.name}: {self._left} tokens left, {self._calls.total()} calls>"

    def owns(self, key: bytes) -> bool:
        """Tell in constant time whether this is the account's key.

        Args:
            key: The bytes that a request brought.
        """
        return hmac.compare_digest(self._key, key)

    def admit(self) -> Quota | None:
        """Count a request against the rate limit, unless it is over; `None` without a limit."""
        if self._window is None:
            return None
        with self._lock:
            return self._window.admit(self._clock())

    def quota(self) -> Quota | None:
        """Return what is left of the rate limit without counting anything; `None` without a limit."""
        if self._window is None:
            return None
        with self._lock:
            return self._window.look(self._clock())

    def reserve(self, line: str, tokens: int) -> Charge | None:
        """Set tokens aside for a call.

        Args:
            line: The line of the books, `endpoint` or `endpoint/style`.
            tokens: The call's price.

        Returns:
            The charge, or `None` where not enough tokens are left.
        """
        charge = Charge(line, tokens)
        with self._lock:
            self._pay_refunds()
            if self._left is not None and self._left < tokens:
                return None
            self._add(-tokens)
            self._open.add(charge)
        return charge

    def settle(self, charge: Charge) -> None:
        """Take a charge's tokens, because the call has what it asked for; does nothing if the charge is closed.

        Args:
            charge: One of this account's charges.
        """
        with self._lock:
            if self._close(charge):
                self._calls[charge.line] += 1
                self._tokens[charge.line] += charge.tokens

    def release(self, charge: Charge) -> None:
        """Give a charge's tokens back, because the call failed or never began; does nothing if the charge is closed.

        Args:
            charge: One of this account's charges.
        """
        with self._lock:
            if self._close(charge):
                self._released += 1
                self._add(charge.tokens)

    def refund(self, charge: Charge, *, after: float) -> None:
        """Give a settled charge's tokens back after a while, because the job that it paid for will have failed.

        Nothing runs in the meantime: the refund is booked when the account is next looked at.

        Args:
            charge: One of this account's charges, settled.
            after: Seconds from now.
        """
        with self._lock:
            self._refunds.promise(charge, self._clock() + after)

    def books(self) -> dict[str, Any]:
        """Return calls, tokens and credits, in all and by endpoint and style, ready for JSON.

        What was refunded counts as never charged.
        """
        with self._lock:
            self._pay_refunds()
            return {
                "account": self.name,
                "calls": self._calls.total(),
                "tokens": self._tokens.total(),
                "credits_left": self._left,
                "tokens_reserved": sum(charge.tokens for charge in self._open),
                "calls_released": self._released,
                "calls_refunded": self._refunded,
                "lines": {
                    line: {"calls": self._calls[line], "tokens": self._tokens[line]} for line in sorted(+self._calls)
                },
            }

    def _pay_refunds(self) -> None:
        for charge in self._refunds.fall_due(self._clock()):
            self._calls[charge.line] -= 1
            self._tokens[charge.line] -= charge.tokens
            self._refunded += 1
            self._add(charge.tokens)

    def _add(self, tokens: int) -> None:
        if self._left is not None:
            self._left += tokens

    def _close(self, charge: Charge) -> bool:
        was_open = charge in self._open
        self._open.discard(charge)
        return was_open


class Accounts:
    """Every account of a sandbox.

    Args:
        settings: Keys, credits and rate limit.
        clock: Seconds on a clock that never steps back.
    """

    def __init__(self, settings: SandboxSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts = tuple(Account(key, settings, clock) for key in settings.keys)

    def find(self, key: bytes) -> Account | None:
        """Look up an account in a time that does not tell how much of a wrong key was right.

        Args:
            key: The bytes that a request brought.
        """
        owners = [account for account in self._accounts if account.owns(key)]
        return owners[0] if owners else None

    def books(self) -> dict[str, Any]:
        """Return the books of every account, ready for JSON."""
        return {"accounts": [account.books() for account in self._accounts]}
