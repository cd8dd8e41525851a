"""Clocks for tests that do not want to wait."""

from __future__ import annotations

import anyio

from imagine_async.clock import Clock

__all__ = ["FakeClock", "HurriedClock"]


class HurriedClock(Clock):
    """Real time, but for waits, which it cuts to a hundredth."""

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds / 100)


class FakeClock(Clock):
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
