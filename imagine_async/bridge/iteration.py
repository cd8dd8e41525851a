"""Async iteration for sync code: a generator here, fed by one task on the loop thread.

One host task owns the async iterator from its first step to its last. Stepping it through separate calls would leave
cancel scopes and task groups that are open across a `yield` in a task that has ended.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Generator, Iterable
from enum import Enum, auto
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

import anyio

from imagine_async.bridge.blocking import PublicCall, public_call, warn_if_blocking
from imagine_async.bridge.calls import WAIT_SLICE, Job
from imagine_async.bridge.feeding import FedInput

__all__ = ["READ_AHEAD", "Feed", "iterate"]

T = TypeVar("T")
Input = TypeVar("Input")

READ_AHEAD = 16
"""How many items may wait for the caller; a crossing per item would cost twenty times as much."""


class Feed(Protocol):
    """Turns the caller's iterable into one that the async side may iterate."""

    def __call__(self, source: Iterable[Input] | AsyncIterable[Input], /) -> Iterable[Input] | AsyncIterable[Input]:
        """Return the iterable, or an async iterator whose every step runs in the caller's thread.

        Args:
            source: What the caller gave.
        """
        ...


def iterate(factory: Callable[[Feed], AsyncIterator[T]]) -> Generator[T, None, None]:
    """Iterate, in this thread, over an async iterator that runs on the loop thread.

    The iterator starts with the first item asked for, and then runs at most `READ_AHEAD` items ahead. Closing the
    generator, or dropping it, closes the async iterator and waits for its clean-up.

    Args:
        factory: Makes the async iterator, on the loop thread; is handed the `Feed` for lazy inputs, which must not
            be iterated on the loop thread because they may be bound to the caller's (Django's ORM, sqlite3) or call
            the sync client themselves.

    Returns:
        A generator of the items, in order. It raises RuntimeError if it is used on the loop thread itself.
    """
    return _iterate(factory, public_call(is_iterated=True))


def _iterate(factory: Callable[[Feed], AsyncIterator[T]], call: PublicCall | None) -> Generator[T, None, None]:
    iteration = _Iteration(factory)
    warn_if_blocking(call)
    try:
        iteration.start()
        yield from iteration.items()
    except GeneratorExit:
        error = iteration.abandon()
        if error is not None:
            raise error from None
        raise
    except BaseException:
        iteration.abandon()
        raise
    finally:
        iteration.release()


class _Mail(Enum):
    """What the loop thread tells the caller's thread."""

    ITEMS = auto()
    INPUT_WANTED = auto()
    END = auto()


class _Iteration(Job[None], Generic[T]):
    """The host task, and the mail between it and the caller."""

    def __init__(self, factory: Callable[[Feed], AsyncIterator[T]]) -> None:
        super().__init__(self._produce)
        self._factory = factory
        self._mail: SimpleQueue[_Mail] = SimpleQueue()
        self._items: deque[T] = deque()
        self._wanted: deque[Callable[[], None]] = deque()
        self._releases: list[Callable[[], None]] = []
        self._credits = READ_AHEAD
        self._parked: anyio.Event | None = None
        self._closing = False

    # In the caller's thread.

    def items(self) -> Generator[T, None, None]:
        taken, has_ended = 0, False
        while True:
            self._check()
            # One input before each item: work that waits for it can start while the caller is busy with the item.
            if self._wanted:
                self._wanted.popleft()()
            if not self._items and not has_ended:
                mail = self._next_mail()
                has_ended = mail is _Mail.END
                if mail is _Mail.INPUT_WANTED:
                    continue
            if self._items:
                # At once, without a look at what is wanted by now: a caller who leaves with it starts nothing more.
                taken += 1
                if taken % (READ_AHEAD // 2) == 0 and not self.done:
                    self.loop.post(self._grant)
                yield self._items.popleft()
            elif has_ended:
                return self.result()

    def release(self) -> None:
        """Let go of the caller's iterables here, in the caller's thread, where their clean-up belongs."""
        del self._factory
        for release in self._releases:
            release()

    def _check(self) -> None:
        if not self.done and not self.loop.is_alive:
            raise RuntimeError(
                "the event-loop thread of this iteration is gone; after a fork, iterate anew in the child"
            )

    def _next_mail(self) -> _Mail:
        while True:
            try:
                return self._mail.get(timeout=WAIT_SLICE)
            except Empty:
                continue

    # On the loop thread.

    def _tell_end(self) -> None:
        self._mail.put(_Mail.END)
        super()._tell_end()

    async def _produce(self) -> None:
        iterator = self._factory(self._feed)
        try:
            async for item in iterator:
                self._items.append(item)
                if len(self._items) == 1:
                    # Where there were others, the caller takes this one after them without being told.
                    self._mail.put(_Mail.ITEMS)
                if not await self._may_go_on():
                    break
        finally:
            if isinstance(iterator, AsyncGenerator):
                await _close(iterator)

    async def _may_go_on(self) -> bool:
        self._credits -= 1
        while self._credits <= 0 and not self._closing:
            self._parked = anyio.Event()
            await self._parked.wait()
        self._parked = None
        return not self._closing

    def _grant(self) -> None:
        self._credits += READ_AHEAD // 2
        if self._parked is not None:
            self._parked.set()

    def _stop(self) -> None:
        self._closing = True
        if self._parked is None:
            super()._stop()
        else:
            # The iterator rests at a `yield`: end it by `aclose` in peace, not in a cancelled scope, where nothing
            # that its clean-up awaits would work. A shield would not help: it would nest wrongly with open scopes.
            self._parked.set()

    def _feed(self, source: Iterable[Input] | AsyncIterable[Input], /) -> Iterable[Input] | AsyncIterable[Input]:
        # Having a length proves nothing (a Django QuerySet has one, and asks the database when it is iterated).
        if isinstance(source, (list, tuple, set, frozenset)) or not isinstance(source, Iterable):
            return source
        fed = FedInput(source, self.loop, self._want)
        self._releases.append(fed.release)
        return fed

    def _want(self, answer: Callable[[], None]) -> None:
        self._wanted.append(answer)
        self._mail.put(_Mail.INPUT_WANTED)


async def _close(iterator: AsyncGenerator[object]) -> None:
    try:
        await iterator.aclose()
    except* GeneratorExit:  # This is how a task group that is open at the `yield` reports the close.
        pass
