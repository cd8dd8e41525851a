"""Rows that are done already: they are passed over, once it is seen that their files are there."""

from __future__ import annotations

from collections import deque
from typing import Any, TypeAlias

import anyio.to_thread

from imagine_async.batch.engine.counting import Counts
from imagine_async.batch.engine.inputs import Inputs
from imagine_async.batch.engine.keys import have_changed
from imagine_async.batch.engine.reading import as_candidate
from imagine_async.batch.journal.claims import Known, Window
from imagine_async.batch.records import RowState
from imagine_async.batch.rows import RowInput, UnreadRow
from imagine_async.batch.sinks.base import Sink

__all__ = ["DoneRow", "Skipping"]

_AT_ONCE = 500
_DONE = RowState.DONE.value

_STATE, _FINGERPRINT, _FILE, _SIZE, _INPUTS = map(
    Known._fields.index, ("state", "fingerprint", "file", "size", "inputs")
)

DoneRow: TypeAlias = tuple[tuple[Any, ...], RowInput]
"""A row that is done: what the journal knows of it, as a plain tuple, and what the caller handed in."""


class Skipping:
    """Passes over rows that are done, and finds those whose files are gone.

    Args:
        sink: Holds the files; `None` where files are not kept.
        counts: Is told how many rows were passed over.
    """

    def __init__(self, sink: Sink | None, counts: Counts) -> None:
        self._sink = sink
        self._counts = counts
        self._to_look_at: list[DoneRow] = []
        self._gone: deque[tuple[DoneRow, bool]] = deque()

    @property
    def is_full(self) -> bool:
        """Whether so many rows were passed over that it is time to look for their files."""
        return len(self._to_look_at) >= _AT_ONCE

    @property
    def has_found(self) -> bool:
        """Whether there are rows to be done once more."""
        return bool(self._gone)

    def next_gone(self) -> tuple[Known, RowInput, bool] | None:
        """Return a row that may have to be done once more, if there is one.

        Returns:
            What the journal knows of it, what the caller handed in, and whether its file is there, so that it has to
            be done only if what it sends is another one now.
        """
        if not self._gone:
            return None
        (known, item), is_there = self._gone.popleft()
        return Known._make(known), item, is_there

    def skip(self, inputs: Inputs, position: int, window: Window) -> int:
        """Pass over rows from the input, as long as they are done, and until `is_full`.

        Args:
            inputs: The caller's rows.
            position: The place of the next one.
            window: What the journal knows.

        Returns:
            The place of the first row that was not passed over.
        """
        rows, found = window.rows, self._to_look_at
        first = position
        while len(found) < _AT_ONCE:
            known = rows.get(position)
            if known is None or known[_STATE] != _DONE:
                break
            taken = inputs.take()
            if taken is None:
                break
            (item,) = taken
            unread = item if isinstance(item, UnreadRow) else as_candidate(item)
            if unread.fingerprint.hex() != known[_FINGERPRINT]:
                inputs.put_back(item)
                break
            found.append((known, item))
            position += 1
        self._counts.note_skipped(position - first)
        return position

    async def add(self, known: Known, item: RowInput) -> None:
        """Pass over a row.

        Args:
            known: What the journal knows of it: it is done.
            item: What the caller handed in.
        """
        self._to_look_at.append((known, item))
        self._counts.note_skipped()
        if self.is_full:
            await self.look()

    async def look(self) -> None:
        """Look for the files of the rows that were passed over."""
        rows, self._to_look_at = self._to_look_at, []
        lacking = set(await self._lacking(rows))
        changed = await anyio.to_thread.run_sync(_changed, rows) if any(known[_INPUTS] for known, _ in rows) else ()
        self._gone.extend((rows[place], place not in lacking) for place in sorted(lacking.union(changed)))

    async def will_lack(self, file: str, size: int) -> bool:
        """Tell whether a file is not there, or will not be when another one is stored under its name.

        Args:
            file: Its name in the sink.
            size: Its bytes.
        """
        if self._sink is None or getattr(self._sink, "replaces", False):
            return True
        return bool(await self._sink.lacking([(file, size)]))

    async def _lacking(self, rows: list[DoneRow]) -> list[int]:
        if self._sink is None or not rows:
            return []
        files = [(known[_FILE] or "", known[_SIZE] or 0) for known, _ in rows]
        return list(await self._sink.lacking(files))


def _changed(rows: list[DoneRow]) -> list[int]:
    return [place for place, (known, _) in enumerate(rows) if known[_INPUTS] and have_changed(known[_INPUTS])]
