"""Dates on a clock that only counts seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

__all__ = ["CLOCK_SHIFT", "Timeline"]

CLOCK_SHIFT: ContextVar[float] = ContextVar("imagine_async_sandbox_clock_shift", default=0.0)
"""How many seconds ahead the dates are that the request being served is told."""


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

    def shown_date(self) -> datetime:
        """Return the date as the request that is being served is told it; a fault may want it wrong, books never."""
        return self.date() + timedelta(seconds=CLOCK_SHIFT.get())
