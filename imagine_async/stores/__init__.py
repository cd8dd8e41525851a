"""Where the state of rate limits and ledgers lives: in memory, in a SQLite file, or in Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.on_use import loaded_on_use

if TYPE_CHECKING:
    from imagine_async.stores.base import Store
    from imagine_async.stores.budgets import Budget, BudgetScope
    from imagine_async.stores.entries import Entry, Fate, Hold, Line, LineKey
    from imagine_async.stores.memory import MemoryStore
    from imagine_async.stores.rates import RateLimit
    from imagine_async.stores.slots import Slot
else:
    __getattr__ = loaded_on_use(
        __name__,
        {
            "base": ("Store",),
            "budgets": ("Budget", "BudgetScope"),
            "entries": ("Entry", "Fate", "Hold", "Line", "LineKey"),
            "memory": ("MemoryStore",),
            "rates": ("RateLimit",),
            "slots": ("Slot",),
        },
    )

__all__ = [
    "Budget",
    "BudgetScope",
    "Entry",
    "Fate",
    "Hold",
    "Line",
    "LineKey",
    "MemoryStore",
    "RateLimit",
    "Slot",
    "Store",
]
