"""A clock whose two hands are set by hand."""

from __future__ import annotations

from imagine_async.clock import Clock

__all__ = ["HandClock"]


class HandClock(Clock):
    """Time that passes only when it is told to; it may also step back."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.epoch = 1_795_521_600.0  # 2026-11-24 12:00 UTC

    def now(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return self.epoch

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.epoch += seconds
