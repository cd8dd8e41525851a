"""Dates on a clock that only counts seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

__all__ = ["Timeline"]


class Timeline:
    """Turns the sandbox's clock, which tests may set, into dates.

    Args:
        clock: Seconds on a clock that never steps back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = datetime.now(UTC) - timedelta(seconds=clock())

    def seconds(self) -> float:
        """Return what the clock shows."""
        return self._clock()

    def date(self) -> datetime:
        """Return the date that belongs to what the clock shows, in UTC."""
        return self._start + timedelta(seconds=self._clock())
