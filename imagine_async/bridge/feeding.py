"""The caller's lazy inputs for the async side, each of which is taken from its iterable in the caller's thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import TypeAlias, TypeVar

import anyio

from imagine_async.bridge.loop_thread import LoopThread
from imagine_async.fanout import Demanded

__all__ = ["FedInput", "Want"]

T = TypeVar("T")

Want: TypeAlias = Callable[[Callable[[], None]], None]
"""Takes what the caller's thread is to do."""

_TOGETHER_SECONDS = 0.001
"""So long further inputs are taken for one question: an iterable that is slower is asked for each."""


class FedInput(Demanded[T]):
    """The caller's iterable as an async iterator.

    A question to the caller's thread asks for as many inputs as are wanted at that moment, since a crossing costs as
    much as half a call. Each input is handed on as soon as it is there, so none waits for one that takes long.

    Args:
        source: The iterable.
        loop: The thread that the async side runs on.
        want: Is called, on the loop thread, with each question.
    """

    def __init__(self, source: Iterable[T], loop: LoopThread, want: Want) -> None:
        # `chain` puts off `iter(source)`, which is the caller's code as well, to the first step.
        self._inputs = chain.from_iterable((source,))
        self._loop = loop
        self._want = want
        self._turn = anyio.Lock(fast_acquire=True)
        self._is_asked = False
        # Inputs; after them, `None` or an error ends the answers to a question.
        self._answers: deque[tuple[T] | Exception | None] = deque()
        self._waiting: deque[anyio.Event] = deque()

    # On the loop thread.

    async def __anext__(self) -> T:
        async with self._turn:
            while True:
                # Where this wait is cancelled the question stays open, and the next step takes its answer.
                answer = await self._next_answer()
                if isinstance(answer, tuple):
                    return answer[0]
                self._is_asked = False
                if answer is not None:
                    raise answer

    async def _next_answer(self) -> tuple[T] | Exception | None:
        if not self._is_asked:
            self._is_asked = True
            self._want(partial(self._reply, self.wanted))
        while not self._answers:
            news = anyio.Event()
            self._waiting.append(news)
            # The caller's thread, which does not stand still, looks at `_waiting` after each answer.
            if not self._answers:
                await news.wait()
        return self._answers.popleft()

    # In the caller's thread.

    def release(self) -> None:
        """Let go of the iterable."""
        self._inputs = chain.from_iterable(())

    def _reply(self, wanted: int) -> None:
        enough = time.monotonic() + _TOGETHER_SECONDS
        try:
            for _ in range(wanted):
                self._answer((next(self._inputs),))
                if time.monotonic() > enough:
                    break
        except StopIteration:
            self._answer(StopAsyncIteration())
        except Exception as error:
            self._answer(error)
        else:
            self._answer(None)

    def _answer(self, answer: tuple[T] | Exception | None) -> None:
        self._answers.append(answer)
        while self._waiting:
            self._loop.post(self._waiting.popleft().set)
