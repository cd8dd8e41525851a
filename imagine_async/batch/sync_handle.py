"""A batch, as a caller holds it who does not await."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from operator import length_hint
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from imagine_async.bridge.calls import run
from imagine_async.bridge.iteration import Feed, iterate

if TYPE_CHECKING:
    from imagine_async.batch.handle import AsyncBatch
    from imagine_async.batch.records import BatchProgress, BatchSummary
    from imagine_async.batch.results import RowResult

__all__ = ["Batch"]

T = TypeVar("T")


class Batch(Iterator["RowResult"]):
    """A batch under way: iterate over it to run it, once.

    It begins with the first result that is asked for, and goes no faster than its results are taken. Leaving the loop
    early leaves rows under way: use it as a context, or call `close`, which breaks them off in order.

    Its methods may be called from any thread.
    """

    def __init__(self, make: Callable[[Callable[[Any], Any]], AsyncBatch]) -> None:
        self._inputs: list[_Later] = []
        self._batch = make(self._later)
        self._results = iterate(self._iterated)

    @property
    def results(self) -> Iterator[RowResult]:
        """The results as they come; the same as iterating over the batch itself."""
        return self

    @property
    def progress(self) -> BatchProgress:
        """How far it has come."""
        return _on_the_loop(lambda: self._batch.progress)

    @property
    def summary(self) -> BatchSummary:
        """What has become of it; whole when it has ended."""
        return _on_the_loop(lambda: self._batch.summary)

    def pause(self) -> None:
        """Let no row begin until `resume`; those under way end."""
        _on_the_loop(self._batch.pause)

    def resume(self) -> None:
        """Let rows begin again."""
        _on_the_loop(self._batch.resume)

    def drain(self) -> None:
        """Let no row begin any more; those under way end, and their results come."""
        _on_the_loop(self._batch.drain)

    def cancel(self) -> None:
        """Break off what is under way: what may have been charged is noted as such."""
        _on_the_loop(self._batch.cancel)

    def run(self) -> BatchSummary:
        """Run it to its end, and drop the results.

        Returns:
            What became of it.

        Raises:
            ImagineError: It was stopped: see `summary` for what became of it.
        """
        for _ in self:
            pass
        return self.summary

    def close(self) -> None:
        """Break off what is under way, and let go of the journal."""
        self._results.close()
        run(self._batch.aclose)

    def __next__(self) -> RowResult:
        """Wait for the next row to end.

        Raises:
            ImagineError: The batch was stopped: by an error that would befall every other row as well, or, with
                `on_error="stop"`, by a row that failed. It comes after the results of all rows that were under way.
        """
        return next(self._results)

    def __enter__(self) -> Self:
        """Enter a block that breaks it off at its end, if it has not ended by then."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Break off what is under way."""
        self.close()

    def __repr__(self) -> str:
        return repr(self._batch).replace(type(self._batch).__name__, type(self).__name__, 1)

    def _later(self, rows: Any) -> Any:
        """Put off what the caller handed in until the iteration begins, in whose thread it is to be iterated."""
        if isinstance(rows, (list, tuple, set, frozenset, AsyncIterable)) or not isinstance(rows, Iterable):
            return rows
        later = _Later(rows)
        self._inputs.append(later)
        return later

    async def _iterated(self, feed: Feed) -> AsyncGenerator[RowResult, None]:
        for rows in self._inputs:
            rows.feed = feed
        try:
            async for result in self._batch:
                yield result
        finally:
            await self._batch.aclose()


class _Later(AsyncIterable[Any]):
    """An iterable of the caller's, which becomes an async one when the iteration begins."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = rows
        self.feed: Feed | None = None

    def __aiter__(self) -> AsyncIterator[Any]:
        assert self.feed is not None
        fed = self.feed(self._rows)
        assert isinstance(fed, AsyncIterable)
        return aiter(fed)

    def __length_hint__(self) -> int:
        return length_hint(self._rows, 0)


def _on_the_loop(function: Callable[[], T]) -> T:
    async def call() -> T:
        return function()

    return run(call)
