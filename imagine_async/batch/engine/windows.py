"""What the journal knows of the rows that come next; while some are passed over, the next ones are asked for."""

from __future__ import annotations

import anyio

from imagine_async.batch.journal.claims import Window
from imagine_async.batch.journal.keeping import Journal
from imagine_async.errors import ImagineError
from imagine_async.tasks import spawn

__all__ = ["Windows"]

_ROWS = 5000
_ROWS_IF_SHARED = 64


class Windows:
    """Knows what the journal knows, window by window.

    Args:
        journal: The journal.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._now: Window | None = None
        self._next: Window | None = None
        self._task: object = None
        self._is_fetched = anyio.Event()
        self.is_shared = False

    @property
    def has_left_over(self) -> bool:
        """Whether there are rows that are no longer in the input, and may come back."""
        return self._now is not None and self._now.has_left_over

    async def at(self, position: int) -> Window:
        """Return the window that a position lies in, or the last one where the journal knows of no row so far on.

        Args:
            position: The place of a row; never one before that of the last call.

        Raises:
            StoreError: The journal cannot be read.
        """
        window = self._now
        if window is not None and (position < window.end or (window.is_last and not self.is_shared)):
            return window
        window = await self._fetched(position)
        self.is_shared = self.is_shared or bool(window.others)
        if not window.is_last and not self.is_shared:
            self._is_fetched = anyio.Event()
            self._task = spawn(lambda: self._fetch(window.end))
        self._now = window
        return window

    async def _fetched(self, position: int) -> Window:
        if self._task is not None:
            await self._is_fetched.wait()
            window, self._next, self._task = self._next, None, None
            if window is not None and window.end - _ROWS == position and not self.is_shared:
                return window
        return await self._journal.window(position, _ROWS_IF_SHARED if self.is_shared else _ROWS)

    async def _fetch(self, start: int) -> None:
        try:
            self._next = await self._journal.window(start, _ROWS)
        except ImagineError:
            # It is met again by whoever needs the window.
            self._next = None
        finally:
            self._is_fetched.set()
