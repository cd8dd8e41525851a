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
from imagine_async.errors import ImagineError, Outcome
from imagine_async.middleware.retry import NO_RETRY, Decision, Retry, RetryPolicy, decide
from imagine_async.replies import error_from_reply
from imagine_async.requests import TextToImage, VideoStatus
from imagine_async.results import Image
from imagine_async.video import VideoJob
from tests.clocks import FakeClock
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
    (errors.InsufficientCreditsError, Outcome.UNKNOWN): NEVER,
    (errors.AuthenticationError, Outcome.UNKNOWN): NEVER,
    (errors.BadRequestError, Outcome.UNKNOWN): NEVER,
    (errors.NotFoundError, Outcome.REJECTED): NEVER,
    (errors.ServiceUnavailableError, Outcome.UNKNOWN): OPTED,
    (errors.RateLimitedError, Outcome.UNKNOWN): OPTED,
    (errors.RateLimitedError, Outcome.COMPLETED): NEVER,
    (errors.UnexpectedReplyError, Outcome.UNKNOWN): OPTED,
    (errors.TruncatedReplyError, Outcome.COMPLETED): NEVER,
    (errors.ReplyTooLargeError, Outcome.COMPLETED): NEVER,
    (errors.DeadlineExceededError, Outcome.NOT_SENT): NEVER,
    (errors.DeadlineExceededError, Outcome.UNKNOWN): NEVER,
    (errors.ConfigurationError, Outcome.NOT_SENT): NEVER,
    (errors.ClientClosedError, Outcome.NOT_SENT): NEVER,
    (errors.ImagineError, Outcome.NOT_SENT): NEVER,
    (errors.ImagineError, Outcome.UNKNOWN): NEVER,
}
FINAL = [
    errors.InvalidRequestError("seed", 0, "pass more"),
    errors.BudgetExceededError(needed=5, spent=48, limit=50),
    errors.UnpricedCallError("upscale"),
    errors.MissingExtraError("to_pil()", "images"),
    errors.StoreError("the file is gone"),
    errors.VideoFailedError(VideoJob(id="job-1")),
    errors.VideoNotReadyError("not yet", job=VideoJob(id="job-1")),
    errors.DownloadError("not found", url="https://cdn.example/1.png"),
    errors.DownloadError("broke", url="https://cdn.example/1.png", outcome=Outcome.UNKNOWN),
    errors.UnsafeUrlError("private", url="https://10.0.0.1/1.png"),
]


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


def decision(error: ImagineError, policy: RetryPolicy | None = None, **changes: Any) -> Decision:
    facts = {"attempt": 1, "remaining": 300.0, "chance": 0.5, **changes}
    return decide(error, policy=policy or RetryPolicy(), **facts)


def wait(error: ImagineError, policy: RetryPolicy | None = None, **changes: Any) -> float | None:
    return decision(error, policy, **changes).wait


def new_call(seconds: float = 300.0, **facts: Any) -> tuple[Call, FakeClock, list[Event]]:
    clock, events = FakeClock(), list[Event]()
    facts = {"request": TextToImage(prompt="fox"), **facts}
    call = Call(deadline=clock.now() + seconds, clock=clock, observers=[events.append], **facts)
    return call, clock, events


@pytest.mark.parametrize("resend_unknown", [False, True], ids=["default", "opted-in"])
@pytest.mark.parametrize(
    ("cls", "outcome"), DECISIONS, ids=lambda part: part.__name__ if isinstance(part, type) else str(part)
)
def test_decision(cls: type[ImagineError], outcome: Outcome, resend_unknown: bool) -> None:
    """The outcome decides: what may have been charged is sent again only where the caller opted in."""
    found = wait(made(cls, outcome), RetryPolicy(resend_unknown=resend_unknown))
    assert (found is not None) is DECISIONS[cls, outcome][resend_unknown]


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("paid", [True, False], ids=["paid", "free"])
def test_refusals_of_our_own_are_final(error: ImagineError, paid: bool) -> None:
    """What the SDK itself refused would be refused again, and what was made is not made twice."""
    assert wait(error, RetryPolicy(resend_unknown=True), paid=paid, resend_unknown=True) is None


@pytest.mark.parametrize("code", [None, *range(1000, 1008), 1100, 1101, 1103, 1208, 1200, 1201, 1202, 9999])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 406, 413, 422, 424, 429, 500, 502, 503, 504])
def test_replies_of_failure(status: int, code: int | None) -> None:
    """Of the API's own failures only 1200 to 1202, 429 and 503 are sent again unasked; lack of credits never is."""
    body = b"" if code is None else f'{{"code": {code}, "error": "E"}}'.encode()
    error = error_from_reply(status, {}, body, now=0.0)
    known = code is not None and code != 9999
    passes = code in (1200, 1201, 1202) if known else status in (429, 503)
    lacks_credits = status in (402, 424) or code == 1101
    assert (wait(error) is not None) is (passes and not lacks_credits)
    doubtful = not known and status in (500, 502, 504)
    opted = wait(error, RetryPolicy(resend_unknown=True)) is not None
    assert opted is ((passes or doubtful) and not lacks_credits)


@pytest.mark.parametrize("facts", [{"status": 402}, {"status": 424}, {"status": 429, "code": 1101}], ids=str)
@pytest.mark.parametrize("cls", [errors.RateLimitedError, errors.ServiceUnavailableError, errors.ServerError])
def test_lack_of_credits_is_final_under_any_name(cls: type[errors.APIError], facts: dict[str, Any]) -> None:
    """Whatever class an error has, a number that says that credits are lacking ends the call."""
    found = decision(cls("no", **facts), RetryPolicy(resend_unknown=True))
    assert found == Decision(None, "not enough credits")


def test_paid_call_is_not_resent_though_the_server_names_a_wait() -> None:
    """A wait that comes with a failure of unknown outcome is no leave to send again."""
    error = errors.ServerError("broke", status=500, retry_after=1)
    assert wait(error) is None
    assert wait(error, RetryPolicy(resend_unknown=True), chance=0.0) == 1


@pytest.mark.parametrize(
    ("of_policy", "of_call", "paid", "resent"),
    [
        (False, None, True, False),
        (True, None, True, True),
        (False, True, True, True),
        (True, False, True, False),
        (False, None, False, True),
        (False, False, False, True),
    ],
)
def test_call_overrides_policy(of_policy: bool, of_call: bool | None, paid: bool, resent: bool) -> None:
    """A call's own `resend_unknown` comes before the policy's; a call that costs nothing needs neither."""
    error = made(errors.DisconnectedError, Outcome.UNKNOWN)
    found = wait(error, RetryPolicy(resend_unknown=of_policy), resend_unknown=of_call, paid=paid)
    assert (found is not None) is resent


@pytest.mark.parametrize(
    ("error", "changes", "reason"),
    [
        (limited(), {}, "too many requests"),
        (made(errors.ServiceUnavailableError, Outcome.REJECTED), {}, "the service is not available"),
        (made(errors.ConnectError, Outcome.NOT_SENT), {}, "not sent"),
        (made(errors.ServerError, Outcome.UNKNOWN), {"paid": False}, "the call costs nothing"),
        (
            made(errors.ServerError, Outcome.UNKNOWN),
            {"resend_unknown": True},
            "may have been charged, and resend_unknown is set",
        ),
        (made(errors.ServerError, Outcome.UNKNOWN), {}, "may have been charged"),
        (made(errors.BadRequestError, Outcome.REJECTED), {}, "refused for good"),
        (made(errors.InsufficientCreditsError, Outcome.REJECTED), {}, "not enough credits"),
        (made(errors.TruncatedReplyError, Outcome.COMPLETED), {}, "the work is done"),
        (limited(), {"attempt": 3}, "attempts used up"),
        (made(errors.BadRequestError, Outcome.REJECTED), {"attempt": 3}, "refused for good"),
        (limited(3600.0), {}, "the server asks for 3600 s, more than the 120 s that are obeyed"),
        (limited(60.0), {"remaining": 30.0}, "the deadline comes first"),
        (limited(), {"remaining": 0.1}, "the deadline comes first"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_decision_says_why(error: ImagineError, changes: dict[str, Any], reason: str) -> None:
    """Every decision comes with its reason, for the log."""
    assert decision(error, **changes).reason == reason


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
    assert wait(limited(asked), remaining=remaining, chance=0.0) == found


@settings(deadline=None)
@given(asked=st.floats(0, 200), remaining=st.floats(0, 200), chance=st.floats(0, 1))
def test_named_wait_gets_jitter_on_top(asked: float, remaining: float, chance: float) -> None:
    """A named wait is never undercut: jitter of up to a tenth of it, and up to 1 s, comes on top where it fits."""
    found = wait(limited(asked), remaining=remaining, chance=chance)
    assert (found is None) is (asked > min(120.0, remaining))
    if found is not None:
        jittered = asked + chance * min(0.1 * asked, 1.0)
        assert found == (jittered if jittered < remaining else asked)
        assert asked <= found <= max(asked, min(asked * 1.1 + 1e-9, asked + 1.0, remaining))


@pytest.mark.parametrize(
    ("asked", "chance", "found"), [(5.0, 0.5, 5.25), (5.0, 1.0, 5.5), (60.0, 1.0, 61.0), (120.0, 0.5, 120.5)]
)
def test_extent_of_the_jitter(asked: float, chance: float, found: float) -> None:
    """Calls that were refused together come back apart; the cap of 120 s is judged by the named wait alone."""
    assert wait(limited(asked), chance=chance) == found


@pytest.mark.parametrize("asked", [-1.0, float("nan")])
def test_nonsensical_wait_gives_up(asked: float) -> None:
    """A wait that no clock can keep is none to be shortened: the call ends."""
    assert wait(limited(asked)) is None


def test_longest_retry_after_can_be_raised() -> None:
    """How long a server may ask to wait is the caller's to say."""
    assert wait(limited(200.0), RetryPolicy(longest_retry_after=250.0), chance=0.0) == 200.0
    assert wait(limited(299.0), RetryPolicy(longest_retry_after=float("inf")), chance=0.0) == 299.0


def test_backoff_without_a_cap() -> None:
    """An infinite cap lets the backoff double until the deadline."""
    assert wait(limited(), RetryPolicy(attempts=9, first_wait=2, longest_wait=float("inf")), attempt=7) == 64.0
    assert wait(limited(), RetryPolicy(attempts=9000, longest_wait=float("inf")), attempt=8000) is None


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


@pytest.mark.anyio
async def test_success_needs_no_retry() -> None:
    """A call that succeeds is sent once, without a wait."""
    call, clock, events = new_call()
    handler = Scripted([IMAGE])
    assert await Retry(RetryPolicy()).around_call(call, handler) is IMAGE
    assert (handler.attempts, clock.waits, events) == ([1], [], [])


@pytest.mark.anyio
async def test_attempts_are_counted_and_told() -> None:
    """Each attempt has its number; observers learn of every wait, with the error behind it."""
    call, clock, events = new_call()
    failures = [errors.ConnectError("no route"), limited(7.0)]
    handler = Scripted([*failures, IMAGE])
    assert await Retry(RetryPolicy(first_wait=2.0), chance=lambda: 0.5).around_call(call, handler) is IMAGE
    assert (handler.attempts, clock.waits) == ([1, 2, 3], [1.0, 7.35])
    assert [(event.kind, event.attempt, event.seconds, event.error) for event in events] == [
        ("retrying", 1, 1.0, failures[0]),
        ("retrying", 2, 7.35, failures[1]),
    ]


@pytest.mark.anyio
async def test_last_error_is_raised() -> None:
    """When the attempts are used up, the last error comes out, without a wait behind it."""
    call, clock, _ = new_call()
    failures = [limited(1.0) for _ in range(3)]
    with pytest.raises(errors.RateLimitedError) as caught:
        await Retry(RetryPolicy(attempts=3), chance=lambda: 0.0).around_call(call, Scripted(failures))
    assert caught.value is failures[-1]
    assert clock.waits == [1.0, 1.0]


@pytest.mark.anyio
async def test_final_error_is_raised_at_once() -> None:
    """An error that must not be sent again comes out of the first attempt."""
    call, clock, events = new_call()
    handler = Scripted([errors.ServerError("broke", status=500), IMAGE])
    with pytest.raises(errors.ServerError):
        await Retry(RetryPolicy()).around_call(call, handler)
    assert (handler.attempts, clock.waits, events) == ([1], [], [])


@pytest.mark.anyio
async def test_too_long_a_wait_is_raised_at_once() -> None:
    """Where the server asks for more than is allowed, the caller learns it at once, with `retry_after`."""
    call, clock, _ = new_call()
    with pytest.raises(errors.RateLimitedError) as caught:
        await Retry(RetryPolicy()).around_call(call, Scripted([limited(3600.0)]))
    assert (caught.value.retry_after, clock.waits) == (3600.0, [])


@pytest.mark.anyio
async def test_time_of_the_attempts_counts() -> None:
    """What the attempts themselves took is gone from the deadline when the next wait is judged."""
    call, clock, _ = new_call(seconds=10.0)
    handler = Scripted([limited(3.0), limited(3.0), IMAGE], seconds=3.0)
    with pytest.raises(errors.RateLimitedError):
        await Retry(RetryPolicy(), chance=lambda: 0.0).around_call(call, handler)
    assert (handler.attempts, clock.waits) == ([1, 2], [3.0])


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
@pytest.mark.parametrize("reached", [Outcome.UNKNOWN, Outcome.COMPLETED])
async def test_what_the_call_knows_counts(reached: Outcome) -> None:
    """When a step within claims that nothing was sent after the form has left, the call is not sent again."""
    call, clock, _ = new_call()
    attempts = 0

    async def handler(call: Call) -> Image:
        nonlocal attempts
        attempts += 1
        call.outcome = reached
        raise errors.ConnectError("no route to the place where copies are kept")

    with pytest.raises(errors.ConnectError) as caught:
        await Retry(RetryPolicy()).around_call(call, handler)
    assert (attempts, clock.waits, caught.value.outcome) == (1, [], reached)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("facts", "attempts"),
    [
        ({}, 1),
        ({"resend_unknown": True}, 2),
        ({"resend_unknown": False}, 1),
        ({"request": VideoStatus(video_id="job-1")}, 2),
    ],
    ids=["paid", "opted-in", "opted-out", "free"],
)
async def test_call_says_whether_it_may_be_repeated(facts: dict[str, Any], attempts: int) -> None:
    """What is known of the call decides: its price, and what the caller allowed for it alone."""
    call, _, _ = new_call(**facts)
    handler = Scripted([errors.ServerError("broke", status=500), IMAGE])
    try:
        await Retry(RetryPolicy()).around_call(call, handler)
    except errors.ServerError:
        assert attempts == 1
    assert len(handler.attempts) == attempts


@pytest.mark.anyio
async def test_foreign_errors_are_not_retried() -> None:
    """What a user's own middleware raises is not the SDK's to repeat."""
    call, clock, _ = new_call()
    with pytest.raises(KeyError):
        await Retry(RetryPolicy(resend_unknown=True)).around_call(call, Scripted([KeyError("mine")]))
    assert clock.waits == []


@pytest.mark.anyio
async def test_jitter_is_drawn_anew() -> None:
    """Clients that failed together do not come back together."""
    random.seed(7)
    call, clock, _ = new_call()
    handler = Scripted([*(limited() for _ in range(20)), IMAGE])
    await Retry(RetryPolicy(attempts=30, first_wait=4.0, longest_wait=4.0)).around_call(call, handler)
    assert len(set(clock.waits)) == 20
    assert all(0 <= seconds < 4.0 for seconds in clock.waits)
