"""Time for tests that shall not wait: a wait ends at once, and the time that it stands for has passed."""

from __future__ import annotations

import threading
import time
from heapq import heappop, heappush
from itertools import count

import anyio
from anyio.lowlevel import checkpoint

from imagine_async.clock import Clock

__all__ = ["NoWaitClock"]

# So that tasks which are just starting fall asleep before anybody wakes, and wake in the order of their waits.
_FIRST_TURNS = 10
# From then on somebody else's loop is busy, and spinning would only slow it down.
_MOST_TURNS = 200
_MOMENT_SECONDS = 0.001


class NoWaitClock(Clock):
    """A clock that stands still, but for waits: each ends at once, and the time it asked for has passed.

    Of several waits the shortest ends first, and waits at the same time pass together, as they would in real time.
    Safe to use from several threads and event loops: a sandbox can go by the same clock (`clock.now`), so that a client
    that has "waited" finds the server's rate limit and its video jobs that much further on.

    Example:
        clock = NoWaitClock()
        async with AsyncImagine.sandbox(faults=["storm"], clock=clock) as client:
            await client.text_to_image("a red fox")
        print(clock.waits)  # the second for which the server had asked, and a little more
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start = self._time = time.monotonic()
        self._wall = time.time()
        self._numbers = count()
        self._sleepers: list[tuple[float, int]] = []
        self._gone: set[tuple[float, int]] = set()
        self._waits: list[float] = []

    @property
    def waits(self) -> list[float]:
        """The waits that were begun, in seconds, in their order."""
        with self._lock:
            return list(self._waits)

    @property
    def waited(self) -> float:
        """Seconds that have passed in all; those of waits at the same time count once."""
        return self.now() - self._start

    def now(self) -> float:
        """Return seconds on a clock that never steps back."""
        with self._lock:
            return self._time

    def wall(self) -> float:
        """Return seconds since the epoch: the moment when the clock was made, and what has passed since."""
        return self._wall + self.waited

    def advance(self, seconds: float) -> None:
        """Let time pass, for example until a signed URL has ended.

        Args:
            seconds: How much, 0 or more.

        Raises:
            ValueError: Time does not step back.
        """
        if not seconds >= 0:
            raise ValueError(f"seconds={seconds!r}: pass 0 or more; time does not step back")
        with self._lock:
            self._time += seconds

    async def sleep(self, seconds: float) -> None:
        """Let the time pass and go on, once whoever is to wake earlier has gone on.

        Args:
            seconds: How long to wait.
        """
        sleeper = self._fall_asleep(max(0.0, seconds))
        try:
            turns = 0
            while turns < _FIRST_TURNS or not self._is_first(sleeper):
                turns += 1
                await (checkpoint() if turns < _MOST_TURNS else anyio.sleep(_MOMENT_SECONDS))
            self._pass_to(sleeper[0])
        finally:
            with self._lock:
                self._gone.add(sleeper)

    def _fall_asleep(self, seconds: float) -> tuple[float, int]:
        with self._lock:
            self._waits.append(seconds)
            sleeper = (self._time + seconds, next(self._numbers))
            heappush(self._sleepers, sleeper)
        return sleeper

    def _is_first(self, sleeper: tuple[float, int]) -> bool:
        with self._lock:
            while self._sleepers[0] in self._gone:
                self._gone.remove(heappop(self._sleepers))
            return self._sleepers[0] == sleeper

    def _pass_to(self, moment: float) -> None:
        with self._lock:
            self._time = max(self._time, moment)
