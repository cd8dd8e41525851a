"""Which failures are sent again, and after how long.

The decision comes from the error's `outcome`, never from a guess: what may have been charged is not sent again on its
own. A wait that the server names is never shortened; one that is too long ends the call at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from attrs import field, frozen

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import (
    APIError,
    ImagineError,
    InsufficientCreditsError,
    Outcome,
    RateLimitedError,
    ReplyError,
    ServerError,
    ServiceUnavailableError,
    TransportError,
)
from imagine_async.middleware.base import Middleware
from imagine_async.middleware.logs import log_decision
from imagine_async.middleware.retry_budget import RetryBucket
from imagine_async.middleware.setting_checks import amount, at_most, switch, times

__all__ = ["NO_RETRY", "Decision", "Retry", "RetryPolicy", "decide"]

# Failures of the way there and back, and of the server. Every other one would come again.
_PASSING = (TransportError, ServerError, RateLimitedError, ReplyError)
_NO_CREDITS_CODE = 1101
_NO_CREDITS_STATUSES = (402, 424)
# On top of a wait that the server names, so that calls that were refused together do not come back together.
_JITTER_SHARE = 0.1
_LONGEST_JITTER = 1.0
# Beyond it the doubling would leave the range of floats.
_MOST_DOUBLINGS = 1000


@frozen(kw_only=True)
class RetryPolicy:
    """How failures are sent again.

    Args:
        attempts: How often a call is sent at most, the first time included; at least 1.
        first_wait: Seconds, the upper end of the first backoff; it doubles with every attempt.
        longest_wait: Seconds, the cap of the backoff.
        longest_retry_after: Seconds that a server may ask for; beyond them the error is raised at once.
        resend_unknown: Whether to send again what may have been charged already.

    Raises:
        ConfigurationError: A value is of the wrong kind or out of range.
    """

    attempts: int = field(default=3, validator=times("retry", "pass a whole number of at least 1; 1 never sends again"))
    first_wait: float = field(default=0.5, validator=amount("retry", "pass seconds, 0 or more, for example 0.5"))
    longest_wait: float = field(default=20.0, validator=at_most("retry", "pass seconds, 0 or more, for example 20"))
    longest_retry_after: float = field(
        default=120.0, validator=at_most("retry", "pass seconds, 0 or more, for example 120")
    )
    resend_unknown: bool = field(default=False, validator=switch("retry", "pass True or False"))


NO_RETRY = RetryPolicy(attempts=1)
"""Sends every call once."""


@frozen
class Decision:
    """What follows a failed attempt.

    Args:
        wait: Seconds until the next attempt; `None`: there is none.
        reason: Why, in a few words, for logs.
    """

    wait: float | None
    reason: str


_TOO_LATE = Decision(None, "the deadline comes first")
_BUDGET_USED_UP = Decision(None, "the retry budget is used up")


def decide(
    error: ImagineError,
    *,
    attempt: int,
    remaining: float,
    policy: RetryPolicy,
    chance: float,
    paid: bool = True,
    resend_unknown: bool | None = None,
) -> Decision:
    """Decide whether a failed attempt is followed by another.

    Args:
        error: Why it failed.
        attempt: Its number, from 1.
        remaining: Seconds until the call's deadline.
        policy: What is allowed.
        chance: A number from 0 to 1, for the jitter.
        paid: Whether the call costs something; one that does not may be sent again where the outcome is unknown.
        resend_unknown: Whether this call may be sent again where the outcome is unknown; `None` leaves it to the
            policy.

    Returns:
        How long to wait, or to give up, and why.
    """
    opted_in = policy.resend_unknown if resend_unknown is None else resend_unknown
    obstacle = _obstacle(error, may_repeat=opted_in or not paid)
    if obstacle is None and attempt >= policy.attempts:
        obstacle = "attempts used up"
    if obstacle is not None:
        return Decision(None, obstacle)
    reason = _reason(error, paid=paid)
    asked = error.retry_after if isinstance(error, APIError) else None
    if asked is not None:
        return _after_named_wait(asked, reason, remaining=remaining, policy=policy, chance=chance)
    wait = chance * min(policy.longest_wait, policy.first_wait * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS))
    return Decision(wait, reason) if wait < remaining else _TOO_LATE


def _obstacle(error: ImagineError, *, may_repeat: bool) -> str | None:
    """Say what forbids another attempt, whatever time and attempts are left; `None` if nothing does."""
    if _lacks_credits(error):
        return "not enough credits"
    if error.outcome is Outcome.COMPLETED:
        return "the work is done"
    if error.outcome is Outcome.UNKNOWN:
        return None if may_repeat and isinstance(error, _PASSING) else "may have been charged"
    return None if _did_nothing(error) else "refused for good"


def _lacks_credits(error: ImagineError) -> bool:
    # By the numbers as well: two that contradict each other, such as status 402 with another code, are no leave.
    return isinstance(error, InsufficientCreditsError) or (
        isinstance(error, APIError) and (error.status in _NO_CREDITS_STATUSES or error.code == _NO_CREDITS_CODE)
    )


def _did_nothing(error: ImagineError) -> bool:
    """Tell whether nothing was done, and it may be otherwise the next time."""
    if isinstance(error, TransportError):
        return error.outcome is Outcome.NOT_SENT
    return isinstance(error, (RateLimitedError, ServiceUnavailableError))


def _reason(error: ImagineError, *, paid: bool) -> str:
    if error.outcome is Outcome.UNKNOWN:
        return "may have been charged, and resend_unknown is set" if paid else "the call costs nothing"
    if isinstance(error, RateLimitedError):
        return "too many requests"
    return "the service is not available" if isinstance(error, ServiceUnavailableError) else "not sent"


def _after_named_wait(asked: float, reason: str, *, remaining: float, policy: RetryPolicy, chance: float) -> Decision:
    longest = policy.longest_retry_after
    if asked > longest:
        return Decision(None, f"the server asks for {asked:g} s, more than the {longest:g} s that are obeyed")
    if not 0 <= asked <= remaining:
        return _TOO_LATE
    later = asked + chance * min(_JITTER_SHARE * asked, _LONGEST_JITTER)
    return Decision(later if later < remaining else asked, reason)


class Retry(Middleware):
    """Sends a call again where that is safe.

    Args:
        policy: What is allowed.
        bucket: Bounds the retries of all calls together; `None` for no bound.
        chance: Draws a number from 0 to 1.
    """

    def __init__(
        self, policy: RetryPolicy, bucket: RetryBucket | None = None, *, chance: Callable[[], float] = random.random
    ) -> None:
        self.policy = policy
        self.bucket = bucket
        self._chance = chance

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Attempt until there is a result, or no other attempt is allowed."""
        while True:
            call.begin_attempt()
            try:
                result = await next(call)
            except ImagineError as error:
                decision = self._after(error, call)
                log_decision(call, decision.wait, decision.reason, outcome=error.outcome)
                if decision.wait is None:
                    raise
                call.emit("retrying", seconds=decision.wait, error=error)
            else:
                self._succeeded()
                return result
            await call.clock.sleep(decision.wait)

    def _after(self, error: ImagineError, call: Call) -> Decision:
        error.outcome = call.outcome_after(error)
        decision = decide(
            error,
            attempt=call.attempt,
            remaining=call.remaining,
            policy=self.policy,
            chance=self._chance(),
            paid=call.request.endpoint.paid,
            resend_unknown=call.resend_unknown,
        )
        return decision if decision.wait is None or self._is_affordable(error) else _BUDGET_USED_UP

    def _is_affordable(self, error: ImagineError) -> bool:
        # The rate limit paces what was refused: the refusal has slowed every call already.
        return self.bucket is None or isinstance(error, RateLimitedError) or self.bucket.take()

    def _succeeded(self) -> None:
        if self.bucket is not None:
            self.bucket.give_back()
