"""Time that passes only when everybody sleeps, and then jumps to the moment when the first wakes."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

import anyio

from imagine_async.clock import Clock

__all__ = ["VirtualClock"]


class VirtualClock(Clock):
    """A clock for tests on a real event loop; `run` lets the time pass until nobody sleeps any more."""

    def __init__(self, time: float = 1000.0) -> None:
        self.time = time
        self._numbers = count()
        self._sleepers: list[tuple[float, int, anyio.Event]] = []

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        sleeper = (self.time + max(0.0, seconds), next(self._numbers), anyio.Event())
        heappush(self._sleepers, sleeper)
        try:
            await sleeper[2].wait()
        except BaseException:
            # Nobody is there any more to be woken: time must not pass for it.
            self._sleepers = sorted(each for each in self._sleepers if each is not sleeper)
            raise

    async def run(self, until: float = float("inf")) -> None:
        """Let the time pass until everybody is awake, or to a moment."""
        while True:
            await anyio.wait_all_tasks_blocked()
            if not self._sleepers or self._sleepers[0][0] > until:
                break
            self.time, _, awake = heappop(self._sleepers)
            awake.set()
        self.time = max(self.time, until) if until < float("inf") else self.time
