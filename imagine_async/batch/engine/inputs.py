"""What a caller hands in, row by row, never ahead of what is needed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator

import anyio

from imagine_async.batch.engine.admission import Admission
from imagine_async.batch.rows import RowInput

__all__ = ["Inputs"]


class Inputs:
    """Yields the caller's rows, from any iterable.

    Args:
        rows: A list, a generator, an async generator, a manifest.
        admission: Ends the wait for a row of an async generator, when no more rows may begin.
    """

    def __init__(self, rows: Iterable[RowInput] | AsyncIterable[RowInput], admission: Admission) -> None:
        self._admission = admission
        self._async: AsyncIterator[RowInput] | None = aiter(rows) if isinstance(rows, AsyncIterable) else None
        self._sync: Iterator[RowInput] = iter(()) if isinstance(rows, AsyncIterable) else iter(rows)
        self._put_back: list[RowInput] = []

    @property
    def is_at_hand(self) -> bool:
        """Whether `take` never has to wait."""
        return self._async is None

    async def next(self) -> tuple[RowInput] | None:
        """Return the next row; `None` at the end."""
        if self._put_back:
            return (self._put_back.pop(),)
        if self._async is None:
            return self.take()
        with self._admission.interruptible():
            try:
                return (await anext(self._async),)
            except StopAsyncIteration:
                return None
        return None

    def take(self) -> tuple[RowInput] | None:
        """Return the next row of an iterable that is at hand, but none that was put back; `None` at the end."""
        for item in self._sync:
            return (item,)
        return None

    def put_back(self, item: RowInput) -> None:
        """Have a row come once more.

        Args:
            item: The row that came last.
        """
        self._put_back.append(item)

    async def aclose(self) -> None:
        """End a generator here, in the task that ran it, rather than whenever it is collected."""
        if isinstance(self._async, AsyncGenerator):
            with anyio.CancelScope(shield=True):
                await self._async.aclose()
