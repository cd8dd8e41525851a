"""Books every attempt: tokens are reserved before it is sent, then settled, released or held.

A budget cannot be overrun by concurrency, because reserving is one step under a lock. A call whose outcome is unknown
keeps its tokens on hold: it may have been charged.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, field, frozen

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import BudgetExceededError, ConfigurationError, Outcome, UnpricedCallError
from imagine_async.middleware.base import Middleware
from imagine_async.requests import Request
from imagine_async.results import Usage, UsageRow

__all__ = ["Budget", "Credits", "Ledger", "price_of"]


def _limit(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        raise ConfigurationError(f"budget={value!r}: pass a number of tokens, 0 or more")
    return float(value)


@frozen
class Budget:
    """A hard cap on what a client may spend.

    Args:
        tokens: Tokens that settled, held and reserved calls may cost together.

    Raises:
        ConfigurationError: The number is negative or no number.
    """

    tokens: float = field(converter=_limit)


def price_of(request: Request[Any], prices: Mapping[str, float]) -> float | None:
    """Look up what a request costs.

    Args:
        request: The request.
        prices: Tokens by `endpoint/style` or `endpoint`.

    Returns:
        Tokens, or `None` where no price is known.
    """
    return next((prices[key] for key in request.price_keys if key in prices), None)


@define
class _Account:
    calls: int = 0
    tokens: float = 0.0
    held: float = 0.0
    unpriced: int = 0


class Ledger:
    """The books of one client, in memory; safe to share between threads and event loops.

    Args:
        budget: The cap; `None` for none.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._reserved = 0.0
        self._accounts: dict[tuple[str, str | None], _Account] = {}

    @property
    def committed(self) -> float:
        """Tokens settled, held and reserved."""
        return self._reserved + sum(account.tokens + account.held for account in self._accounts.values())

    def reserve(self, tokens: float, *, call_id: str | None = None) -> None:
        """Set tokens aside for a call.

        Args:
            tokens: What it costs.
            call_id: The call's id, for the error.

        Raises:
            BudgetExceededError: There is too little left.
        """
        with self._lock:
            if self.budget is not None and self.committed + tokens > self.budget.tokens:
                raise BudgetExceededError(
                    needed=tokens, spent=self.committed, limit=self.budget.tokens, call_id=call_id
                )
            self._reserved += tokens

    def release(self, tokens: float) -> None:
        """Give back what was reserved for a call that was not done.

        Args:
            tokens: What was reserved.
        """
        with self._lock:
            self._reserved -= tokens

    def settle(self, request: Request[Any], tokens: float | None) -> None:
        """Book a call that was done.

        Args:
            request: What was done.
            tokens: What was reserved; `None` where no price is known.
        """
        with self._lock:
            account = self._take_over(request, tokens)
            account.tokens += tokens or 0.0

    def hold(self, request: Request[Any], tokens: float | None) -> None:
        """Book a call that may have been charged.

        Args:
            request: What may have been done.
            tokens: What was reserved; `None` where no price is known.
        """
        with self._lock:
            account = self._take_over(request, tokens)
            account.held += tokens or 0.0

    def usage(self) -> Usage:
        """Return the books, by endpoint and style."""
        with self._lock:
            rows = [_row(key, account) for key, account in self._accounts.items()]
        return Usage(rows=tuple(sorted(rows, key=lambda row: (row.endpoint, row.style or ""))))

    def _take_over(self, request: Request[Any], tokens: float | None) -> _Account:
        self._reserved -= tokens or 0.0
        key = (request.endpoint.name, request.billed_style)
        account = self._accounts.setdefault(key, _Account())
        account.calls += 1
        account.unpriced += tokens is None
        return account


def _row(key: tuple[str, str | None], account: _Account) -> UsageRow:
    return UsageRow(
        endpoint=key[0],
        style=key[1],
        calls=account.calls,
        tokens=account.tokens,
        held=account.held,
        unpriced=account.unpriced,
    )


class Credits(Middleware):
    """Keeps the ledger for every attempt.

    Args:
        ledger: The books.
        prices: Tokens by `endpoint/style` or `endpoint`.
        unpriced: What to do under a budget with a call whose price is not known.
    """

    def __init__(
        self, ledger: Ledger, prices: Mapping[str, float], *, unpriced: Literal["refuse", "allow"] = "refuse"
    ) -> None:
        self.ledger = ledger
        self._prices = prices
        self._unpriced = unpriced

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Reserve, attempt, and book by what became of it; calls that cost nothing pass through."""
        if not call.request.endpoint.paid:
            return await next(call)
        call.tokens = self._price(call)
        self.ledger.reserve(call.tokens or 0.0, call_id=call.id)
        call.emit("reserved", tokens=call.tokens)
        try:
            result = await next(call)
        except BaseException as error:
            # A cancelled task raises no error of ours: there the call itself knows how far it had come.
            self._book(call, getattr(error, "outcome", call.outcome))
            raise
        self._book(call, Outcome.COMPLETED)
        return result

    def _price(self, call: Call) -> float | None:
        tokens = price_of(call.request, self._prices)
        if tokens is None and self.ledger.budget is not None and self._unpriced == "refuse":
            raise UnpricedCallError(call.request.price_keys[0], call_id=call.id)
        return tokens

    def _book(self, call: Call, outcome: Outcome) -> None:
        if outcome is Outcome.COMPLETED:
            self.ledger.settle(call.request, call.tokens)
            call.emit("settled", tokens=call.tokens)
        elif outcome is Outcome.UNKNOWN:
            self.ledger.hold(call.request, call.tokens)
        else:
            self.ledger.release(call.tokens or 0.0)
