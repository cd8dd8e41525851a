"""Time, in one place, so that tests bring their own."""

from __future__ import annotations

import time

import anyio

__all__ = ["SYSTEM_CLOCK", "Clock"]


class Clock:
    """The system's time; subclass it to control time in a test."""

    def now(self) -> float:
        """Return seconds on a clock that never steps back."""
        return time.monotonic()

    def wall(self) -> float:
        """Return seconds since the epoch, for dates that a server sends."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait.

        Args:
            seconds: How long.
        """
        await anyio.sleep(seconds)


SYSTEM_CLOCK = Clock()
