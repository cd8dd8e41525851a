"""A batch, as its caller holds it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Self

from imagine_async.batch.engine.engine import Engine
from imagine_async.batch.records import BatchProgress, BatchSummary
from imagine_async.batch.results import RowResult

__all__ = ["AsyncBatch"]


class AsyncBatch(AsyncIterator[RowResult]):
    """A batch under way: iterate over it to run it, once.

    It begins with the first result that is asked for, and goes no faster than its results are taken. Leaving the loop
    early leaves rows under way: use it as a context, or call `aclose`, which breaks them off in order.

    Its methods may be called from any task of its event loop.
    """

    def __init__(self, open_engine: Callable[[], Awaitable[Engine]], *, in_order: bool) -> None:
        self._open_engine = open_engine
        self._in_order = in_order
        self._engine: Engine | None = None
        self._held: dict[int, RowResult | None] = {}
        self._is_over = False
        self._wanted: list[Callable[[Engine], None]] = []

    @property
    def results(self) -> AsyncIterator[RowResult]:
        """The results as they come; the same as iterating over the batch itself."""
        return self

    @property
    def progress(self) -> BatchProgress:
        """How far it has come."""
        return BatchProgress() if self._engine is None else self._engine.counts.progress()

    @property
    def summary(self) -> BatchSummary:
        """What has become of it; whole when it has ended."""
        return BatchSummary(progress=BatchProgress()) if self._engine is None else self._engine.summary()

    def pause(self) -> None:
        """Let no row begin until `resume`; those under way end."""
        self._tell(lambda engine: engine.pause())

    def resume(self) -> None:
        """Let rows begin again."""
        self._tell(lambda engine: engine.resume())

    def drain(self) -> None:
        """Let no row begin any more; those under way end, and their results come."""
        self._tell(lambda engine: engine.admission.stop())

    def cancel(self) -> None:
        """Break off what is under way: what may have been charged is noted as such."""
        self._tell(lambda engine: engine.cancel())

    async def run(self) -> BatchSummary:
        """Run it to its end, and drop the results.

        Returns:
            What became of it.

        Raises:
            ImagineError: It was stopped: see `summary` for what became of it.
        """
        async for _ in self:
            pass
        return self.summary

    async def aclose(self) -> None:
        """Break off what is under way, and let go of the journal."""
        if not self._is_over:
            self._is_over = True
            if self._engine is not None:
                await self._engine.end()

    async def __anext__(self) -> RowResult:
        """Wait for the next row to end.

        Raises:
            ImagineError: The batch was stopped: by an error that would befall every other row as well, or, with
                `on_error="stop"`, by a row that failed. It comes after the results of all rows that were under way.
        """
        if self._engine is None and not self._is_over:
            await self._start()
        while not self._is_over:
            result = self._next_held() or await self._take()
            if result is not None:
                return result
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        """Enter a block that breaks it off at its end, if it has not ended by then."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Break off what is under way."""
        await self.aclose()

    def __repr__(self) -> str:
        progress = self.progress
        return f"<{type(self).__name__}: {progress.ended} rows of {progress.total or 'any number'} have ended>"

    async def _start(self) -> None:
        try:
            engine = await self._open_engine()
        except Exception:
            self._is_over = True
            raise
        self._engine = engine
        for tell in self._wanted:
            tell(engine)

    async def _take(self) -> RowResult | None:
        """Take what has ended next, and return it if it may be handed over."""
        assert self._engine is not None
        try:
            turn, result = await self._engine.next()
        except StopAsyncIteration:
            await self._end()
            return None
        if not self._in_order:
            return result
        self._held[turn.position] = result
        return self._next_held()

    def _next_held(self) -> RowResult | None:
        """Return a result whose turn has come."""
        assert self._engine is not None
        admission = self._engine.admission
        for position in sorted(self._held):
            if not admission.is_next(position):
                break
            result = self._held.pop(position)
            admission.note_handed_over(position)
            if result is not None:
                return result
        return None

    async def _end(self) -> None:
        assert self._engine is not None
        error = self._engine.admission.error
        await self.aclose()
        if error is not None:
            raise error

    def _tell(self, tell: Callable[[Engine], None]) -> None:
        if self._engine is None:
            self._wanted.append(tell)
        else:
            tell(self._engine)
