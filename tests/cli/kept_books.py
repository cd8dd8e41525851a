"""Books in a SQLite file, as programs have left them, for the command to look into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
from attrs import field, frozen

from imagine_async.stores import Entry, Fate, Hold, Line, LineKey, Store
from imagine_async.stores.sqlite import SqliteStore
from tests.stores.clocks import HandClock

__all__ = ["ACCOUNT", "KeptBooks"]

ACCOUNT = "0123456789abcdef"


@frozen
class KeptBooks:
    """A file of books, and the means to write and read it as a program does.

    Args:
        path: The file.
        account: Whose books.
        clock: What the programs go by; at first it is 2026-11-24 12:00 UTC.
    """

    path: Path
    account: str = ACCOUNT
    clock: HandClock = field(factory=HandClock)

    @property
    def setting(self) -> str:
        """The store as a setting."""
        return f"sqlite:{self.path}"

    def book(
        self, entry_id: str, fate: Fate | None, *, tokens: float | None = 5, seconds: float = 1e9, **key: Any
    ) -> None:
        """Book a call; without a fate it stays reserved."""
        line = LineKey(**{"day": "2026-11-24", "endpoint": "text_to_image", "style": "anime", **key})
        entry = Entry(id=entry_id, key=line, tokens=tokens, seconds=seconds)

        async def book(store: Store) -> None:
            await store.reserve(self.account, entry, (), call_id=None)
            if fate is not None:
                store.post_booking(self.account, entry, fate)

        self._do(book)

    def lines(self) -> tuple[Line, ...]:
        """Read the lines."""
        found: tuple[Line, ...] = self._do(lambda store: store.lines(self.account))
        return found

    def holds(self) -> tuple[Hold, ...]:
        """Read the holds."""
        found: tuple[Hold, ...] = self._do(lambda store: store.holds(self.account))
        return found

    def budgets(self) -> list[tuple[float, str, str | None]]:
        """Read the budgets: tokens, scope and name."""
        found = self._do(lambda store: store.budgets(self.account))
        return [(budget.tokens, budget.scope, budget.name) for budget, _ in found]

    def _do(self, work: Any) -> Any:
        async def run() -> Any:
            store = SqliteStore(self.path, clock=self.clock)
            try:
                return await work(store)
            finally:
                await store.aclose()

        return anyio.run(run)
