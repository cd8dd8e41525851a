"""A journal as a whole: what a status line tells of it. Blocks."""

from __future__ import annotations

import os
from collections.abc import Mapping

from attrs import frozen

from imagine_async.batch.journal.owners import is_dead
from imagine_async.batch.journal.reading import count_states, query_journal
from imagine_async.batch.records import RowState
from imagine_async.clock import SYSTEM_CLOCK, Clock

__all__ = ["Overview", "look_over"]


@frozen(kw_only=True)
class Overview:
    """A journal as a whole.

    Args:
        states: Rows in the input by state.
        unreadable: Rows in the input that could not be read, which only another manifest helps.
        left_over: Rows that are no longer in the input.
        tokens: What all rows have cost, or may have.
        workers: The names of the workers that are alive.
        changed_at: When a row changed last, in seconds since the epoch; `None` if there is no row.
    """

    states: Mapping[RowState, int]
    unreadable: int
    left_over: int
    tokens: float
    workers: tuple[str, ...]
    changed_at: float | None


def look_over(path: str | os.PathLike[str], *, clock: Clock = SYSTEM_CLOCK) -> Overview:
    """Look at a journal as a whole, while a batch runs or after.

    Args:
        path: The journal's file.
        clock: The time, by which a worker is alive or not.

    Returns:
        What there is.

    Raises:
        StoreError: The file is no journal, or cannot be read.
    """
    query = (
        "SELECT coalesce(sum(tokens), 0.0), coalesce(sum(position < 0), 0), max(changed),"
        " coalesce(sum(position >= 0 AND request IS NULL AND state = 'failed'), 0) FROM rows"
    )
    ((tokens, left_over, changed_at, unreadable),) = query_journal(path, query, ())
    owners = query_journal(path, "SELECT owner, host, process, started, until FROM owners ORDER BY owner", ())
    now = clock.wall()
    return Overview(
        states=count_states(path),
        unreadable=unreadable,
        left_over=left_over,
        tokens=tokens,
        workers=tuple(
            name for name, host, process, started, until in owners if not is_dead(host, process, started, until, now)
        ),
        changed_at=changed_at,
    )
