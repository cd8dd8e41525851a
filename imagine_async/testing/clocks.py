"""A clock without waits: tests of retries, limits and videos that take minutes end at once."""

from __future__ import annotations

import threading
import time

import anyio.lowlevel

from imagine_async.clock import Clock

__all__ = ["NoWaitClock"]


class NoWaitClock(Clock):
    """A clock for `AsyncImagine(clock=...)` that jumps ahead where a client would wait. Safe to share between threads.

    Who waits side by side jumps together: two waits of ten seconds at one time are ten seconds, not twenty. Deadlines
    are reached as if the time had passed.

    Example:
        clock = NoWaitClock()
        client = AsyncImagine(clock=clock)
        ...
        assert clock.waits == [2.0, 4.0]
    """

    def __init__(self) -> None:
        self.waits: list[float] = []
        """The seconds of every wait, in the order in which they began."""
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return seconds on a clock that never steps back."""
        return time.monotonic() + self._ahead

    def wall(self) -> float:
        """Return seconds since the epoch."""
        return time.time() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Jump ahead instead of waiting.

        Args:
            seconds: How far.
        """
        end = self.now() + seconds
        self.waits.append(seconds)
        await anyio.lowlevel.checkpoint()
        with self._lock:
            self._ahead = max(self._ahead, end - time.monotonic())

    @property
    def waited(self) -> float:
        """The seconds by which the clock is ahead of the world."""
        return self._ahead
