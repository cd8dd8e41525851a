"""Quantities as people read them: times, rates, sizes, counts. Pure, and ASCII alone."""

from __future__ import annotations

from imagine_async.cli.tables import as_text

__all__ = ["counted", "duration", "per_second", "share", "size", "tokens"]

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_UNITS = ("kB", "MB", "GB", "TB", "PB")


def counted(number: int, name: str) -> str:
    """Return a number with what it counts, as in `1 row` and `1,200 rows`.

    Args:
        number: How many.
        name: Of what, in the singular.
    """
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"


def duration(seconds: float) -> str:
    """Return a time in the two units that matter, as in `45 s`, `3 min 20 s` and `2 h 05 min`.

    Args:
        seconds: At least 0.
    """
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR:02} h"


def per_second(rate: float) -> str:
    """Return a rate by the unit in which it can be read: seconds for fast ones, minutes for slow ones.

    Args:
        rate: Per second.
    """
    if rate >= 10:
        return f"{rate:,.0f}/s"
    return f"{rate:.1f}/s" if rate >= 1 else f"{rate * _MINUTE:.1f}/min"


def share(part: int, whole: int) -> str:
    """Return a part of a whole in per cent, rounded down: 100 % is all of it.

    Args:
        part: How many.
        whole: Of how many.
    """
    return f"{100 * part // whole if whole else 100} %"


def size(count: int) -> str:
    """Return a number of bytes in decimal units, as in `512 bytes` and `1.2 MB`.

    Args:
        count: How many.
    """
    if count < 1000:
        return counted(count, "byte")
    power = 1
    while count >= 999.95 * 1000**power and power < len(_UNITS):
        power += 1
    return f"{count / 1000**power:.1f} {_UNITS[power - 1]}"


def tokens(number: float) -> str:
    """Return a number of tokens with the word, as in `1 token` and `2.5 tokens`.

    Args:
        number: How many.
    """
    text = f"{number:,.0f}" if number == int(number) else as_text(number)
    return "1 token" if text == "1" else f"{text} tokens"
