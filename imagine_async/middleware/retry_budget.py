"""How many retries all calls of a client may make together, so that an outage is not multiplied.

Where a server is down, every call fails, and three attempts each would treble its load at the worst moment. A bucket
of tokens that retries take and successes give back leaves single failures alone and stops the retries of an outage.
"""

from __future__ import annotations

import threading

from attrs import field, frozen

from imagine_async.middleware.setting_checks import amount

__all__ = ["RetryBucket", "RetryBudget"]

_ADVICE = "pass a number, 0 or more, or retry_budget=None for any number of retries"
# Ten tenths of a token are one, though their sum as floats is a little less.
_ROUNDING = 1e-9


@frozen
class RetryBudget:
    """How many retries all calls of a client may make together.

    A retry costs a token. One after "too many requests" costs nothing, because the rate limit paces it.

    Args:
        tokens: The most that the bucket holds, and what it begins with; below 1, there are no retries but those that
            cost nothing.
        per_success: Tokens that a call's success gives back; 0 or more.

    Raises:
        ConfigurationError: A number is negative, without end, or none.

    Example:
        client = AsyncImagine(retry_budget=RetryBudget(tokens=50, per_success=0.2))
    """

    tokens: float = field(default=20, validator=amount("retry_budget", _ADVICE))
    per_success: float = field(default=0.1, validator=amount("retry_budget", _ADVICE))


class RetryBucket:
    """The tokens that are left; several event loops and threads may share it.

    Args:
        budget: How many there are.
    """

    def __init__(self, budget: RetryBudget) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._left = float(budget.tokens)

    @property
    def left(self) -> float:
        """Tokens that are left."""
        return self._left

    def take(self) -> bool:
        """Take the token of a retry.

        Returns:
            Whether there was one.
        """
        with self._lock:
            if self._left < 1 - _ROUNDING:
                return False
            self._left = max(0.0, self._left - 1)
            return True

    def give_back(self) -> None:
        """Give back what a call's success earns; the bucket never holds more than at its beginning."""
        with self._lock:
            self._left = min(float(self.budget.tokens), self._left + self.budget.per_success)
