"""A rate limit: how many calls may leave in any window of time."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from attrs import field, frozen

from imagine_async.errors import ConfigurationError

__all__ = ["RateLimit"]

_PATTERN = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9}(?:\.\d{1,9})?)?\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\s*")
_UNIT_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_MARGIN_SHARE = 0.015
_LARGEST_MARGIN = 0.1
_LEAST_DELAY = 0.001


@frozen(init=False)
class RateLimit:
    """How many calls may leave in any window of time.

    No window of that length, wherever it begins, ever holds more calls than that. Within it they leave evenly, but for
    a burst.

    Args:
        calls: Calls in any window, at least 1; or calls and window as one text, such as `50/60s`, `10/s` or `100/min`.
        seconds: The window's length, over 0; left out where the text has it.
        burst: Calls that may leave at once after a rest, 1 to `calls`; `None`: a fifth of `calls`.
        margin: Seconds that are added to the window, because calls do not arrive as evenly as they leave; `None`:
            1.5 % of the window, a tenth of a second at most.
        learn: Whether to follow what replies say of the server's limit (`x-ratelimit-*`), where that is lower.

    Raises:
        ConfigurationError: The text is no limit, or a number is out of range.

    Example:
        client = AsyncImagine(rate_limit=RateLimit("50/60s", burst=1))
    """

    calls: int
    seconds: float
    burst: int | None = None
    margin: float | None = None
    learn: bool = field(default=True, kw_only=True)

    def __init__(
        self,
        calls: int | str,
        seconds: float | None = None,
        burst: int | None = None,
        margin: float | None = None,
        *,
        learn: bool = True,
    ) -> None:
        numbers: tuple[Any, Any] = _parsed(calls) if isinstance(calls, str) and seconds is None else (calls, seconds)
        # What is no number is refused below, like a number that is out of range.
        self.__attrs_init__(*numbers, burst, margin, learn=learn)  # pyright: ignore[reportAttributeAccessIssue] # by attrs

    def __attrs_post_init__(self) -> None:
        if not (_is_whole(self.calls) and self.calls >= 1 and _is_amount(self.seconds) and self.seconds > 0):
            raise ConfigurationError(
                f"rate_limit={self.calls!r}/{self.seconds!r}s: pass at least 1 call and seconds over 0, or write it "
                "like '50/60s'"
            )
        if not (self.burst is None or (_is_whole(self.burst) and 1 <= self.burst <= self.calls)):
            raise ConfigurationError(f"burst={self.burst!r}: pass 1 to {self.calls}, or leave it out")
        if not (self.margin is None or _is_amount(self.margin)):
            raise ConfigurationError(f"margin={self.margin!r}: pass seconds from 0, or leave it out")

    @classmethod
    def of(cls, given: RateLimit | str | None) -> RateLimit | None:
        """Read what the client's `rate_limit=` takes.

        Args:
            given: A limit, also as text; `None` for none.

        Returns:
            The limit.

        Raises:
            ConfigurationError: It is none.
        """
        if given is None or isinstance(given, cls):
            return given
        if not isinstance(given, str):
            raise ConfigurationError(f"rate_limit={given!r}: write it like '50/60s', '10/s' or '100/min'")
        return cls(given)

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


def _parsed(text: str) -> tuple[int, float]:
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"rate_limit={text!r}: write it like '50/60s', '10/s' or '100/min'")
    calls, number, unit = match.groups()
    return int(calls), float(number or 1) * _UNIT_SECONDS[unit[0]]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value) and value >= 0
