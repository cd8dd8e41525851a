"""How a video job is watched: when to ask, which path answers, and which failures to sit out."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import TypeVar

from imagine_async.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ImagineError,
    InsufficientCreditsError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TransportError,
)

__all__ = ["PathMemory", "poll_waits", "worth_asking_again"]

T = TypeVar("T")

FIRST_WAIT = 5.0
LONGEST_WAIT = 20.0
GROWTH = 1.3
_ASKS_BEFORE_NOT_FOUND_COUNTS = 3


def poll_waits(chance: Callable[[], float] = random.random) -> Iterator[float]:
    """Yield how long to wait before each question.

    The vendor prescribes no interval and names 10 to 15 minutes for a video; the rate limit is shared with all calls.

    Args:
        chance: Draws a number from 0 to 1, so that many jobs do not ask in step.

    Yields:
        Seconds: about 5 at first, growing to about 20.
    """
    for number in count():
        usual = min(LONGEST_WAIT, FIRST_WAIT * GROWTH ** min(number, 20))
        yield usual * (0.9 + 0.2 * chance())


def worth_asking_again(error: ImagineError, *, asked: int, fresh: bool) -> bool:
    """Tell whether a failed question says nothing about the job.

    Args:
        error: Why it failed.
        asked: How often the job was asked about, this time included.
        fresh: Whether the API itself named the job a while ago, and may not know it everywhere yet.

    Returns:
        True for failures of the network or the service, and for a fresh job that is not known yet.
    """
    if isinstance(error, NotFoundError):
        return fresh and asked < _ASKS_BEFORE_NOT_FOUND_COUNTS
    return isinstance(error, (TransportError, ServerError, RateLimitedError))


class PathMemory:
    """Which of several documented paths the API answers on; the first that does is kept.

    Args:
        templates: The paths, the likeliest first.
    """

    def __init__(self, templates: tuple[str, ...]) -> None:
        self._templates = templates
        self.winner: str | None = None

    async def first_that_answers(self, ask: Callable[[str], Awaitable[T]]) -> T:
        """Ask on the path that is known to answer, else on one after the other.

        Args:
            ask: Makes the call on a path.

        Returns:
            What the call returned.

        Raises:
            ImagineError: No path is known and all refuse: the first one's error, which is the documented path's.
        """
        if self.winner is not None:
            return await ask(self.winner)
        refusal: APIError | None = None
        for template in self._templates:
            try:
                result = await ask(template)
            except APIError as error:
                if not _may_be_the_wrong_path(error):
                    raise
                refusal = refusal or error
            else:
                self.winner = template
                return result
        assert refusal is not None  # There is at least one path.
        raise refusal


def _may_be_the_wrong_path(error: APIError) -> bool:
    """Tell whether an API without the path could answer so: 404, 405, or 400 that is not about key or tokens."""
    if isinstance(error, (AuthenticationError, InsufficientCreditsError, RateLimitedError, ServerError)):
        return False
    return isinstance(error, BadRequestError | NotFoundError) and error.status in (400, 404, 405)
