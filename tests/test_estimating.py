"""Estimates: what calls would cost and how long the limit needs; nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.errors import InvalidRequestError
from imagine_async.estimating import Estimator
from imagine_async.prices import PriceList
from imagine_async.requests import TextToImage, TextToPng
from imagine_async.stores import RateLimit
from imagine_async.stores.slots import SlotBook
from imagine_async.usage import Estimate

FOX = TextToImage(prompt="a fox")
PNG = TextToPng(prompt="a fox")
ESTIMATOR = Estimator(PriceList.documented())


def test_estimate_of_one() -> None:
    """One request is one call."""
    assert ESTIMATOR.of(FOX) == Estimate(calls=1, tokens=1)


def test_estimate_of_many() -> None:
    """Prices are summed up, and calls without one counted by the key that the list lacks; a generator will do."""
    requests = (each for each in [FOX, PNG, TextToImage(prompt="a fox", style="flux-dev"), PNG])
    assert ESTIMATOR.of(requests) == Estimate(calls=4, tokens=16, unpriced={"text_to_png": 2})


def test_estimate_of_none() -> None:
    """Nothing costs nothing."""
    assert ESTIMATOR.of([]) == Estimate()


@pytest.mark.parametrize("requests", ["a fox", [FOX, "a fox"]], ids=repr)
def test_estimate_of_what_is_no_request(requests: Any) -> None:
    """What is no request is refused."""
    with pytest.raises(InvalidRequestError, match="requests='a"):
        ESTIMATOR.of(requests)


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 60), st.floats(0.5, 100), st.data())
def test_estimated_time_is_what_the_limit_needs(calls: int, per_window: int, seconds: float, data: Any) -> None:
    """The time is never more than the limit really takes, and not much less: calls pass in the order of slots."""
    limit = RateLimit(per_window, seconds, data.draw(st.integers(1, per_window)))
    book = SlotBook()
    last = max(book.reserve(limit, 0.0).at for _ in range(calls))
    found = Estimator(PriceList(), limit).of([FOX] * calls).seconds
    assert found <= last + 1e-6
    assert last <= found + 2 * limit.window
