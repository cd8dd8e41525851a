"""What every store of limits and books can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from imagine_async.stores.budgets import Budget
from imagine_async.stores.entries import Entry, Fate, Hold, Line
from imagine_async.stores.rates import RateLimit
from imagine_async.stores.slots import Slot

__all__ = ["Store"]


class Store(ABC):
    """Where the state of rate limits and ledgers lives, under the name of an account.

    It may be used from several event loops and threads at once, and after a fork. What is awaited may wait for the
    store; what is posted is written soon, in the order of posting, and survives a store that is away for a while.
    """

    @abstractmethod
    async def reserve_slot(self, account: str, limit: RateLimit) -> Slot:
        """Take the next free slot of an account's rate limit.

        Args:
            account: Whose limit.
            limit: The limit.

        Returns:
            The slot. If the caller is cancelled meanwhile, it is given back.

        Raises:
            StoreError: The store cannot be used; no slot was given.
        """

    @abstractmethod
    def post_slot_back(self, account: str, limit: RateLimit, slot: Slot) -> None:
        """Give back a slot that was not used; it is free again if nobody stands behind it.

        Args:
            account: Whose limit.
            limit: The limit.
            slot: The slot.
        """

    @abstractmethod
    def post_delay(self, account: str, slot: Slot, seconds: float) -> None:
        """Note that the call of a slot has left later than that, so that its window is counted from then on.

        Args:
            account: Whose limit.
            slot: The slot.
            seconds: How much later.
        """

    @abstractmethod
    async def confirm_slot(self, account: str, limit: RateLimit, slot: Slot) -> Slot:
        """Look at a slot again when it has come.

        Args:
            account: Whose limit.
            limit: The limit.
            slot: The slot.

        Returns:
            The slot as it is now, which is moved to now where its time is over. With other refusals it is void. With a
            wait above 0 it has not come yet, because calls before it left late.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    def post_refusal(self, account: str, limit: RateLimit, seconds: float) -> None:
        """Void all slots that have not come, and let nobody leave for a while.

        Args:
            account: Whose limit.
            limit: The limit.
            seconds: How long.
        """

    @abstractmethod
    def post_room(self, account: str, limit: RateLimit, calls: int) -> None:
        """Let no more than so many calls leave at once from here on.

        Args:
            account: Whose limit.
            limit: The limit.
            calls: How many, at least 1.
        """

    @abstractmethod
    async def reserve(self, account: str, entry: Entry, budgets: Sequence[Budget], *, call_id: str | None) -> None:
        """Set tokens aside, unless that would overrun a budget: the given ones, or those set in the store.

        It is one step: however many reserve at once, from however many processes, no budget is overrun. Reserving an
        entry again that is there already changes nothing. If the caller is cancelled meanwhile, it is released.

        Args:
            account: Whose books.
            entry: What is reserved.
            budgets: The client's own budgets.
            call_id: The call's id, for the error.

        Raises:
            BudgetExceededError: A budget would be overrun; nothing was reserved.
            StoreError: The store cannot be used; nothing was reserved.
        """

    @abstractmethod
    def post_booking(self, account: str, entry: Entry, fate: Fate) -> None:
        """Book an entry that is reserved or held; one that is neither stays as it is.

        Args:
            account: Whose books.
            entry: The entry.
            fate: What became of it.
        """

    @abstractmethod
    def post_doubt(self, account: str, entry: Entry) -> None:
        """Move an entry that was settled to those that may have been charged: what it paid for has failed since.

        Args:
            account: Whose books.
            entry: The entry; one that is held already stays so.
        """

    @abstractmethod
    async def flush(self) -> None:
        """Wait until everything is written that was posted before.

        Raises:
            StoreError: The store cannot be used, and is waited for no longer.
        """

    @abstractmethod
    async def lines(self, account: str) -> tuple[Line, ...]:
        """Return the books: one line for each day, endpoint, style, tag and batch, sorted.

        Args:
            account: Whose books.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    async def holds(self, account: str) -> tuple[Hold, ...]:
        """Return the calls that may have been charged, the oldest first.

        Those count among them that were reserved by a process that has died since.

        Args:
            account: Whose books.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    async def close_holds(self, account: str, ids: Sequence[str], fate: Fate) -> int:
        """Settle or release holds by hand.

        Args:
            account: Whose books.
            ids: Which; those that are no holds are passed over.
            fate: `SETTLE` or `RELEASE`.

        Returns:
            How many there were.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    async def budgets(self, account: str) -> tuple[tuple[Budget, float], ...]:
        """Return the budgets that are set in the store, each with what is spent in its scope.

        For one that holds for every day it is today's sum, in UTC; for every tag or batch, that of the largest.

        Args:
            account: Whose books.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    async def set_budget(self, account: str, budget: Budget) -> None:
        """Set a budget for all who share the store, in place of one with the same scope and name.

        Args:
            account: Whose books.
            budget: The budget.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    async def drop_budget(self, account: str, scope: str, name: str | None) -> bool:
        """Take a budget away that was set in the store.

        Args:
            account: Whose books.
            scope: The budget's scope.
            name: The budget's name.

        Returns:
            Whether there was one.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    async def note(self, account: str, name: str) -> str | None:
        """Return a note that was left in the books; `None` where there is none.

        Args:
            account: Whose books.
            name: Its name.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    async def set_note(self, account: str, name: str, text: str) -> None:
        """Leave a note in the books, in place of one of the same name.

        Args:
            account: Whose books.
            name: Its name.
            text: What to note.

        Raises:
            StoreError: The store cannot be used.
        """

    @abstractmethod
    async def accounts(self) -> tuple[str, ...]:
        """Return the names of the accounts that have books here, sorted.

        Raises:
            StoreError: The store cannot be used.
        """

    async def aclose(self) -> None:
        """Write what was posted, and let go of files and connections; used again, the store opens them again.

        Raises:
            StoreError: The store cannot be used; what is not written stays reserved there, and is held in the end.
        """
        await self.flush()
