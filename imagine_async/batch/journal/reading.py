"""Looking into a journal, while a batch runs or after: for the command line, galleries and exports. Blocks."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from imagine_async.batch.journal.schema import JOURNAL
from imagine_async.batch.records import RowRecord, RowState
from imagine_async.errors import StoreError
from imagine_async.stores.sqlite.failures import meaning_of

__all__ = ["count_states", "query_journal", "read_records"]

_COLUMNS = (
    "position, key, state, id, line, tags, request, stem, file, size, digest, width, height, seed, tokens, elapsed,"
    " attempts, error, call_id, job, owner, changed"
)
_AT_ONCE = 1000


def read_records(path: str | os.PathLike[str], states: Collection[RowState] | None = None) -> Iterator[RowRecord]:
    """Read the rows of a journal one after the other: those in the input, in its order, then those that no longer are.

    Args:
        path: The journal's file.
        states: Which rows; `None` for all.

    Yields:
        The rows.

    Raises:
        StoreError: The file is no journal, or cannot be read.
    """
    wanted = tuple(RowState) if states is None else tuple(states)
    marks = ", ".join("?" * len(wanted))
    query = (
        f"SELECT {_COLUMNS} FROM rows WHERE position >= ? AND position < ? AND state IN ({marks})"
        f" ORDER BY position LIMIT {_AT_ONCE}"
    )
    for start, end in ((0, 2**62), (-(2**62), 0)):
        while True:
            # Anew for each piece: a long read would keep the log from being moved into the file.
            found = query_journal(path, query, (start, end, *(state.value for state in wanted)))
            yield from map(_record, found)
            if len(found) < _AT_ONCE:
                break
            start = found[-1][0] + 1


def count_states(path: str | os.PathLike[str]) -> Mapping[RowState, int]:
    """Count the rows of a journal by state; those that are no longer in the input are left out.

    Args:
        path: The journal's file.

    Returns:
        How many rows there are of each state that occurs.

    Raises:
        StoreError: The file is no journal, or cannot be read.
    """
    found = query_journal(path, "SELECT state, count(*) FROM rows WHERE position >= 0 GROUP BY state", ())
    return {RowState(state): count for state, count in found}


def query_journal(path: str | os.PathLike[str], query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    """Ask a journal, without changing it.

    Args:
        path: The journal's file.
        query: In SQL.
        values: For its question marks.

    Returns:
        The rows that were found.

    Raises:
        StoreError: The file is no journal, or cannot be read.
    """
    file = Path(path)
    if not file.is_file():
        raise StoreError(f"{file}: there is no journal", store=str(file))
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            if connection.execute("PRAGMA application_id").fetchone()[0] != JOURNAL.application:
                raise StoreError(f"{file}: this is not {JOURNAL.name}", store=str(file))
            return connection.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise StoreError(f"{file}: {meaning_of(error)}", store=str(file)) from error


def _record(row: tuple[Any, ...]) -> RowRecord:
    position, key, state, row_id, line, tags, request, *rest = row
    stem, file, size, digest, width, height, seed, tokens, elapsed, attempts, error, call_id, job, owner, changed = rest
    return RowRecord(
        position=position,
        key=key,
        state=RowState(state),
        id=row_id,
        line=line,
        tags=tuple(json.loads(tags)) if tags else (),
        request=None if request is None else json.loads(request),
        stem=stem,
        file=file,
        size=size,
        digest=digest,
        width=width,
        height=height,
        seed=seed,
        tokens=tokens,
        elapsed=elapsed,
        attempts=attempts,
        error=error,
        call_id=call_id,
        job=job,
        owner=owner,
        changed_at=changed,
    )
