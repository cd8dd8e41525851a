"""Checks of the numbers in settings: what is wrong is said when the setting is made, not when a call needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from attrs import Attribute

from imagine_async.errors import ConfigurationError

__all__ = ["amount", "at_most", "switch", "times"]

_Check = Callable[[Any, "Attribute[Any]", Any], None]


def amount(setting: str, advice: str) -> _Check:
    """Make a check for a number of at least 0 that has an end.

    Args:
        setting: What the field is part of, for the error.
        advice: What is allowed.

    Returns:
        A validator for attrs.
    """
    return _check(setting, advice, _is_amount)


def at_most(setting: str, advice: str) -> _Check:
    """Make a check for an upper end, which may be infinite: then there is none; as `amount`."""
    return _check(setting, advice, lambda value: _is_amount(value) or value == float("inf"))


def times(setting: str, advice: str) -> _Check:
    """Make a check for a whole number of at least 1; as `amount`."""
    return _check(setting, advice, lambda value: _is_amount(value) and isinstance(value, int) and value >= 1)


def switch(setting: str, advice: str) -> _Check:
    """Make a check for `True` and `False`, because any text, `"no"` as well, would count as true; as `amount`."""
    return _check(setting, advice, lambda value: isinstance(value, bool))


def _check(setting: str, advice: str, is_right: Callable[[Any], bool]) -> _Check:
    def check(_: Any, attribute: Attribute[Any], value: Any) -> None:
        if not is_right(value):
            raise ConfigurationError(f"{setting}.{attribute.name}={value!r}: {advice}")

    return check


def _is_amount(value: Any) -> bool:
    # Compared with the largest float, so that a whole number that no float can hold is refused as well.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= sys.float_info.max
