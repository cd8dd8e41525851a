"""Many calls at once, of which no more run, wait or are remembered than the concurrency allows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from imagine_async.tasks import spawn

__all__ = ["Demanded", "FanOut"]

T = TypeVar("T")
R = TypeVar("R")


class Demanded(AsyncIterator[T]):
    """An async iterator that gets several items in one go where that is cheaper.

    Attributes:
        wanted: How many items would be used at once: no more may be taken ahead. Whoever iterates may change it before
            each step.
    """

    wanted: int = 1


class FanOut(Generic[T, R]):
    """An async iterator of (input, result or error), as they finish.

    Inputs are taken one by one as places become free, never ahead. Results that nobody has taken yet keep their
    places, so memory is bounded by the concurrency. A place is opened when all others are in use, so that one that is
    never needed costs nothing.

    Args:
        work: What to do with each input.
        inputs: A list, a generator or an async generator.
        concurrency: Inputs in work at once, at least 1.
    """

    def __init__(
        self, work: Callable[[T], Awaitable[R]], inputs: Iterable[T] | AsyncIterable[T], *, concurrency: int
    ) -> None:
        self._work = work
        self._inputs = _asynchronous(inputs)
        self._unopened = concurrency
        self._idle = 0
        self._exhausted = False
        self._input_error: Exception | None = None
        self._host: object = None
        self._scope = anyio.CancelScope()
        self._done = anyio.Event()
        self._turn = anyio.Lock()
        self._results, self._finished = anyio.create_memory_object_stream[tuple[T, R | Exception]](0)

    def __aiter__(self) -> FanOut[T, R]:
        return self

    async def __anext__(self) -> tuple[T, R | Exception]:
        if self._host is None:
            self._host = spawn(self._run)
        try:
            return await self._finished.receive()
        except anyio.EndOfStream:
            if self._input_error is not None:
                raise self._input_error from None
            raise StopAsyncIteration from None

    def cancel(self) -> None:
        """Cancel what is in work; whoever iterates sees the end when that has ended."""
        self._exhausted = True
        self._scope.cancel()

    async def aclose(self) -> None:
        """Cancel what is in work, and wait until it has ended."""
        self.cancel()
        try:
            if self._host is not None:
                with anyio.CancelScope(shield=True):
                    await self._done.wait()
        finally:
            self._finished.close()
            self._results.close()

    async def _run(self) -> None:
        try:
            with self._scope:
                async with anyio.create_task_group() as group:
                    self._open_place(group)
        finally:
            await self._close_inputs()
            self._results.close()
            self._done.set()

    async def _close_inputs(self) -> None:
        """End an async generator here, in the task that ran it, rather than whenever it is collected."""
        if isinstance(self._inputs, AsyncGenerator):
            with anyio.CancelScope(shield=True):
                await self._inputs.aclose()

    def _open_place(self, group: TaskGroup) -> None:
        self._unopened -= 1
        self._idle += 1
        group.start_soon(self._serve, group)

    async def _serve(self, group: TaskGroup) -> None:
        while (taken := await self._take()) is not None:
            self._idle -= 1
            if not self._idle and self._unopened:
                self._open_place(group)
            (item,) = taken
            await self._results.send((item, await self._result_of(item)))
            self._idle += 1

    async def _take(self) -> tuple[T] | None:
        """Take the next input; once there is none, or the caller's iterable failed, let the running calls end."""
        async with self._turn:
            if not self._exhausted:
                if isinstance(self._inputs, Demanded):
                    self._inputs.wanted = self._idle + self._unopened
                try:
                    return (await anext(self._inputs),)
                except StopAsyncIteration:
                    self._exhausted = True
                except Exception as error:
                    self._exhausted, self._input_error = True, error
            return None

    async def _result_of(self, item: T) -> R | Exception:
        try:
            return await self._work(item)
        except Exception as error:
            return error


class _Asynchronous(AsyncIterator[T]):
    """An iterable as an async iterator; no generator, which would have to be closed."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)

    async def __anext__(self) -> T:
        for item in self._items:
            return item
        raise StopAsyncIteration


def _asynchronous(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    return aiter(items) if isinstance(items, AsyncIterable) else _Asynchronous(items)
