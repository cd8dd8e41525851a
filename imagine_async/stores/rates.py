"""A rate limit: how many calls may leave in any window of time."""

from __future__ import annotations

import re
from math import isfinite

from attrs import field, frozen

from imagine_async.errors import ConfigurationError

__all__ = ["RateLimit"]

_PATTERN = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9}(?:\.\d{1,9})?)?\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\s*")
_UNIT_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_MARGIN_SHARE = 0.015
_LARGEST_MARGIN = 0.1
_LEAST_DELAY = 0.001


@frozen
class RateLimit:
    """How many calls may leave in any window of time.

    No window of that length, wherever it begins, ever holds more calls than that. Within it they leave evenly, but for
    a burst.

    Args:
        calls: Calls in any window, at least 1.
        seconds: The window's length, over 0.
        burst: Calls that may leave at once after a rest, 1 to `calls`; `None`: a fifth of `calls`.
        margin: Seconds that are added to the window, because calls do not arrive as evenly as they leave; `None`:
            1.5 % of the window, a tenth of a second at most.
        learn: Whether to follow what replies say of the server's limit (`x-ratelimit-*`), where that is lower.

    Raises:
        ConfigurationError: A number is out of range.
    """

    calls: int
    seconds: float
    burst: int | None = None
    margin: float | None = None
    learn: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.calls < 1 or not (self.seconds > 0 and isfinite(self.seconds)):
            raise ConfigurationError(f"rate_limit={self.calls}/{self.seconds}s: pass at least 1 call and a time over 0")
        if not 1 <= self.burst_calls <= self.calls:
            raise ConfigurationError(f"burst={self.burst}: pass 1 to {self.calls}, or leave it out")
        if not (self.margin is None or 0 <= self.margin < float("inf")):
            raise ConfigurationError(f"margin={self.margin!r}: pass seconds from 0, or leave it out")

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
        """Calls that may leave at once after a rest."""
        return max(1, self.calls // 5) if self.burst is None else self.burst

    @property
    def interval(self) -> float:
        """Seconds between calls once the burst is used up."""
        return self.seconds / self.calls

    @property
    def spacing(self) -> float:
        """Seconds between calls that had to wait: half the interval, so that what a pause has cost is made up for."""
        return self.interval / 2

    @property
    def tolerance(self) -> float:
        """Seconds by which a call may leave ahead of its turn, which is what makes a burst."""
        return self.interval * (self.burst_calls - 1)

    @property
    def tolerated_delay(self) -> float:
        """Seconds by which a call may leave after its slot before that is worth a word: a quarter of the margin."""
        return max(_LEAST_DELAY, (self.window - self.seconds) / 4)

    @property
    def window(self) -> float:
        """Seconds in which no more than `calls` may leave, the margin included."""
        margin = min(_LARGEST_MARGIN, _MARGIN_SHARE * self.seconds) if self.margin is None else self.margin
        return self.seconds + margin
