"""The clock of the video jobs, which can run faster than the world and be moved on."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["JobClock"]


class JobClock:
    """A clock that never steps back. Safe to use from several threads.

    Args:
        clock: Seconds on the sandbox's clock.
        speed: Seconds that pass on this one for each of those.
    """

    def __init__(self, clock: Callable[[], float], speed: float) -> None:
        self._clock = clock
        self._speed = speed
        self._advanced = 0.0
        self._lock = threading.Lock()

    def seconds(self) -> float:
        """Return what the clock shows."""
        return self._clock() * self._speed + self._advanced

    def advance(self, seconds: float) -> None:
        """Let seconds pass at once.

        Args:
            seconds: How many, from 0.
        """
        with self._lock:
            self._advanced += seconds
