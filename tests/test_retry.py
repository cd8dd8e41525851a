"""Retries: what is sent again, after how long, and what never is."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import errors
from imagine_async.call import Call, Event
from imagine_async.clock import Clock
from imagine_async.errors import ConfigurationError, ImagineError, Outcome
from imagine_async.middleware.retry import NO_RETRY, Retry, RetryPolicy, seconds_before_retry
from imagine_async.requests import TextToImage
from imagine_async.results import Image
from tests.pictures import made_image

IMAGE = made_image()

# What each error of each outcome leads to: by default, and where `resend_unknown` is set.
NEVER, OPTED, ALWAYS = (False, False), (False, True), (True, True)
DECISIONS: Mapping[tuple[type[ImagineError], Outcome], tuple[bool, bool]] = {
    (errors.ConnectError, Outcome.NOT_SENT): ALWAYS,
    (errors.DisconnectedError, Outcome.NOT_SENT): ALWAYS,
    (errors.DisconnectedError, Outcome.UNKNOWN): OPTED,
    (errors.DisconnectedError, Outcome.COMPLETED): NEVER,
    (errors.TransportError, Outcome.UNKNOWN): OPTED,
    (errors.RateLimitedError, Outcome.REJECTED): ALWAYS,
    (errors.ServiceUnavailableError, Outcome.REJECTED): ALWAYS,
    (errors.ServerError, Outcome.UNKNOWN): OPTED,
    (errors.ServerError, Outcome.REJECTED): NEVER,
    (errors.APIError, Outcome.REJECTED): NEVER,
    (errors.BadRequestError, Outcome.REJECTED): NEVER,
    (errors.AuthenticationError, Outcome.REJECTED): NEVER,
    (errors.InsufficientCreditsError, Outcome.REJECTED): NEVER,
    (errors.NotFoundError, Outcome.REJECTED): NEVER,
    (errors.UnexpectedReplyError, Outcome.UNKNOWN): OPTED,
    (errors.TruncatedReplyError, Outcome.COMPLETED): NEVER,
    (errors.ReplyTooLargeError, Outcome.COMPLETED): NEVER,
    (errors.DeadlineExceededError, Outcome.NOT_SENT): NEVER,
    (errors.ConfigurationError, Outcome.NOT_SENT): NEVER,
    (errors.ClientClosedError, Outcome.NOT_SENT): NEVER,
    (errors.ImagineError, Outcome.NOT_SENT): NEVER,
}
REFUSED_BEFORE_SENDING = [
    errors.InvalidRequestError("seed", 0, "pass more"),
    errors.BudgetExceededError(needed=5, spent=48, limit=50),
    errors.UnpricedCallError("upscale"),
    errors.MissingExtraError("to_pil()", "images"),
]


class FakeClock(Clock):
    """Sleeping moves it on at once, and is noted."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Scripted:
    """Stands for all that lies within: fails and succeeds as it is told, and notes the attempts."""

    def __init__(self, results: Iterable[Exception | Image], *, seconds: float = 0.0) -> None:
        self._results = iter(results)
        self._seconds = seconds
        self.attempts: list[int] = []

    async def __call__(self, call: Call) -> Image:
        self.attempts.append(call.attempt)
        assert isinstance(call.clock, FakeClock)
        call.clock.time += self._seconds
        result = next(self._results)
        if isinstance(result, Exception):
            raise result
        return result


def made(cls: type[ImagineError], outcome: Outcome) -> ImagineError:
    needed: dict[str, Any] = {"status": 500} if issubclass(cls, (errors.APIError, errors.ReplyError)) else {}
    return cls("it failed", outcome=outcome, **needed)


def limited(retry_after: float | None = None) -> errors.RateLimitedError:
    return errors.RateLimitedError("too many", status=429, retry_after=retry_after)


def wait(error: ImagineError, policy: RetryPolicy | None = None, **changes: Any) -> float | None:
    facts = {"attempt": 1, "remaining": 300.0, "chance": 0.5, **changes}
    return seconds_before_retry(error, policy=policy or RetryPolicy(), **facts)


def new_call(seconds: float = 300.0) -> tuple[Call, FakeClock, list[Event]]:
    clock, events = FakeClock(), list[Event]()
    call = Call(
        request=TextToImage(prompt="fox"), deadline=clock.now() + seconds, clock=clock, observers=[events.append]
    )
    return call, clock, events


@pytest.mark.parametrize("resend_unknown", [False, True], ids=["default", "opted-in"])
@pytest.mark.parametrize(
    ("cls", "outcome"), DECISIONS, ids=lambda part: part.__name__ if isinstance(part, type) else str(part)
)
def test_decision(cls: type[ImagineError], outcome: Outcome, resend_unknown: bool) -> None:
    """The outcome decides: what may have been charged is sent again only where the caller opted in."""
    found = wait(made(cls, outcome), RetryPolicy(resend_unknown=resend_unknown))
    assert (found is not None) is DECISIONS[cls, outcome][resend_unknown]


@pytest.mark.parametrize("error", REFUSED_BEFORE_SENDING, ids=lambda error: type(error).__name__)
def test_refusals_of_our_own_are_final(error: ImagineError) -> None:
    """What the SDK itself refused would be refused again."""
    assert wait(error, RetryPolicy(resend_unknown=True)) is None


def test_paid_call_is_not_resent_though_the_server_names_a_wait() -> None:
    """A wait that comes with a failure of unknown outcome is no leave to send again."""
    error = errors.ServerError("broke", status=500, retry_after=1)
    assert wait(error) is None
    assert wait(error, RetryPolicy(resend_unknown=True)) == 1


@pytest.mark.parametrize("attempt", [1, 2, 3, 4])
def test_attempts_end(attempt: int) -> None:
    """After the last attempt that is allowed, the error is raised."""
    found = wait(limited(), RetryPolicy(attempts=3), attempt=attempt)
    assert (found is None) is (attempt >= 3)


def test_no_retry() -> None:
    """`NO_RETRY` sends every call once."""
    assert wait(errors.ConnectError("no route"), NO_RETRY) is None


@pytest.mark.parametrize(
    ("asked", "remaining", "found"),
    [
        (0.0, 300.0, 0.0),
        (7.0, 300.0, 7.0),
        (120.0, 300.0, 120.0),
        (120.1, 300.0, None),
        (29.9, 30.0, 29.9),
        (30.1, 30.0, None),
        (1e300, 300.0, None),
    ],
)
def test_retry_after_is_kept_or_given_up(asked: float, remaining: float, found: float | None) -> None:
    """A wait that the server names is kept to the second; beyond 120 s or the deadline, the call ends at once."""
    assert wait(limited(asked), remaining=remaining) == found


def test_longest_retry_after_can_be_raised() -> None:
    """How long a server may ask to wait is the caller's to say."""
    assert wait(limited(200.0), RetryPolicy(longest_retry_after=250.0)) == 200.0


@pytest.mark.parametrize(("remaining", "found"), [(0.25, None), (0.2, None), (0.3, 0.25), (0.0, None)])
def test_backoff_beyond_the_deadline_gives_up(remaining: float, found: float | None) -> None:
    """A backoff that would outlast the call ends it at once."""
    assert wait(limited(), remaining=remaining) == found


@settings(deadline=None)
@given(
    attempt=st.integers(1, 10_000),
    first_wait=st.floats(0, 100),
    longest_wait=st.floats(0, 1000),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_backoff_has_full_jitter(attempt: int, first_wait: float, longest_wait: float, chance: float) -> None:
    """The backoff is a random part of a cap that doubles with each attempt and never exceeds the longest wait."""
    policy = RetryPolicy(attempts=attempt + 1, first_wait=first_wait, longest_wait=longest_wait)
    found = wait(limited(), policy, attempt=attempt, remaining=1e9, chance=chance)
    cap = min(longest_wait, first_wait * 2.0 ** min(attempt - 1, 1000))
    assert found == pytest.approx(chance * cap)


@pytest.mark.parametrize(
    "setting",
    [
        {"attempts": 0},
        {"attempts": -1},
        {"first_wait": -0.1},
        {"longest_wait": -1.0},
        {"longest_retry_after": -1.0},
        {"first_wait": float("nan")},
    ],
    ids=str,
)
def test_bad_policy(setting: dict[str, Any]) -> None:
    """A setting out of range is a `ConfigurationError`, as everywhere in the SDK."""
    with pytest.raises(ConfigurationError):
        RetryPolicy(**setting)


@pytest.mark.anyio
async def test_success_needs_no_retry() -> None:
    """A call that succeeds is sent once, without a wait."""
    call, clock, events = new_call()
    handler = Scripted([IMAGE])
    assert await Retry(RetryPolicy()).around_call(call, handler) is IMAGE
    assert (handler.attempts, clock.slept, events) == ([1], [], [])


@pytest.mark.anyio
async def test_attempts_are_counted_and_told() -> None:
    """Each attempt has its number; observers learn of every wait, with the error behind it."""
    call, clock, events = new_call()
    failures = [errors.ConnectError("no route"), limited(7.0)]
    handler = Scripted([*failures, IMAGE])
    assert await Retry(RetryPolicy(first_wait=2.0), chance=lambda: 0.5).around_call(call, handler) is IMAGE
    assert (handler.attempts, clock.slept) == ([1, 2, 3], [1.0, 7.0])
    assert [(event.kind, event.attempt, event.seconds, event.error) for event in events] == [
        ("retrying", 1, 1.0, failures[0]),
        ("retrying", 2, 7.0, failures[1]),
    ]


@pytest.mark.anyio
async def test_last_error_is_raised() -> None:
    """When the attempts are used up, the last error comes out, without a wait behind it."""
    call, clock, _ = new_call()
    failures = [limited(1.0) for _ in range(3)]
    with pytest.raises(errors.RateLimitedError) as caught:
        await Retry(RetryPolicy(attempts=3)).around_call(call, Scripted(failures))
    assert caught.value is failures[-1]
    assert clock.slept == [1.0, 1.0]


@pytest.mark.anyio
async def test_final_error_is_raised_at_once() -> None:
    """An error that must not be sent again comes out of the first attempt."""
    call, clock, events = new_call()
    handler = Scripted([errors.ServerError("broke", status=500), IMAGE])
    with pytest.raises(errors.ServerError):
        await Retry(RetryPolicy()).around_call(call, handler)
    assert (handler.attempts, clock.slept, events) == ([1], [], [])


@pytest.mark.anyio
async def test_too_long_a_wait_is_raised_at_once() -> None:
    """Where the server asks for more than is allowed, the caller learns it at once, with `retry_after`."""
    call, clock, _ = new_call()
    with pytest.raises(errors.RateLimitedError) as caught:
        await Retry(RetryPolicy()).around_call(call, Scripted([limited(3600.0)]))
    assert (caught.value.retry_after, clock.slept) == (3600.0, [])


@pytest.mark.anyio
async def test_time_of_the_attempts_counts() -> None:
    """What the attempts themselves took is gone from the deadline when the next wait is judged."""
    call, clock, _ = new_call(seconds=10.0)
    handler = Scripted([limited(3.0), limited(3.0), IMAGE], seconds=3.0)
    with pytest.raises(errors.RateLimitedError):
        await Retry(RetryPolicy()).around_call(call, handler)
    assert (handler.attempts, clock.slept) == ([1, 2], [3.0])


@pytest.mark.anyio
async def test_every_attempt_begins_as_not_sent() -> None:
    """What one attempt noted on the call does not stain the next."""
    call, _, _ = new_call()
    seen: list[Outcome] = []

    async def handler(call: Call) -> Image:
        seen.append(call.outcome)
        call.outcome = Outcome.UNKNOWN
        if call.attempt < 3:
            raise limited(0.0)
        return IMAGE

    await Retry(RetryPolicy()).around_call(call, handler)
    assert seen == [Outcome.NOT_SENT] * 3


@pytest.mark.anyio
async def test_foreign_errors_are_not_retried() -> None:
    """What a user's own middleware raises is not the SDK's to repeat."""
    call, clock, _ = new_call()
    with pytest.raises(KeyError):
        await Retry(RetryPolicy(resend_unknown=True)).around_call(call, Scripted([KeyError("mine")]))
    assert clock.slept == []


@pytest.mark.anyio
async def test_jitter_is_drawn_anew() -> None:
    """Clients that failed together do not come back together."""
    random.seed(7)
    call, clock, _ = new_call()
    handler = Scripted([*(limited() for _ in range(20)), IMAGE])
    await Retry(RetryPolicy(attempts=30, first_wait=4.0, longest_wait=4.0)).around_call(call, handler)
    assert len(set(clock.slept)) == 20
    assert all(0 <= seconds < 4.0 for seconds in clock.slept)
