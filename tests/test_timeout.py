"""How long a call and its parts may take."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagine_async.errors import ConfigurationError
from imagine_async.timeout import Timeout

OUT_OF_RANGE = [0, -1, float("inf"), float("nan"), True, "5", 10**400, b"5"]


def test_defaults_bound_the_whole_and_the_connecting() -> None:
    """Without arguments a call may take five minutes, connecting five seconds, and silence is bounded by the whole."""
    assert Timeout() == Timeout(300.0, connect=5.0, read=None, write=None)


def test_a_number_sets_the_total_only() -> None:
    """A number stands for the whole call and leaves the other bounds alone."""
    assert Timeout.of(20) == Timeout(20, connect=5.0, read=None, write=None)


def test_a_timeout_is_taken_as_it_is() -> None:
    """A timeout passes unchanged."""
    timeout = Timeout(20, connect=1, read=2, write=3)
    assert Timeout.of(timeout) is timeout


def test_another_total_leaves_the_rest() -> None:
    """with_total changes the whole and nothing else."""
    assert Timeout(20, connect=1, read=2, write=3).with_total(7) == Timeout(7, connect=1, read=2, write=3)


@pytest.mark.parametrize("name", ["total", "connect", "read", "write"])
@pytest.mark.parametrize("value", OUT_OF_RANGE, ids=str)
def test_what_is_out_of_range_is_refused_by_name(name: str, value: Any) -> None:
    """Each bound is a finite number over 0, and the error names the one that is not."""
    with pytest.raises(ConfigurationError, match=rf"timeout\.{name}="):
        Timeout(**{name: value})


@pytest.mark.parametrize("name", ["total", "connect"])
def test_the_whole_and_the_connecting_are_always_bounded(name: str) -> None:
    """Only silence may go without a bound of its own."""
    with pytest.raises(ConfigurationError, match=name):
        Timeout(**{name: None})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [*OUT_OF_RANGE, None, ()], ids=str)
def test_a_number_out_of_range_is_refused_under_the_callers_name(value: Any) -> None:
    """What is neither a timeout nor a number in range is refused under the name it was passed by."""
    with pytest.raises(ConfigurationError, match="patience="):
        Timeout.of(value, "patience")


def test_a_number_too_long_to_write_is_refused() -> None:
    """A number of more digits than Python writes is refused like any other."""
    with pytest.raises(ConfigurationError, match="timeout=<int>"):
        Timeout.of(10**5000)


def test_another_total_is_checked_too() -> None:
    """with_total refuses what the constructor refuses."""
    with pytest.raises(ConfigurationError, match=r"timeout\.total=0"):
        Timeout().with_total(0.0)


@given(st.floats(min_value=1e-6, max_value=1e9) | st.integers(min_value=1, max_value=10**12))
def test_any_number_in_range_is_taken(value: float) -> None:
    """Whole numbers and floats over 0 are taken, and a timeout survives pickling."""
    timeout = Timeout.of(value)
    assert timeout.total == value
    assert pickle.loads(pickle.dumps(timeout)) == timeout
