"""Validators of the settings: each raises a `ValueError` that names the setting and what it should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS, VIDEO_ENDPOINTS
from imagine_async.sandbox.limits import RateLimit

__all__ = [
    "as_texts",
    "at_least",
    "at_least_or_none",
    "check_keys",
    "check_other_keys",
    "check_plans",
    "check_prices",
    "check_rate",
    "check_seconds",
    "check_text",
    "check_token",
    "check_wait",
    "is_key",
    "one_of",
    "some_of",
    "whole_from_to",
]

_SHORTEST_TOKEN = 8
_KEY = re.compile(r"[!-~]+")


def as_texts(given: Iterable[str]) -> tuple[str, ...]:
    """Return texts as a tuple, and a single one as a tuple of one rather than as a row of letters."""
    return (given,) if isinstance(given, str) else tuple(given)


def is_key(text: str) -> bool:
    """Tell whether a client could send a text as its key."""
    return _KEY.fullmatch(text) is not None


def check_keys(_settings: Any, attribute: Any, keys: tuple[str, ...]) -> None:
    """Refuse keys that no client could send, and the same key twice."""
    if not keys:
        raise ValueError(f"{attribute.name}: a sandbox needs at least one key")
    if len(set(keys)) != len(keys):
        raise ValueError(f"{attribute.name}: the same key stands there twice")
    if not all(map(is_key, keys)):
        raise ValueError(f"{attribute.name}: a key is one or more visible ASCII characters, without blanks")


def check_other_keys(settings: Any, attribute: Any, keys: tuple[str, ...]) -> None:
    """Refuse keys that no client could send, and those that are let in."""
    if keys:
        check_keys(settings, attribute, keys)
    if set(keys) & set(settings.keys):
        raise ValueError(f"{attribute.name}: one of them stands among the keys that are let in: name it once")


def check_token(_settings: Any, attribute: Any, token: str) -> None:
    """Refuse a token that cannot be sent, or that anybody could guess."""
    if not (isinstance(token, str) and is_key(token) and len(token) >= _SHORTEST_TOKEN):
        raise ValueError(f"{attribute.name}: at least {_SHORTEST_TOKEN} visible ASCII characters, without blanks")


def check_rate(_settings: Any, _attribute: Any, rate: str | None) -> None:
    """Refuse a rate limit that cannot be read."""
    if rate is not None:
        RateLimit.parse(rate)


def check_text(_settings: Any, attribute: Any, text: str) -> None:
    """Refuse what is no text, and an empty one."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{attribute.name}: a text that is not empty, not {text!r}")


def check_plans(settings: Any, attribute: Any, plans: tuple[Any, ...]) -> None:
    """Refuse plans of the same name, that of the settings' own keys included: a name has to mean one plan."""
    names = [settings.plan.name, *(plan.name for plan in plans)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{attribute.name}: {', '.join(twice)}: names more than one plan; give each a name of its own")


def check_prices(_settings: Any, _attribute: Any, prices: Mapping[str, int]) -> None:
    """Refuse prices that leave an endpoint out, name one that is not there, or are no whole numbers."""
    names = {endpoint.name for endpoint in (*ENDPOINTS, *VIDEO_ENDPOINTS, *V1_ENDPOINTS) if endpoint.paid}
    if missing := sorted(names - set(prices)):
        raise ValueError(f"prices: no price for {', '.join(missing)}")
    if unknown := sorted(line for line in prices if line.partition("/")[0] not in names):
        raise ValueError(f"prices: no such endpoint: {', '.join(unknown)}")
    if wrong := sorted(line for line, price in prices.items() if not _is_price(price)):
        raise ValueError(f"prices: a price is a whole number of tokens from 0: {', '.join(wrong)}")


def check_seconds(_settings: Any, attribute: Any, seconds: float) -> None:
    """Refuse a stretch of time that is not above zero."""
    if not seconds > 0:
        raise ValueError(f"{attribute.name}: a number of seconds above 0, not {seconds!r}")


def check_wait(_settings: Any, attribute: Any, seconds: float) -> None:
    """Refuse a stretch of time below zero."""
    if not seconds >= 0:
        raise ValueError(f"{attribute.name}: a number of seconds from 0, not {seconds!r}")


def at_least(lowest: int) -> Callable[[Any, Any, int | None], None]:
    """Return a validator of whole numbers from `lowest`."""

    def check(_settings: Any, attribute: Any, value: int | None) -> None:
        if type(value) is not int or value < lowest:
            raise ValueError(f"{attribute.name}: a whole number from {lowest}, not {value!r}")

    return check


def at_least_or_none(lowest: int) -> Callable[[Any, Any, int | None], None]:
    """Return a validator of whole numbers from `lowest`, or `None`."""

    def check(settings: Any, attribute: Any, value: int | None) -> None:
        if value is not None:
            at_least(lowest)(settings, attribute, value)

    return check


def whole_from_to(lowest: int, highest: int) -> Callable[[Any, Any, int], None]:
    """Return a validator of whole numbers from `lowest` to `highest`."""

    def check(_settings: Any, attribute: Any, value: int) -> None:
        if type(value) is not int or not lowest <= value <= highest:
            raise ValueError(f"{attribute.name}: a whole number from {lowest} to {highest}, not {value!r}")

    return check


def one_of(known: tuple[str, ...]) -> Callable[[Any, Any, str], None]:
    """Return a validator of a value that must be among `known`."""

    def check(_settings: Any, attribute: Any, value: str) -> None:
        if value not in known:
            raise ValueError(f"{attribute.name}: one of {', '.join(known)}, not {value!r}")

    return check


def some_of(known: tuple[str, ...]) -> Callable[[Any, Any, tuple[str, ...]], None]:
    """Return a validator of values that must all be among `known`."""

    def check(settings: Any, attribute: Any, values: tuple[str, ...]) -> None:
        for value in values:
            one_of(known)(settings, attribute, value)

    return check


def _is_price(price: object) -> bool:
    return type(price) is int and price >= 0
