"""The settings of retries: what is wrong is said at once, with the field, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from imagine_async.errors import ConfigurationError
from imagine_async.middleware.retry import RetryPolicy


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 2.5, 3.0, True, "3", None, 10**400])
def test_bad_number_of_attempts(value: Any) -> None:
    """Attempts are a whole number from 1; the error names the field, the value and the way out."""
    with pytest.raises(ConfigurationError) as caught:
        RetryPolicy(attempts=value)
    assert str(caught.value) == (f"retry.attempts={value!r}: pass a whole number of at least 1; 1 never sends again")


@pytest.mark.parametrize("name", ["first_wait", "longest_wait", "longest_retry_after"])
@pytest.mark.parametrize("value", [-0.1, -1, float("nan"), -float("inf"), True, "1", None, 10**400])
def test_bad_wait(name: str, value: Any) -> None:
    """A wait is a number of seconds from 0; the error names the field, the value and the way out."""
    with pytest.raises(ConfigurationError) as caught:
        RetryPolicy(**{name: value})
    assert str(caught.value).startswith(f"retry.{name}={value!r}: pass seconds, 0 or more, for example ")


def test_first_wait_has_an_end() -> None:
    """Only the caps may be infinite."""
    with pytest.raises(ConfigurationError):
        RetryPolicy(first_wait=float("inf"))
    assert RetryPolicy(longest_wait=float("inf"), longest_retry_after=float("inf")).first_wait == 0.5


@pytest.mark.parametrize("value", ["no", 1, None])
def test_bad_leave_to_resend(value: Any) -> None:
    """What costs money is switched on by `True` alone, not by a text that says no."""
    with pytest.raises(ConfigurationError, match=r"retry\.resend_unknown=.*: pass True or False"):
        RetryPolicy(resend_unknown=value)
