"""What replies tell of the server's rate limit. No I/O."""

from __future__ import annotations

import threading

from attrs import evolve

from imagine_async.call import Call
from imagine_async.errors import RateLimitedError
from imagine_async.quota import Quota
from imagine_async.stores import RateLimit

__all__ = ["LearntLimit"]

# A server that rounds up to whole seconds may name one more than it means.
_ROUNDING_SECONDS = 1.0
_FIRST_SHARE = 1 / 16


class LearntLimit:
    """A limit that follows what replies say, where that is lower than what was set.

    A reply names the calls of a window and the seconds until it resets. The longest such time is taken for the window:
    it may be too short at first, where windows are fixed and one was half over, and never too long. The set limit stays
    the upper bound. One object serves all loops and threads of a client.

    Args:
        limit: What was set.
    """

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self._set = limit
        self._lock = threading.Lock()
        self._calls: int | None = None
        self._window = 0.0
        self._refused = 0
        self._refused_at = 0.0

    def learn(self, quota: Quota) -> int | None:
        """Follow what a reply says.

        Args:
            quota: What it says.

        Returns:
            How many calls may leave at once from now on, at most; `None` where the reply does not tell.
        """
        if not self._set.learn:
            return None
        if quota.limit is not None:
            with self._lock:
                self._follow(quota.limit, quota.reset)
        if quota.remaining is None or quota.remaining >= self.limit.burst_calls:
            return None
        return max(1, quota.remaining)

    def pause_after(self, error: RateLimitedError, call: Call, began: float, now: float) -> float:
        """Decide how long nobody may leave after a refusal.

        What the server asks for is never shortened. Where it asks for nothing, the pause doubles with each refusal, up
        to the window; where it says when its window resets, that is waited for, to within its rounding.

        Args:
            error: The refusal.
            call: The call that was refused.
            began: When its attempt began, in seconds on the client's clock.
            now: The time on that clock.

        Returns:
            Seconds.
        """
        with self._lock:
            if began >= self._refused_at:
                # Those that left before the last refusal was known belong to it.
                self._refused += 1
                self._refused_at = now
            doubled = self._doubled()
        if error.retry_after is not None:
            return max(error.retry_after, self.limit.interval)
        reset = call.quota.reset if call.quota is not None and self._set.learn else None
        return doubled if reset is None else max(reset - _ROUNDING_SECONDS, min(doubled, reset))

    def forget_refusals(self) -> None:
        """Note a success: the next refusal is the first again."""
        if self._refused:
            with self._lock:
                self._refused = 0

    def _doubled(self) -> float:
        first = max(self.limit.interval, _FIRST_SHARE * self.limit.seconds)
        return min(first * 2.0 ** min(self._refused - 1, 60), self.limit.window)

    def _follow(self, calls: int, reset: float | None) -> None:
        if calls != self._calls:
            self._calls, self._window = calls, 0.0
        self._window = max(self._window, reset or 0.0)
        seconds = self._window or self._set.seconds
        if calls / seconds < self._set.calls / self._set.seconds:
            burst = None if self._set.burst is None else min(self._set.burst, calls)
            if (calls, seconds) != (self.limit.calls, self.limit.seconds):
                self.limit = evolve(self._set, calls=calls, seconds=seconds, burst=burst)
        elif self.limit is not self._set:
            self.limit = self._set
