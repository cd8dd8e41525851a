"""The books of a client: what it has spent, what it may have spent, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from imagine_async.call import Call
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.errors import ConfigurationError
from imagine_async.stores import Budget, Entry, Fate, Hold, LineKey, Store

if TYPE_CHECKING:
    from imagine_async.middleware.reconciling import Statement
    from imagine_async.usage import BudgetState, Reconciliation, Usage, UsageBy

__all__ = ["Ledger"]

_BALANCE_NOTE = "balance"
# Beyond a call's deadline: time for what is cancelled to be booked.
_GRACE_SECONDS = 10.0
_DAY_SECONDS = 24 * 60 * 60


class Ledger:
    """The books of an account, as one client keeps them in a store.

    Args:
        store: Where they are.
        account: Whose they are.
        budgets: The client's own caps, besides those that are set in the store.
        clock: The time.
        hold_seconds: After how long a call that may have been charged is booked as charged; `None`: by hand alone.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        budgets: Sequence[Budget] = (),
        clock: Clock = SYSTEM_CLOCK,
        hold_seconds: float | None = None,
    ) -> None:
        self.store = store
        self.account = account
        self.own_budgets = tuple(budgets)
        self._clock = clock
        self._hold_seconds = hold_seconds

    def with_budget(self, budget: Budget) -> Ledger:
        """Return the same books with a further cap.

        Args:
            budget: The cap.
        """
        return Ledger(
            self.store,
            self.account,
            budgets=(*self.own_budgets, budget),
            clock=self._clock,
            hold_seconds=self._hold_seconds,
        )

    async def reserve(self, call: Call) -> Entry:
        """Set a call's tokens aside.

        Args:
            call: The call, with its tokens.

        Returns:
            What was reserved, to be booked.

        Raises:
            BudgetExceededError: A budget would be overrun.
            StoreError: The store cannot be used.
        """
        request = call.request
        key = _line_key(self._today(), request.endpoint.name, request.billed_style, call.tag, call.batch)
        entry = Entry(
            id=f"{call.id}/{call.attempt}", key=key, tokens=call.tokens, seconds=call.remaining + _GRACE_SECONDS
        )
        await self.store.reserve(self.account, entry, self.own_budgets, call_id=call.id)
        return entry

    def book(self, entry: Entry, fate: Fate) -> None:
        """Book what became of a reservation.

        Args:
            entry: What was reserved.
            fate: How to book it.
        """
        self.store.post_booking(self.account, entry, fate)

    def doubt(self, entry: Entry) -> None:
        """Hold what was settled, because what it paid for has failed.

        Args:
            entry: What was settled.
        """
        self.store.post_doubt(self.account, entry)

    async def is_capped(self) -> bool:
        """Tell whether there is any budget, here or in the store."""
        return bool(self.own_budgets) or bool(await self.store.budgets(self.account))

    async def usage(self, by: UsageBy | Sequence[UsageBy] = ("endpoint", "style")) -> Usage:
        """Return what was used.

        Args:
            by: What to split it by.

        Returns:
            The sums.

        Raises:
            ConfigurationError: `by` names what is not booked.
            StoreError: The store cannot be used.
        """
        # Loaded on use, as below: many programs never ask.
        from imagine_async.middleware.summing import checked_by, summed
        from imagine_async.usage import Usage

        wanted = checked_by(by)
        await self._let_holds_expire()
        return Usage(by=wanted, rows=summed(await self.store.lines(self.account), wanted))

    async def holds(self) -> tuple[Hold, ...]:
        """Return the calls that may have been charged, the oldest first.

        Raises:
            StoreError: The store cannot be used.
        """
        await self._let_holds_expire()
        return await self.store.holds(self.account)

    async def close_holds(self, ids: Iterable[str] | None, older_than: float | None, fate: Fate) -> int:
        """Settle or release holds.

        Args:
            ids: Which; `None`: all.
            older_than: Seconds since they were reserved, at least; `None`: any age.
            fate: `SETTLE` or `RELEASE`.

        Returns:
            How many there were.

        Raises:
            StoreError: The store cannot be used.
        """
        wanted = None if ids is None else {ids} if isinstance(ids, str) else set(ids)
        before = None if older_than is None else self._clock.wall() - older_than
        chosen = [
            hold.id
            for hold in await self.store.holds(self.account)
            if (wanted is None or hold.id in wanted) and (before is None or hold.since <= before)
        ]
        return await self.store.close_holds(self.account, chosen, fate) if chosen else 0

    async def reconcile(self, statement: Statement, *, anew: bool = False) -> Reconciliation:
        """Compare the books with the server's, and settle or release what was held.

        Args:
            statement: Tokens left on the account, or what was charged by price key.
            anew: Whether to note the balance as if it were the first.

        Returns:
            What came of it.

        Raises:
            ConfigurationError: Calls are under way, or the statement is none; or it is a first balance, and calls are
                held.
            StoreError: The store cannot be used.
        """
        from imagine_async.middleware.reconciling import compare_balance, compare_statement

        await self._let_holds_expire()
        lines, holds = await self.store.lines(self.account), await self.store.holds(self.account)
        if any(line.reserved for line in lines):
            raise ConfigurationError(
                "calls are under way, and a statement may already hold them: reconcile when they have ended"
            )
        if isinstance(statement, (int, float)) and not isinstance(statement, bool):
            noted = None if anew else await self.store.note(self.account, _BALANCE_NOTE)
            comparison = compare_balance(lines, holds, float(statement), noted)
        elif anew:
            raise ConfigurationError("anew=True: pass it with the tokens left on the account, which begin anew")
        else:
            comparison = compare_statement(lines, holds, statement)
        await self.store.close_holds(self.account, comparison.charged, Fate.SETTLE)
        await self.store.close_holds(self.account, comparison.not_charged, Fate.RELEASE)
        if comparison.note is not None:
            await self.store.set_note(self.account, _BALANCE_NOTE, comparison.note)
        return comparison.result()

    async def budgets(self) -> tuple[BudgetState, ...]:
        """Return the client's own budgets, then those of the store, with what is spent of each.

        Raises:
            StoreError: The store cannot be used.
        """
        from imagine_async.middleware.summing import spent
        from imagine_async.usage import BudgetState

        lines = await self.store.lines(self.account) if self.own_budgets else ()
        own = [BudgetState(budget=each, spent=spent(lines, each, self._today())) for each in self.own_budgets]
        shared = await self.store.budgets(self.account)
        return (*own, *(BudgetState(budget=each, spent=total, is_shared=True) for each, total in shared))

    async def _let_holds_expire(self) -> None:
        if self._hold_seconds is not None:
            await self.close_holds(None, self._hold_seconds, Fate.SETTLE)

    def _today(self) -> str:
        return _day(int(self._clock.wall() // _DAY_SECONDS))


_line_key = lru_cache(1024)(LineKey)


@lru_cache
def _day(number: int) -> str:
    """Return a day in UTC, counted from the epoch, as `2026-11-24`."""
    return datetime.fromtimestamp(number * _DAY_SECONDS, UTC).date().isoformat()
