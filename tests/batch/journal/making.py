"""Claims and open journals for the tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imagine_async import TextToImage
from imagine_async.batch.journal.claims import Claim
from imagine_async.batch.journal.owners import Owner
from imagine_async.batch.journal.schema import JOURNAL
from imagine_async.clock import Clock
from imagine_async.stores.sqlite.transaction import Transaction
from tests.virtual_time import VirtualClock

__all__ = ["claim_for", "owner_named", "table_of", "transaction"]


def owner_named(name: str) -> Owner:
    """Make a worker of this process."""
    made = Owner.of_this_process()
    return Owner(name, made.host, made.process, made.started)


def claim_for(position: int, owner: str = "me", **named: Any) -> Claim:
    """Make a claim of a row."""
    request = TextToImage(prompt=f"fox {position}", seed=position + 1)
    given = {
        "fingerprint": bytes([position % 256] * 16),
        "key": bytes([255 - position % 256] * 16),
        "request": request,
        "data": {"endpoint": "text_to_image", "prompt": request.prompt},
        "stem": f"{position:07d}",
    }
    return Claim(position=position, owner=owner, **{**given, **named})


@contextmanager
def transaction(clock: Clock | None = None, *, path: Path | str = ":memory:") -> Iterator[Transaction]:
    """Open the tables of a journal, without a thread."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript(JOURNAL.tables)
        yield Transaction(connection, clock or VirtualClock())
    finally:
        connection.close()


def table_of(transaction: Transaction) -> list[tuple[Any, ...]]:
    """Return all rows as they stand in the file."""
    return transaction.rows("SELECT * FROM rows ORDER BY position")
