"""Numbers in request fields: taken from any kind of number, kept in a documented range, written in one way."""

from __future__ import annotations

import operator
from decimal import Decimal
from math import inf, isfinite, nan
from typing import Any

from imagine_async.catalog import FormField
from imagine_async.errors import InvalidRequestError

__all__ = ["END", "as_index", "as_truth", "number_in", "whole", "whole_in", "wire_text"]

END = 10**100
"""Where no page names an end, this one keeps a number writable."""

_BOOL, _NUMBERS = "b", "fiu"


def whole(name: str, value: int | None, low: float = -inf, high: float = inf) -> int | None:
    """Take a whole number within a range.

    Args:
        name: The field, for the error.
        value: The number, also one of numpy's; `None` passes.
        low: The smallest that is allowed.
        high: The largest that is allowed.

    Returns:
        The number as Python's own.

    Raises:
        InvalidRequestError: It is no whole number, or out of the range.
    """
    if value is None:
        return None
    number = as_index(value)
    if number is None or not (low <= number <= high and -END < number < END):
        raise InvalidRequestError(name, value, f"pass a whole number{_range(low, high)}, or None to leave it open")
    return number


def whole_in(known: FormField, value: int | None) -> int | None:
    """Take a whole number within the range that the catalog has for a field; as `whole`."""
    return whole(known.name, value, *_ends(known))


def number_in(known: FormField, value: float | None) -> float | None:
    """Take a number within the range that the catalog has for a field.

    Args:
        known: The field.
        value: The number, of any kind that `float` takes but a text; `None` passes.

    Returns:
        The number as Python's own.

    Raises:
        InvalidRequestError: It is no number, not finite, or out of the range.
    """
    if value is None:
        return None
    low, high = _ends(known)
    number = _as_float(value)
    if not (isfinite(number) and low <= number <= high):
        raise InvalidRequestError(known.name, value, f"pass a number{_range(low, high)}, or None to leave it open")
    # A negative zero would be written with its sign.
    return number + 0.0


def as_index(value: Any) -> int | None:
    """Return a whole number, also one of numpy's, as Python's own; `None` for all else, truth values included."""
    # Older releases of numpy take their own truth values for integers as well.
    if isinstance(value, bool) or _kind(value) == _BOOL:
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def as_truth(value: Any) -> bool | None:
    """Return a truth value, also one of numpy's, as Python's own; `None` for all else."""
    is_truth = isinstance(value, bool) or (_kind(value) == _BOOL and not getattr(value, "ndim", 0))
    return bool(value) if is_truth else None


def wire_text(value: int | float | str) -> str:
    """Write a value as it stands in a form: `True` is `1`, 8.0 is `8`, and no number has an exponent."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f").removesuffix(".0")
    return str(value)


def _as_float(value: Any) -> float:
    """Return a number of any kind as Python's own; not a number for all else."""
    kind = _kind(value)
    if isinstance(value, (bool, str, bytes, bytearray)) or (kind and kind not in _NUMBERS):
        return nan
    try:
        # What numpy writes for a float32 of 0.2 is 0.2; its exact value lies beyond a range that ends there.
        return float(str(value) if kind else value)
    except Exception:
        # Numbers of other libraries fail in their own ways, for example with a RuntimeError.
        return nan


def _kind(value: object) -> str:
    """Return numpy's letter for the kind of an array's elements; empty where there is none."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return kind if isinstance(kind, str) else ""


def _ends(known: FormField) -> tuple[float, float]:
    return -inf if known.low is None else known.low, inf if known.high is None else known.high


def _range(low: float, high: float) -> str:
    if isfinite(high):
        return f" from {low:g} to {high:g}"
    return f" of at least {low:g}" if isfinite(low) else ""
