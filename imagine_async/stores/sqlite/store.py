"""The store in a SQLite file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.errors import ConfigurationError
from imagine_async.stores.base import Store
from imagine_async.stores.budgets import Budget
from imagine_async.stores.entries import Entry, Fate, Hold, Line
from imagine_async.stores.rates import RateLimit
from imagine_async.stores.slots import Slot
from imagine_async.stores.sqlite import budgets, ledger, slots
from imagine_async.stores.sqlite.engine import SqliteEngine
from imagine_async.stores.sqlite.opening import Identity
from imagine_async.stores.sqlite.text import clean, clean_budget, clean_entry
from imagine_async.stores.sqlite.transaction import Work
from imagine_async.stores.worker import Worker

__all__ = ["SqliteStore"]


class SqliteStore(Store):
    """Limits and books in a file, for the processes of one host.

    Each process uses it by one thread and one connection. What is reserved is on the disk before a call is sent, so
    that a power cut does not lose it; the rest is written at once and outlives the process, whatever ends it.

    The file is made on first use, for its owner alone; so is its folder, if only that is missing. Beside it lie its
    `-wal`, `-shm` and `.lock`. It must be on a local disk: network drives have no shared memory. If it is deleted or
    replaced while it is in use, calls are refused until the program begins anew.

    Args:
        path: The file; `~` stands for the home folder.
        clock: The time.
        patience: Seconds for which a file is waited for that another program keeps locked.

    Raises:
        ConfigurationError: The path is none.

    Example:
        client = AsyncImagine(store=SqliteStore("~/imagine.db"), budget=500)
    """

    def __init__(self, path: str | Path, *, clock: Clock = SYSTEM_CLOCK, patience: float = 10.0) -> None:
        self.path = _checked(path)
        make_engine = partial(SqliteEngine, self.path, Identity(), clock)
        self._worker: Worker[Work] = Worker(make_engine, store=str(self.path), patience=patience)

    def __repr__(self) -> str:
        return f"SqliteStore({str(self.path)!r})"

    async def reserve_slot(self, account: str, limit: RateLimit) -> Slot:
        """Take the next free slot."""
        account = clean(account)

        def undo(slot: Slot | None) -> Work | None:
            return None if slot is None else Work(slots.give_slot_back, (account, limit, slot))

        slot: Slot = await self._worker.ask(Work(slots.reserve_slot, (account, limit)), undo=undo)
        return slot

    def post_slot_back(self, account: str, limit: RateLimit, slot: Slot) -> None:
        """Give back a slot."""
        self._post(slots.give_slot_back, clean(account), limit, slot)

    def post_delay(self, account: str, slot: Slot, seconds: float) -> None:
        """Note that a call has left later than its slot."""
        self._post(slots.delay, clean(account), slot, seconds, may_wait=True)

    async def confirm_slot(self, account: str, limit: RateLimit, slot: Slot) -> Slot:
        """Look at a slot again."""
        confirmed: Slot = await self._ask(slots.confirm_slot, clean(account), limit, slot)
        return confirmed

    def post_refusal(self, account: str, limit: RateLimit, seconds: float) -> None:
        """Void the slots to come."""
        self._post(slots.push_back, clean(account), limit, seconds)

    def post_room(self, account: str, limit: RateLimit, calls: int) -> None:
        """Cap the burst."""
        self._post(slots.cap_burst, clean(account), limit, calls)

    async def reserve(self, account: str, entry: Entry, budgets: Sequence[Budget], *, call_id: str | None) -> None:
        """Set tokens aside."""
        account, entry = clean(account), clean_entry(entry)
        release = Work(ledger.book, (account, entry.id, Fate.RELEASE))
        caps = [clean_budget(budget) for budget in budgets]
        work = Work(ledger.reserve, (account, entry, caps, call_id), is_durable=True)
        await self._worker.ask(work, undo=lambda _: release)

    def post_booking(self, account: str, entry: Entry, fate: Fate) -> None:
        """Book an entry."""
        self._post(ledger.book, clean(account), clean(entry.id), fate, may_wait=True)

    def post_doubt(self, account: str, entry: Entry) -> None:
        """Put a settled entry in doubt."""
        self._post(ledger.doubt, clean(account), clean_entry(entry), may_wait=True)

    async def flush(self) -> None:
        """Wait until all that was posted is written."""
        await self._worker.flush()

    async def lines(self, account: str) -> tuple[Line, ...]:
        """Return the books."""
        lines: tuple[Line, ...] = await self._ask(ledger.list_lines, clean(account))
        return lines

    async def holds(self, account: str) -> tuple[Hold, ...]:
        """Return the holds."""
        holds: tuple[Hold, ...] = await self._ask(ledger.list_holds, clean(account))
        return holds

    async def close_holds(self, account: str, ids: Sequence[str], fate: Fate) -> int:
        """Settle or release holds."""
        closed: int = await self._ask_durably(ledger.close_holds, clean(account), [clean(each) for each in ids], fate)
        return closed

    async def budgets(self, account: str) -> tuple[tuple[Budget, float], ...]:
        """Return the budgets that are set."""
        found: tuple[tuple[Budget, float], ...] = await self._ask(budgets.list_budgets, clean(account))
        return found

    async def set_budget(self, account: str, budget: Budget) -> None:
        """Set a budget."""
        await self._ask_durably(budgets.set_budget, clean(account), clean_budget(budget))

    async def drop_budget(self, account: str, scope: str, name: str | None) -> bool:
        """Take a budget away."""
        was_there: bool = await self._ask_durably(budgets.drop_budget, clean(account), clean(scope), clean(name))
        return was_there

    async def note(self, account: str, name: str) -> str | None:
        """Return a note."""
        text: str | None = await self._ask(budgets.read_note, clean(account), clean(name))
        return text

    async def set_note(self, account: str, name: str, text: str) -> None:
        """Leave a note."""
        await self._ask_durably(budgets.set_note, clean(account), clean(name), clean(text))

    async def accounts(self) -> tuple[str, ...]:
        """Return the names of the accounts that have books here."""
        accounts: tuple[str, ...] = await self._ask(ledger.list_accounts)
        return accounts

    async def aclose(self) -> None:
        """Write what was posted, and let go of the file."""
        await self._worker.aclose()

    def _post(self, operation: Callable[..., Any], *arguments: object, may_wait: bool = False) -> None:
        self._worker.post(Work(operation, arguments), may_wait=may_wait)

    async def _ask(self, operation: Callable[..., Any], *arguments: object) -> Any:
        return await self._worker.ask(Work(operation, arguments))

    async def _ask_durably(self, operation: Callable[..., Any], *arguments: object) -> Any:
        return await self._worker.ask(Work(operation, arguments, is_durable=True))


def _checked(path: str | Path) -> Path:
    text = str(path)
    if not text or "\0" in text:
        raise ConfigurationError(f"path={text!r}: pass the path of a file")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ConfigurationError(
            f"path={text!r}: the home folder is not known, so write the path without '~'"
        ) from None
