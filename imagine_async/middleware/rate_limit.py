"""Paces calls before they are sent, so that the server's limit is met and not discovered.

The generic cell rate algorithm, by reservation: each call takes the next free slot and learns at once how long to
wait, which makes the order fair without polling. One answer of "too many requests" moves everybody's slots.
"""

from __future__ import annotations

import re
import threading

from attrs import frozen

from imagine_async.call import Call, Handler, Result
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.errors import ConfigurationError, DeadlineExceededError, RateLimitedError
from imagine_async.middleware.base import Middleware

__all__ = ["RateLimit", "RateLimiter"]

_PATTERN = re.compile(r"\s*(\d+)\s*/\s*(\d+(?:\.\d+)?)?\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\s*")
_UNIT_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@frozen
class RateLimit:
    """How many calls may leave in any window of time.

    Args:
        calls: Calls in any window.
        seconds: The window's length.
        burst: Calls that may leave at once; the others are spaced so that no window ever holds more than `calls`.
            `None`: a fifth of `calls`. The smaller, the higher the steady rate: 1 gives `calls / seconds`.

    Raises:
        ConfigurationError: A number is out of range.
    """

    calls: int
    seconds: float
    burst: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.calls < 1 or not self.seconds > 0:
            raise ConfigurationError(f"rate_limit={self.calls}/{self.seconds}s: pass at least 1 call and a time over 0")
        if not 1 <= self.burst_calls <= self.calls:
            raise ConfigurationError(f"burst={self.burst}: pass 1 to {self.calls}, or leave it out")

    @classmethod
    def parse(cls, text: str) -> RateLimit:
        """Read a limit such as `50/60s`, `10/s` or `100/min`.

        Args:
            text: Calls, a slash, and a time.

        Returns:
            The limit.

        Raises:
            ConfigurationError: The text is no limit.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ConfigurationError(f"rate_limit={text!r}: write it like '50/60s', '10/s' or '100/min'")
        calls, number, unit = match.groups()
        return cls(int(calls), float(number or 1) * _UNIT_SECONDS[unit[0]])

    @property
    def burst_calls(self) -> int:
        """Calls that may leave at once."""
        return max(1, self.calls // 5) if self.burst is None else self.burst

    @property
    def interval(self) -> float:
        """Seconds between calls once the burst is used up."""
        return self.seconds / (self.calls - self.burst_calls + 1)

    @property
    def tolerance(self) -> float:
        """Seconds by which a call may leave ahead of its slot."""
        return self.interval * (self.burst_calls - 1)


@frozen
class _Reservation:
    slot: float
    wait: float
    refusals: int


class RateLimiter(Middleware):
    """Holds each attempt until its slot.

    Args:
        limit: The limit.
        clock: The time.
    """

    def __init__(self, limit: RateLimit, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self.limit = limit
        self._clock = clock
        # Slots are shared by all loops and threads that use the client.
        self._lock = threading.Lock()
        self._next_slot = 0.0
        self._resume_at = 0.0
        self._refusals = 0

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Wait for a slot, then go on; learn from a refusal."""
        while (reservation := self._reserve()).wait > 0:
            await self._wait_for(reservation, call)
            if reservation.refusals == self._refusals:
                break
            # Somebody was refused in the meantime: slots given out before that count no more.
        try:
            return await next(call)
        except RateLimitedError as error:
            self._push_back(error.retry_after)
            raise

    async def _wait_for(self, reservation: _Reservation, call: Call) -> None:
        try:
            if reservation.wait >= call.remaining:
                raise _too_late(reservation.wait, call)
            call.emit("waiting", seconds=reservation.wait)
            await self._clock.sleep(reservation.wait)
        except BaseException:
            self._give_back(reservation)
            raise

    def _reserve(self) -> _Reservation:
        now = self._clock.now()
        with self._lock:
            slot = max(self._next_slot, now)
            self._next_slot = slot + self.limit.interval
            return _Reservation(slot, slot - self.limit.tolerance - now, self._refusals)

    def _give_back(self, reservation: _Reservation) -> None:
        """Free a slot if nobody stands behind it: moving those who do would break the limit."""
        with self._lock:
            last = self._next_slot == reservation.slot + self.limit.interval
            if last and reservation.refusals == self._refusals:
                self._next_slot = reservation.slot

    def _push_back(self, seconds: float | None) -> None:
        """After a refusal nobody has a burst left, and the server's wait counts for all, also for those who wait."""
        pause = max(seconds or 0.0, self.limit.interval)
        with self._lock:
            self._refusals += 1
            self._resume_at = max(self._resume_at, self._clock.now() + pause)
            self._next_slot = self._resume_at + self.limit.tolerance


def _too_late(wait: float, call: Call) -> DeadlineExceededError:
    return DeadlineExceededError(
        f"the rate limit would hold the call for {wait:.1f} s, and its deadline is in {call.remaining:.1f} s; "
        "nothing was sent: raise timeout= or start fewer calls at once",
        call_id=call.id,
    )
