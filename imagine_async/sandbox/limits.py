"""How many requests a key may make in a stretch of time."""

from __future__ import annotations

import math
import re
from collections import deque
from typing import Self

from attrs import field, frozen

__all__ = ["Quota", "RateLimit", "SlidingWindow"]

_RATE = re.compile(r"(?P<count>[0-9]{1,9})/(?P<length>[0-9]{1,9}(?:\.[0-9]{1,9})?)?(?P<unit>s|min)")
_SECONDS = {"s": 1.0, "min": 60.0}


@frozen
class RateLimit:
    """A number of requests in any window of a length.

    Args:
        count: Requests; at least one.
        seconds: The window's length; more than zero.
    """

    count: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a limit.

        Args:
            text: `N/Ts`, `N/s` or `N/min`, for example `50/60s`.

        Returns:
            The limit.

        Raises:
            ValueError: The text has another form, or one of its numbers is zero.
        """
        found = _RATE.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"a rate limit reads like '50/60s', '5/s' or '100/min', not {text!r}")
        count, seconds = int(found["count"]), float(found["length"] or 1) * _SECONDS[found["unit"]]
        if not count or not seconds:
            raise ValueError(f"a rate limit needs a count and a time above zero, not {text!r}")
        return cls(count, seconds)


@frozen
class Quota:
    """What a key may still do now.

    Args:
        admitted: Whether the request that asked was let in.
        limit: Requests in a window.
        remaining: Requests left in the window that ends now.
        reset: Seconds until the oldest counted request leaves the window; zero where none is counted.
    """

    admitted: bool
    limit: int
    remaining: int
    reset: float

    def headers(self) -> dict[str, str]:
        """Return the quota as reply headers; only the first is known from the live service."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(math.ceil(self.reset)),
        }


@frozen
class SlidingWindow:
    """Counts requests in a window that slides with time; a refused request does not count.

    The caller holds a lock: nothing here is safe to use from two threads at once.
    """

    rate: RateLimit
    _times: deque[float] = field(factory=deque[float], init=False)

    def admit(self, now: float) -> Quota:
        """Count a request if there is room for it.

        Args:
            now: Seconds on a clock that never steps back.
        """
        self._forget(now)
        admitted = len(self._times) < self.rate.count
        if admitted:
            self._times.append(now)
        return self._quota(now, admitted=admitted)

    def look(self, now: float) -> Quota:
        """Tell what is left without counting anything.

        Args:
            now: Seconds on a clock that never steps back.
        """
        self._forget(now)
        return self._quota(now, admitted=len(self._times) < self.rate.count)

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] <= now - self.rate.seconds:
            self._times.popleft()

    def _quota(self, now: float, *, admitted: bool) -> Quota:
        reset = self._times[0] + self.rate.seconds - now if self._times else 0.0
        return Quota(admitted, self.rate.count, self.rate.count - len(self._times), reset)
