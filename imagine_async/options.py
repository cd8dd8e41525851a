"""The options of a client: their types, and the checks that name what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from imagine_async.call import Observer
from imagine_async.clock import Clock
from imagine_async.errors import ConfigurationError
from imagine_async.middleware import Budget, Middleware, RateLimit, RetryPolicy
from imagine_async.timeout import Timeout

__all__ = ["ClientOptions", "as_budget", "as_rate_limit", "count", "positive"]


class ClientOptions(TypedDict, total=False):
    """The options that every way of making a client takes; see `AsyncImagine`."""

    timeout: float | Timeout
    headers: Mapping[str, str] | None
    v1_dialect: Literal["javascript", "python"]
    rate_limit: RateLimit | str | None
    budget: Budget | float | None
    prices: Mapping[str, float] | None
    unpriced: Literal["refuse", "allow"]
    retry: RetryPolicy
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


def count(name: str, value: int) -> int:
    """Check a number of things.

    Args:
        name: What it sets, for the error.
        value: The number.

    Returns:
        The same number.

    Raises:
        ConfigurationError: It is no whole number of at least 1.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{name}={value!r}: pass a whole number of at least 1")
    return value


def as_budget(budget: Budget | float | None) -> Budget | None:
    """Turn a number of tokens into a budget."""
    return budget if budget is None or isinstance(budget, Budget) else Budget(budget)


def as_rate_limit(limit: RateLimit | str) -> RateLimit:
    """Read a rate limit that is given as text."""
    return RateLimit.parse(limit) if isinstance(limit, str) else limit
