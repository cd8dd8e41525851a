"""Reading that can happen but once, shared by all tasks that ask for its result."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
from anyio.lowlevel import EventLoopToken, current_token

from imagine_async.errors import InvalidRequestError

__all__ = ["Once"]

T = TypeVar("T")

_LOOK_AGAIN_SECONDS = 0.02
_STOPPED = "an earlier call ended while it was read, and it can be read but once; pass a new one"


class Once(Generic[T]):
    """Runs a coroutine once; whoever asks meanwhile waits, and whoever asks later gets the same.

    It belongs to no event loop: tasks of several loops, in several threads, may ask.
    """

    def __init__(self) -> None:
        self._claim = threading.Lock()
        self._run: _Run[T] | None = None

    async def get(self, make: Callable[[], Awaitable[T]], name: str, shown: str) -> T:
        """Return the result.

        Args:
            make: Does the work; called by the first task that asks.
            name: The field that it is for.
            shown: What an error shows of it.

        Returns:
            What `make` returned.

        Raises:
            InvalidRequestError: The work failed in an earlier call, or was cancelled with it.
            BaseException: What `make` raised, in the task that called it.
        """
        with self._claim:
            is_first = self._run is None
            run = self._run = self._run or _Run()
        if is_first:
            return await run.work(make)
        return await run.result(name, shown)


class _Run(Generic[T]):
    """The one run, and what became of it."""

    def __init__(self) -> None:
        self._loop: EventLoopToken = current_token()
        self._done = anyio.Event()
        self._results: list[T] = []
        # The text alone: the error itself would keep alive whatever its frames hold.
        self._problem = _STOPPED

    async def work(self, make: Callable[[], Awaitable[T]]) -> T:
        try:
            result = await make()
            self._results.append(result)
        except InvalidRequestError as error:
            self._problem = error.advice
            raise
        finally:
            self._done.set()
        return result

    async def result(self, name: str, shown: str) -> T:
        await self._wait()
        if not self._results:
            raise InvalidRequestError(name, shown, self._problem)
        return self._results[0]

    async def _wait(self) -> None:
        if self._loop == current_token():
            await self._done.wait()
        # An event wakes tasks of its own loop only; two loops with one stream are so rare that looking again will do.
        while not self._done.is_set():  # noqa: ASYNC110 - see above
            await anyio.sleep(_LOOK_AGAIN_SECONDS)
