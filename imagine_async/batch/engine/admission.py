"""Whether rows may begin: a batch may be paused, may be ending, and may be ahead of whoever takes its results."""

from __future__ import annotations

from heapq import heappop, heappush

import anyio

__all__ = ["Admission"]


class Admission:
    """Lets rows begin, or not.

    Args:
        window: Rows that may have begun and not been handed over, where they are handed over in the order of the input;
            `None` where they are not.
    """

    def __init__(self, window: int | None) -> None:
        self._window = window
        self._begun: list[int] = []
        self._handed_over: set[int] = set()
        self._changed = anyio.Event()
        self._scope: anyio.CancelScope | None = None
        self.is_paused = False
        self.is_over = False
        self.error: Exception | None = None

    def pause(self) -> None:
        """Let no row begin until `resume`."""
        self.is_paused = True

    def resume(self) -> None:
        """Let rows begin again."""
        self.is_paused = False
        self._wake()

    def stop(self, error: Exception | None = None) -> None:
        """Let no row begin any more.

        Args:
            error: Why; the first one is kept, and raised at the end.
        """
        self.is_over = True
        if self.error is None:
            self.error = error
        if self._scope is not None:
            # Whoever hands in rows may keep us waiting for the next one.
            self._scope.cancel()
        self._wake()

    def note_begun(self, position: int) -> None:
        """Take notice of a row that begins, or waits for another one.

        Args:
            position: Its place in the input.
        """
        if self._window is not None:
            heappush(self._begun, position)

    def note_handed_over(self, position: int) -> None:
        """Take notice of a row that was handed over.

        Args:
            position: Its place in the input.
        """
        self._handed_over.add(position)
        while self._begun and self._begun[0] in self._handed_over:
            self._handed_over.discard(heappop(self._begun))
        self._wake()

    def is_next(self, position: int) -> bool:
        """Tell whether all rows before one were handed over.

        Args:
            position: Its place in the input.
        """
        return not self._begun or self._begun[0] >= position

    async def wait(self) -> bool:
        """Wait until a row may begin.

        Returns:
            False if none may any more.
        """
        while not self.is_over and (self.is_paused or self._is_ahead):
            await self._changed.wait()
        return not self.is_over

    def interruptible(self) -> anyio.CancelScope:
        """Make a scope that is cancelled when no more rows may begin."""
        self._scope = anyio.CancelScope()
        if self.is_over:
            self._scope.cancel()
        return self._scope

    @property
    def _is_ahead(self) -> bool:
        return self._window is not None and len(self._begun) >= self._window

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
