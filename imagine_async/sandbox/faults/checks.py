"""Validators of the fields of rules: each raises a `ValueError` that names the field, the value and what it may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

__all__ = ["FaultsError", "Validator", "as_tuple", "flag", "number_from", "one_of", "or_none", "texts", "whole_from"]

Validator: TypeAlias = Callable[[Any, Any, Any], None]

# Longer waits and larger figures are misprints: a test would hang, and dates would leave the calendar.
_LARGEST = 1e9


class FaultsError(ValueError):
    """Rules that cannot be followed; the message names the file, the rule, the field, its value and the way out."""


def number_from(lowest: float, highest: float = _LARGEST, *, above: bool = False) -> Validator:
    """Return a validator of numbers from `lowest` to `highest`.

    Args:
        lowest: The least that will do.
        highest: The most that will do.
        above: Whether `lowest` itself is too little.
    """

    def check(_fault: Any, attribute: Any, value: Any) -> None:
        if not _is_number(value) or not lowest <= value <= highest or (above and value == lowest):
            least = "over" if above else "from"
            raise ValueError(f"{attribute.name}: a number {least} {lowest:g} to {highest:g}, not {value!r}")

    return check


def whole_from(lowest: int, highest: int = int(_LARGEST)) -> Validator:
    """Return a validator of whole numbers from `lowest` to `highest`."""

    def check(_fault: Any, attribute: Any, value: Any) -> None:
        if type(value) is not int or not lowest <= value <= highest:
            raise ValueError(f"{attribute.name}: a whole number from {lowest} to {highest}, not {value!r}")

    return check


def one_of(known: Iterable[object]) -> Validator:
    """Return a validator of a value that must be among `known`."""
    allowed = tuple(known)

    def check(_fault: Any, attribute: Any, value: Any) -> None:
        # A list from a file has no hash, and `True` equals 1.
        if not any(type(value) is type(each) and value == each for each in allowed):
            raise ValueError(f"{attribute.name}: one of {', '.join(map(str, allowed))}, not {value!r}")

    return check


def or_none(check: Validator) -> Validator:
    """Return a validator that lets `None` through as well."""

    def check_given(fault: Any, attribute: Any, value: Any) -> None:
        if value is not None:
            check(fault, attribute, value)

    return check_given


def flag(_fault: Any, attribute: Any, value: Any) -> None:
    """Refuse what is neither true nor false."""
    if not isinstance(value, bool):
        raise ValueError(f"{attribute.name}: true or false, not {value!r}")


def as_tuple(given: Any) -> Any:
    """Return a list as a tuple, and all else as it is, for the validator to judge."""
    return tuple(given) if isinstance(given, list) else given


def texts(_fault: Any, attribute: Any, value: Any) -> None:
    """Refuse what is no list of texts; it has been turned into a tuple by then."""
    if not isinstance(value, tuple) or not all(isinstance(each, str) and each for each in value):
        shown = list(value) if isinstance(value, tuple) else value
        raise ValueError(f"{attribute.name}: a list of texts that are not empty, not {shown!r}")


def _is_number(value: Any) -> bool:
    # A whole number from TOML may have more digits than a float can hold, so it is not asked whether it is finite.
    return type(value) is int or (isinstance(value, float) and math.isfinite(value))
