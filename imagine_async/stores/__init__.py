"""Where the state of rate limits and ledgers lives: in memory, in a SQLite file, or in Redis."""

from __future__ import annotations

from imagine_async.stores.base import Store
from imagine_async.stores.budgets import Budget, BudgetScope
from imagine_async.stores.entries import Entry, Fate, Hold, Line, LineKey
from imagine_async.stores.memory import MemoryStore
from imagine_async.stores.rates import RateLimit
from imagine_async.stores.slots import Slot

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
