"""A bound of attempts in flight that gives way to an overloaded server, and grows again."""

from __future__ import annotations

import contextlib
import threading
from heapq import heappop, heappush
from itertools import count

import anyio
from anyio.lowlevel import EventLoopToken, current_token
from attrs import define, field, frozen

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import ConfigurationError, RateLimitedError, ServiceUnavailableError
from imagine_async.middleware.base import Middleware

__all__ = ["Concurrency", "ConcurrencyGate"]

_numbers = count()


@frozen
class Concurrency:
    """How many attempts may be in flight at once, over all event loops and threads of a client.

    Each time the server says that it is overloaded, fewer may: half as many. With every round of successes one more
    may again.

    Args:
        limit: At most.
        start: At the beginning, `least` to `limit`; `None`: `limit`, so that nobody waits while the server is well.
        least: However overloaded the server is, 1 or more.

    Raises:
        ConfigurationError: A number is out of range.
    """

    limit: int = 100
    start: int | None = None
    least: int = 1

    def __attrs_post_init__(self) -> None:
        for name, value in (("limit", self.limit), ("start", self.first), ("least", self.least)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"concurrency: {name}={value!r}: pass a whole number of at least 1")
        if not self.least <= self.first <= self.limit:
            raise ConfigurationError(
                f"concurrency: least={self.least}, start={self.first}, limit={self.limit}: pass them in this order"
            )

    @classmethod
    def of(cls, given: Concurrency | int) -> Concurrency:
        """Read what the client's `concurrency=` takes.

        Args:
            given: What it is, or its limit.

        Returns:
            The bound.

        Raises:
            ConfigurationError: The number is out of range.
        """
        return given if isinstance(given, Concurrency) else cls(given)

    @property
    def first(self) -> int:
        """How many may be in flight at the beginning."""
        return self.limit if self.start is None else self.start


@define(order=True)
class _Waiter:
    """A call that waits; the least is the next."""

    rank: int
    number: int = field(factory=_numbers.__next__)
    token: EventLoopToken = field(factory=current_token, order=False)
    may_go: anyio.Event = field(factory=anyio.Event, order=False)
    begun: int = field(default=0, order=False)
    has_left: bool = field(default=False, order=False)


class ConcurrencyGate(Middleware):
    """Lets so many attempts through at once, in the order of their priority, then of their coming.

    Args:
        setting: How many.
    """

    def __init__(self, setting: Concurrency) -> None:
        self.setting = setting
        self.window = float(setting.first)
        self.in_flight = 0
        # Loops and threads share the places. Nothing in the block waits, and it holds no code of the user's.
        self._lock = threading.Lock()
        self._queue: list[_Waiter] = []
        self._shrunk_at = 0
        self._begun = 0

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Wait for a place, then go on; learn from what comes back."""
        number = self._enter() or await self._wait(call)
        try:
            result = await next(call)
        except (RateLimitedError, ServiceUnavailableError):
            self._shrink(number)
            raise
        else:
            self._grow()
            return result
        finally:
            self._leave()

    def _enter(self) -> int:
        """Take a place if there is one and nobody waits; return the attempt's number, 0 if there is none."""
        with self._lock:
            return 0 if self._queue or self.in_flight >= int(self.window) else self._take()

    def _take(self) -> int:
        self.in_flight += 1
        self._begun += 1
        return self._begun

    async def _wait(self, call: Call) -> int:
        waiter = _Waiter(-call.priority)
        call.emit("waiting")
        with self._lock:
            heappush(self._queue, waiter)
            self._admit()
        try:
            await waiter.may_go.wait()
        except BaseException:
            self._give_up(waiter)
            raise
        return waiter.begun

    def _give_up(self, waiter: _Waiter) -> None:
        """Leave the queue; a place that was given meanwhile goes to the next."""
        with self._lock:
            waiter.has_left = True
            if waiter.begun:
                self.in_flight -= 1
            self._admit()

    def _leave(self) -> None:
        with self._lock:
            self.in_flight -= 1
            self._admit()

    def _admit(self) -> None:
        """Give the free places to those who wait."""
        while self._queue and (self._queue[0].has_left or self.in_flight < int(self.window)):
            waiter = heappop(self._queue)
            if waiter.has_left:
                continue
            waiter.begun = self._take()
            if not _woken(waiter):
                self.in_flight -= 1

    def _grow(self) -> None:
        if self.window < self.setting.limit:
            with self._lock:
                self.window = min(float(self.setting.limit), self.window + 1 / self.window)
                self._admit()

    def _shrink(self, number: int) -> None:
        """Halve the window, once for all attempts that were in flight together."""
        with self._lock:
            if number > self._shrunk_at:
                self.window = max(float(self.setting.least), self.window / 2)
                self._shrunk_at = self._begun


def _woken(waiter: _Waiter) -> bool:
    """Wake a call, on whatever loop it waits; a loop that is gone has taken its calls along."""
    with contextlib.suppress(Exception):
        waiter.token.backend_class.run_sync_soon(waiter.may_go.set, (), waiter.token.native_token)
        return True
    return False
