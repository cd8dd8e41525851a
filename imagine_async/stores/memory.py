"""The store in memory: for one process, and as long as that lives."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.stores.base import Store
from imagine_async.stores.books import Books
from imagine_async.stores.budgets import Budget
from imagine_async.stores.entries import Entry, Fate, Hold, Line
from imagine_async.stores.rates import RateLimit
from imagine_async.stores.slots import Slot, SlotBook

__all__ = ["MemoryStore"]


class MemoryStore(Store):
    """Limits and books in memory; safe to share between clients, threads and event loops.

    A fork copies it: from then on each process has its own.

    Args:
        clock: The time.
    """

    def __init__(self, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._slots: dict[str, SlotBook] = defaultdict(SlotBook)
        self._books: dict[str, Books] = defaultdict(Books)

    async def reserve_slot(self, account: str, limit: RateLimit) -> Slot:
        """Take the next free slot."""
        with self._lock:
            # The clock is read under the lock: else two threads might note the time in the wrong order.
            return self._slots[account].reserve(limit, self._clock.now())

    def post_slot_back(self, account: str, limit: RateLimit, slot: Slot) -> None:
        """Give back a slot."""
        with self._lock:
            book = self._slots[account]
            if book.refusals == slot.refusals:
                book.give_back(limit, slot.at)

    def post_delay(self, account: str, slot: Slot, seconds: float) -> None:
        """Note that a call has left later than its slot."""
        with self._lock:
            self._slots[account].delay(slot.at, seconds)

    async def confirm_slot(self, account: str, limit: RateLimit, slot: Slot) -> Slot:
        """Look at a slot again."""
        with self._lock:
            return self._slots[account].confirm(limit, slot, self._clock.now())

    def post_refusal(self, account: str, limit: RateLimit, seconds: float) -> None:
        """Void the slots to come."""
        with self._lock:
            self._slots[account].push_back(limit, seconds, self._clock.now())

    def post_room(self, account: str, limit: RateLimit, calls: int) -> None:
        """Cap the burst."""
        with self._lock:
            self._slots[account].leave(limit, calls, self._clock.now())

    async def reserve(self, account: str, entry: Entry, budgets: Sequence[Budget], *, call_id: str | None) -> None:
        """Set tokens aside."""
        with self._lock:
            self._books[account].reserve(entry, budgets, self._clock.wall(), call_id=call_id)

    def post_booking(self, account: str, entry: Entry, fate: Fate) -> None:
        """Book an entry."""
        with self._lock:
            self._books[account].book(entry.id, fate)

    def post_doubt(self, account: str, entry: Entry) -> None:
        """Put a settled entry in doubt."""
        with self._lock:
            self._books[account].doubt(entry, self._clock.wall())

    async def flush(self) -> None:
        """Nothing is left to write."""

    async def lines(self, account: str) -> tuple[Line, ...]:
        """Return the books."""
        with self._lock:
            return tuple(self._books[account].lines())

    async def holds(self, account: str) -> tuple[Hold, ...]:
        """Return the holds."""
        with self._lock:
            return tuple(self._books[account].holds())

    async def close_holds(self, account: str, ids: Sequence[str], fate: Fate) -> int:
        """Settle or release holds."""
        with self._lock:
            books = self._books[account]
            held = {hold.id for hold in books.holds()}
            return sum(books.book(each, fate) for each in ids if each in held)

    async def budgets(self, account: str) -> tuple[tuple[Budget, float], ...]:
        """Return the budgets that are set."""
        today = datetime.fromtimestamp(self._clock.wall(), UTC).date().isoformat()
        with self._lock:
            books = self._books[account]
            return tuple((budget, _spent(books, budget, today)) for budget in books.budgets.values())

    async def set_budget(self, account: str, budget: Budget) -> None:
        """Set a budget."""
        with self._lock:
            self._books[account].budgets[budget.scope, budget.name] = budget

    async def drop_budget(self, account: str, scope: str, name: str | None) -> bool:
        """Take a budget away."""
        with self._lock:
            return self._books[account].budgets.pop((scope, name), None) is not None

    async def note(self, account: str, name: str) -> str | None:
        """Return a note."""
        with self._lock:
            return self._books[account].notes.get(name)

    async def set_note(self, account: str, name: str, text: str) -> None:
        """Leave a note."""
        with self._lock:
            self._books[account].notes[name] = text

    async def accounts(self) -> tuple[str, ...]:
        """Return the names of the accounts."""
        with self._lock:
            return tuple(sorted(self._books))


def _spent(books: Books, budget: Budget, today: str) -> float:
    if budget.scope == "day":
        return books.spent("day", budget.name or today)
    named = budget.scope == "client" or budget.name is not None
    return books.spent(budget.scope, budget.name) if named else books.largest(budget.scope)
