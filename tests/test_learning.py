"""What replies tell of a limit: followed where it is lower, never faster than what was set."""

from __future__ import annotations

import pytest

from imagine_async.call import Call
from imagine_async.errors import RateLimitedError
from imagine_async.middleware.learning import LearntLimit
from imagine_async.quota import Quota
from imagine_async.requests import TextToImage
from imagine_async.stores import RateLimit

FAST = RateLimit(200, 1)


def refused(retry_after: float | None = None, quota: Quota | None = None) -> tuple[RateLimitedError, Call]:
    call = Call(request=TextToImage(prompt="a fox"), deadline=1e9, quota=quota)
    return RateLimitedError("too many", status=429, retry_after=retry_after), call


@pytest.mark.parametrize(
    ("limit", "quotas", "calls", "seconds"),
    [
        (FAST, [Quota(50, 49, 1)], 50, 1),
        (FAST, [Quota(50, 49, 13), Quota(50, 49, 60), Quota(50, 20, 5)], 50, 60),
        (RateLimit(100, 60), [Quota(50, None, None)], 50, 60),
        (RateLimit(100, 60), [Quota(50, 30, 20)], 100, 60),
        (RateLimit(100, 60), [Quota(50, 30, 20), Quota(50, 49, 60)], 50, 60),
        (RateLimit(10, 60), [Quota(50, 49, 60)], 10, 60),
        (FAST, [Quota(50, 49, 1), Quota(1000, 999, 1)], 200, 1),
        (FAST, [Quota(None, 5, 1)], 200, 1),
        (RateLimit(200, 1, learn=False), [Quota(50, 49, 1)], 200, 1),
    ],
    ids=["lower", "longest-reset", "no-reset", "not-yet", "then", "higher", "raised", "no-limit", "off"],
)
def test_limit_that_is_kept(limit: RateLimit, quotas: list[Quota], calls: int, seconds: float) -> None:
    """A lower limit is followed, with the longest reset for its window; a higher one is not."""
    learnt = LearntLimit(limit)
    for quota in quotas:
        learnt.learn(quota)
    assert (learnt.limit.calls, learnt.limit.seconds) == (calls, seconds)


def test_burst_fits_a_lower_limit() -> None:
    """A burst that was set stays, as far as the lower limit has room for it."""
    learnt = LearntLimit(RateLimit(200, 1, burst=80))
    learnt.learn(Quota(50, 49, 1))
    assert learnt.limit.burst == 50


@pytest.mark.parametrize(
    ("remaining", "room"), [(None, None), (0, 1), (1, 1), (5, 5), (9, 9), (10, None), (40, None)], ids=str
)
def test_room(remaining: int | None, room: int | None) -> None:
    """Where the server has room for less than a burst, no more than that leave at once."""
    assert LearntLimit(RateLimit(50, 60)).learn(Quota(50, remaining, 30)) == room
    assert LearntLimit(RateLimit(50, 60, learn=False)).learn(Quota(50, remaining, 30)) is None


@pytest.mark.parametrize(
    ("retry_after", "quota", "pause"),
    [
        (7.0, None, 7.0),
        (0.0, None, 1.2),
        (7.0, Quota(50, 0, 30), 7.0),
        (None, None, 3.75),
        (None, Quota(50, 0, 30), 29.0),
        (None, Quota(50, 0, 1), 1.0),
        (None, Quota(50, 0, 4.0), 3.75),
        (None, Quota(50, None, None), 3.75),
    ],
    ids=str,
)
def test_pause_after_a_refusal(retry_after: float | None, quota: Quota | None, pause: float) -> None:
    """What the server asks for counts most, then when its window resets, to within its rounding; else a guess."""
    assert LearntLimit(RateLimit(50, 60)).pause_after(*refused(retry_after, quota), 0.0, 1.0) == pause


def test_refusals_that_come_together_are_one() -> None:
    """Calls that had left before the first refusal was known do not make the pause longer."""
    learnt = LearntLimit(RateLimit(50, 60))
    pauses = [learnt.pause_after(*refused(), began, now) for began, now in [(0, 5), (1, 5), (4.9, 6), (5, 7)]]
    assert pauses == [3.75, 3.75, 3.75, 7.5]


def test_pause_is_never_longer_than_the_window() -> None:
    """However often a server refuses without a word, after a window it is asked again; a success ends the row."""
    learnt = LearntLimit(RateLimit(50, 60))
    pauses = [learnt.pause_after(*refused(), float(at), at + 0.5) for at in range(200)]
    assert max(pauses) == learnt.limit.window
    learnt.forget_refusals()
    assert learnt.pause_after(*refused(), 500.0, 501.0) == 3.75
