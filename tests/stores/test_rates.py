"""Rate limits: how they are written, what is refused, and what follows from their numbers."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from attrs import evolve

from imagine_async import AsyncImagine
from imagine_async.errors import ConfigurationError
from imagine_async.stores import RateLimit


@pytest.mark.parametrize(
    ("text", "calls", "seconds"),
    [
        ("50/60s", 50, 60.0),
        ("10/s", 10, 1.0),
        (" 10 / s ", 10, 1.0),
        ("100/min", 100, 60.0),
        ("100/minute", 100, 60.0),
        ("3/2minutes", 3, 120.0),
        ("5/h", 5, 3600.0),
        ("7/24hours", 7, 86_400.0),
        ("1/0.5s", 1, 0.5),
        ("5/2.5sec", 5, 2.5),
        ("2/10seconds", 2, 10.0),
    ],
)
def test_limits_are_read(text: str, calls: int, seconds: float) -> None:
    """A limit is written as calls, a slash and a time."""
    assert RateLimit(text) == RateLimit(calls, seconds)
    assert RateLimit(text, burst=1, margin=0.5, learn=False) == RateLimit(calls, seconds, 1, 0.5, learn=False)


@pytest.mark.parametrize(
    "text", ["", "50", "50/", "/60s", "50/60", "50/60x", "-1/s", "1.5/s", "50/60s extra", "5/M/s", "50//s", "1e3/s"]
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    """A text that is no limit is refused with examples of some."""
    with pytest.raises(ConfigurationError, match="write it like '50/60s', '10/s' or '100/min'"):
        RateLimit(text)
    with pytest.raises(ConfigurationError, match="write it like '50/60s', '10/s' or '100/min'"):
        AsyncImagine("vk-test", rate_limit=text)


@pytest.mark.parametrize("given", [50, 50.0, True, (50, 60), b"50/60s"], ids=str)
def test_what_a_client_cannot_read(given: Any) -> None:
    """What is neither a limit nor a text is refused in the same words."""
    with pytest.raises(ConfigurationError, match="write it like '50/60s', '10/s' or '100/min'"):
        AsyncImagine("vk-test", rate_limit=given)


@pytest.mark.parametrize(
    ("numbers", "named"),
    [
        ((0, 1.0), "rate_limit=0/1.0s"),
        ((-5, 1.0), "rate_limit=-5/1.0s"),
        ((1.5, 1.0), "rate_limit=1.5/1.0s"),
        ((True, 1.0), "rate_limit=True/1.0s"),
        ((50,), "rate_limit=50/Nones"),
        (("50/60s", 60), "rate_limit='50/60s'/60s"),
        ((1, 0.0), "rate_limit=1/0.0s"),
        ((1, "60"), "rate_limit=1/'60's"),
        ((1, float("inf")), "rate_limit=1/infs"),
        ((1, float("nan")), "rate_limit=1/nans"),
        ((5, 1.0, 6), "burst=6"),
        ((5, 1.0, 0), "burst=0"),
        ((5, 1.0, 2.5), "burst=2.5"),
        ((5, 1.0, 1, -0.1), "margin=-0.1"),
        ((5, 1.0, 1, float("inf")), "margin=inf"),
        ((5, 1.0, 1, float("nan")), "margin=nan"),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(numbers: tuple[Any, ...], named: str) -> None:
    """A number that is out of range or none is named together with its value."""
    with pytest.raises(ConfigurationError, match=named):
        RateLimit(*numbers)


@pytest.mark.parametrize(
    ("limit", "burst", "interval", "window"),
    [
        (RateLimit(50, 60), 10, 1.2, 60.1),
        (RateLimit(50, 1), 10, 0.02, 1.015),
        (RateLimit(3, 1), 1, 1 / 3, 1.015),
        (RateLimit(50, 60, 1, 0.0), 1, 1.2, 60.0),
        (RateLimit(10, 1, margin=2), 2, 0.1, 3.0),
    ],
    ids=str,
)
def test_what_follows_from_the_numbers(limit: RateLimit, burst: int, interval: float, window: float) -> None:
    """Without a word a fifth of the calls may burst, and the window grows by 1.5 %, a tenth of a second at most."""
    assert (limit.burst_calls, limit.interval) == (burst, interval)
    assert limit.window == pytest.approx(window)


def test_limits_are_values() -> None:
    """A limit can be changed into another, pickled, hashed, and is not changed in place."""
    limit = RateLimit("50/60s", burst=5)
    frozen: Any = limit
    assert evolve(limit, calls=20) == RateLimit(20, 60, 5)
    assert {pickle.loads(pickle.dumps(limit)): 1} == {limit: 1}
    with pytest.raises(AttributeError):
        frozen.calls = 5
