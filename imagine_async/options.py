"""The options of a client: their types, and the checks that name what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypedDict, TypeVar

from imagine_async.call import Observer
from imagine_async.clock import Clock
from imagine_async.errors import ConfigurationError
from imagine_async.middleware import Middleware, RetryPolicy
from imagine_async.middleware.gate import Concurrency
from imagine_async.middleware.retry_budget import RetryBudget
from imagine_async.prices import Price
from imagine_async.stores import Budget, RateLimit, Store
from imagine_async.timeout import Timeout

__all__ = ["ClientOptions", "all_of", "checked_name", "choice", "count", "instance", "positive", "whole"]

T = TypeVar("T")

_LONGEST_NAME = 200


class ClientOptions(TypedDict, total=False):
    """The options that every way of making a client takes; see `AsyncImagine`."""

    timeout: float | Timeout
    headers: Mapping[str, str] | None
    v1_dialect: Literal["javascript", "python"]
    rate_limit: RateLimit | str | None
    budget: Budget | float | Iterable[Budget | float] | None
    prices: Mapping[str, float] | Mapping[str, Price] | None
    unpriced: Literal["refuse", "allow"]
    store: Store | str
    hold_seconds: float | None
    tag: str | None
    retry: RetryPolicy
    retry_budget: RetryBudget | None
    concurrency: Concurrency | int | None
    middleware: Sequence[Middleware]
    observers: Sequence[Observer]
    max_connections: int
    max_reply_bytes: int
    clock: Clock


def positive(name: str, value: float) -> float:
    """Check a number.

    Args:
        name: What it sets, for the error.
        value: The number.

    Returns:
        The same number.

    Raises:
        ConfigurationError: It is not over 0, or no number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ConfigurationError(f"{name}={value!r}: pass a number over 0")
    return value


def count(name: str, value: int, *, most: int | None = None) -> int:
    """Check a number of things.

    Args:
        name: What it sets, for the error.
        value: The number.
        most: The largest that is allowed.

    Returns:
        The same number.

    Raises:
        ConfigurationError: It is no whole number of at least 1, or is larger than `most`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= (value if most is None else most):
        allowed = "of at least 1" if most is None else f"from 1 to {most:,}"
        raise ConfigurationError(f"{name}={value!r}: pass a whole number {allowed}")
    return value


def instance(name: str, value: T, kind: type[T], advice: str) -> T:
    """Check of what kind something is.

    Args:
        name: What it sets, for the error.
        value: The thing.
        kind: What it has to be.
        advice: What to pass instead.

    Returns:
        The same thing.

    Raises:
        ConfigurationError: It is of another kind.
    """
    if not isinstance(value, kind):
        raise ConfigurationError(f"{name}={value!r}: pass {advice}")
    return value


def choice(name: str, value: T, known: Sequence[T]) -> T:
    """Check a choice: one that is misspelt must not count as the other.

    Args:
        name: What it sets, for the error.
        value: What was chosen.
        known: What there is to choose from.

    Returns:
        The same choice.

    Raises:
        ConfigurationError: There is no such choice.
    """
    if value not in known:
        raise ConfigurationError(f"{name}={value!r}: pass one of {', '.join(map(repr, known))}")
    return value


def all_of(name: str, values: Sequence[T], is_right: Callable[[T], bool], advice: str) -> Sequence[T]:
    """Check the items of a list.

    Args:
        name: What it sets, for the error.
        values: The list.
        is_right: Tells whether an item may stand in it.
        advice: What to pass instead.

    Returns:
        The same list.

    Raises:
        ConfigurationError: It is no list, or an item may not stand in it.
    """
    if not isinstance(values, Sequence) or not all(map(is_right, values)):
        raise ConfigurationError(f"{name}={values!r}: pass {advice}")
    return values


def whole(name: str, value: int) -> int:
    """Check a whole number, of either sign.

    Args:
        name: What it sets, for the error.
        value: The number.

    Returns:
        The same number.

    Raises:
        ConfigurationError: It is no whole number.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(f"{name}={value!r}: pass a whole number")
    return value


def checked_name(name: str, value: str | None) -> str | None:
    """Check a name that calls are booked under.

    Args:
        name: What it sets, for the error.
        value: The name; `None` for none.

    Returns:
        The same name.

    Raises:
        ConfigurationError: It is no text, empty, or longer than 200 characters.
    """
    if value is None or (isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME):
        return value
    shown = f"{value[:20]!r} and more" if isinstance(value, str) and value else repr(value)
    raise ConfigurationError(f"{name}={shown}: pass a text of 1 to {_LONGEST_NAME} characters, or leave it out")
