"""What a reply says of the server's rate limit. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from attrs import frozen

__all__ = ["Quota", "quota_from_headers"]


@frozen
class Quota:
    """What a server says that a key may still do.

    Of the live service only the first was seen; the other two are plausible companions.

    Args:
        limit: Calls in a window, from `x-ratelimit-limit`.
        remaining: Calls left in the window, from `x-ratelimit-remaining`.
        reset: Seconds until calls come back, from `x-ratelimit-reset`.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


def quota_from_headers(headers: Mapping[str, str], *, now: float) -> Quota | None:
    """Read the headers that tell of a rate limit.

    Args:
        headers: The headers, with names in lower case.
        now: Seconds since the epoch, for a reset that is given as a moment.

    Returns:
        What they say; `None` where they say nothing sensible.
    """
    limit = _whole(headers.get("x-ratelimit-limit"), least=1)
    remaining = _whole(headers.get("x-ratelimit-remaining"), least=0)
    reset = _number(headers.get("x-ratelimit-reset"))
    if limit is remaining is reset is None:
        return None
    return Quota(limit, remaining, None if reset is None else _seconds(reset, now))


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    # "50, 50;window=60" is how some gateways spell it: the first item counts.
    try:
        number = float(text.split(",")[0].split(";")[0])
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _whole(text: str | None, *, least: int) -> int | None:
    number = _number(text)
    return None if number is None or number < least else int(number)


def _seconds(reset: float, now: float) -> float:
    """Tell a moment from a stretch: nobody's window lasts for years."""
    return max(0.0, reset - now) if reset > _LONGEST_WINDOW else reset


_LONGEST_WINDOW = 10 * 365 * 24 * 3600.0
