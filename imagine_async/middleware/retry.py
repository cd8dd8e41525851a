"""Which failures are sent again, and after how long.

The decision comes from the error's `outcome`, never from a guess: what may have been charged is not sent again on its
own. A wait that the server names is never shortened; one that is too long ends the call at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from attrs import Attribute, field, frozen

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import (
    APIError,
    ConfigurationError,
    ImagineError,
    Outcome,
    RateLimitedError,
    ServiceUnavailableError,
    TransportError,
)
from imagine_async.middleware.base import Middleware

__all__ = ["NO_RETRY", "Retry", "RetryPolicy", "seconds_before_retry"]


def _at_least(least: float) -> Callable[[Any, Attribute[Any], float], None]:
    def check(_: Any, attribute: Attribute[Any], value: float) -> None:
        if not value >= least:
            raise ConfigurationError(f"{attribute.name}={value!r}: pass a number of at least {least}")

    return check


@frozen(kw_only=True)
class RetryPolicy:
    """How failures are sent again.

    Args:
        attempts: How often a call is sent at most, the first time included.
        first_wait: Seconds, the upper end of the first backoff; it doubles with every attempt.
        longest_wait: Seconds, the cap of the backoff.
        longest_retry_after: Seconds that a server may ask for; beyond them the error is raised at once.
        resend_unknown: Whether to send again what may have been charged already.

    Raises:
        ConfigurationError: A number is out of range.
    """

    attempts: int = field(default=3, validator=_at_least(1))
    first_wait: float = field(default=0.5, validator=_at_least(0))
    longest_wait: float = field(default=20.0, validator=_at_least(0))
    longest_retry_after: float = field(default=120.0, validator=_at_least(0))
    resend_unknown: bool = False


NO_RETRY = RetryPolicy(attempts=1)
"""Sends every call once."""


def seconds_before_retry(
    error: ImagineError, *, attempt: int, remaining: float, policy: RetryPolicy, chance: float, paid: bool = True
) -> float | None:
    """Decide whether a failed attempt is followed by another.

    Args:
        error: Why it failed.
        attempt: Its number, from 1.
        remaining: Seconds until the call's deadline.
        policy: What is allowed.
        chance: A number from 0 to 1, for full jitter.
        paid: Whether the call costs something; one that does not may be sent again whatever became of it.

    Returns:
        Seconds to wait, or `None` to give up.
    """
    if attempt >= policy.attempts or not _may_be_sent_again(error, policy, paid=paid):
        return None
    asked = error.retry_after if isinstance(error, APIError) else None
    if asked is not None:
        return asked if asked <= min(policy.longest_retry_after, remaining) else None
    wait = chance * min(policy.longest_wait, policy.first_wait * 2.0 ** min(attempt - 1, 1000))
    return wait if wait < remaining else None


def _may_be_sent_again(error: ImagineError, policy: RetryPolicy, *, paid: bool) -> bool:
    if isinstance(error, (RateLimitedError, ServiceUnavailableError)):
        return True
    if error.outcome is Outcome.UNKNOWN:
        return policy.resend_unknown or not paid
    return isinstance(error, TransportError) and error.outcome is Outcome.NOT_SENT


class Retry(Middleware):
    """Sends a call again where that is safe.

    Args:
        policy: What is allowed.
        chance: Draws a number from 0 to 1.
    """

    def __init__(self, policy: RetryPolicy, *, chance: Callable[[], float] = random.random) -> None:
        self.policy = policy
        self._chance = chance

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Attempt until there is a result, or no other attempt is allowed."""
        while True:
            call.begin_attempt()
            try:
                return await next(call)
            except ImagineError as error:
                wait = self._wait_after(error, call)
                if wait is None:
                    raise
                call.emit("retrying", seconds=wait, error=error)
            await call.clock.sleep(wait)

    def _wait_after(self, error: ImagineError, call: Call) -> float | None:
        return seconds_before_retry(
            error,
            attempt=call.attempt,
            remaining=call.remaining,
            policy=self.policy,
            chance=self._chance(),
            paid=call.request.endpoint.paid,
        )
