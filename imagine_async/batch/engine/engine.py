"""A batch under way: what it is made of, and how it begins and ends."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import anyio
from attrs import define, field

from imagine_async.batch.engine.admission import Admission
from imagine_async.batch.engine.counting import Counts
from imagine_async.batch.engine.reading import Turn
from imagine_async.batch.engine.recovering import Recovering
from imagine_async.batch.engine.work import Work
from imagine_async.batch.journal.claims import Claim, Ending
from imagine_async.batch.journal.journal import LEASE_SECONDS
from imagine_async.batch.journal.keeping import Journal
from imagine_async.batch.journal.owners import lost_lease
from imagine_async.batch.records import BatchSummary, RowState
from imagine_async.batch.results import RowResult
from imagine_async.batch.sinks.base import Sink
from imagine_async.clock import Clock
from imagine_async.errors import ImagineError, StoreError
from imagine_async.fanout import FanOut
from imagine_async.tasks import spawn

__all__ = ["Engine", "TakesTurns"]


class TakesTurns(Protocol):
    """Where rows come from."""

    async def next(self) -> Turn | None:
        """Return the next row that is to be done; `None` if there is none any more, or none may begin."""
        ...

    def note_others(self) -> None:
        """Take notice of other workers that are at work on the same journal."""
        ...

    async def aclose(self) -> None:
        """Let go of the input."""
        ...


@define(kw_only=True, eq=False)
class Engine:
    """Runs a batch once.

    Args:
        intake: Where rows come from.
        work: Does them.
        journal: Keeps what becomes of them.
        recovering: Looks after the rows of workers that are dead.
        admission: Says whether rows may begin.
        counts: Counts.
        clock: The time.
        concurrency: Rows in work at once.
        tokens_left: Tells what is left of the budgets; `None` where there is none.
        owned_sink: A sink that is to be closed at the end.
    """

    intake: TakesTurns
    work: Work
    journal: Journal
    recovering: Recovering
    admission: Admission
    counts: Counts
    clock: Clock
    concurrency: int
    tokens_left: Callable[[], Awaitable[float | None]]
    owned_sink: Sink | None
    _first: deque[Claim] = field(factory=deque, init=False)
    _by_state: dict[RowState | None, int] = field(factory=dict, init=False)
    _beating: object = field(default=None, init=False)
    _beats: anyio.CancelScope = field(factory=anyio.CancelScope, init=False)
    _calls: FanOut[Turn, RowResult | None] | None = field(default=None, init=False)

    async def start(self) -> None:
        """Open the journal, and take over what dead workers have left.

        Raises:
            StoreError: The journal cannot be used.
        """
        self._first.extend(await self.recovering.recover())
        for claim in self._first:
            self.admission.note_begun(claim.position)
        self.counts.tokens_left = await self.tokens_left()
        self._beating = spawn(self._beat)
        self._calls = FanOut(self.work.do, _Turns(self), concurrency=self.concurrency)

    async def next(self) -> tuple[Turn, RowResult | None]:
        """Return a row that has ended, with what became of it.

        Raises:
            StopAsyncIteration: There is none any more.
        """
        assert self._calls is not None
        turn, result = await anext(self._calls)
        if isinstance(result, Exception):
            # `Work.do` keeps errors to itself: this is a bug of ours, and must not pass for one of the row's.
            raise result
        return turn, result

    async def next_turn(self) -> Turn | None:
        """Return the next row to be done; `None` if there is none any more, or none may begin."""
        if self._first and await self.admission.wait():
            return self._first.popleft()
        return await self.intake.next()

    def pause(self) -> None:
        """Let no row begin until `resume`."""
        self.admission.pause()
        self.counts.paused = True

    def resume(self) -> None:
        """Let rows begin again."""
        self.admission.resume()
        self.counts.paused = False

    def cancel(self) -> None:
        """Break off what is under way."""
        assert self._calls is not None
        self.admission.stop()
        self._calls.cancel()

    async def end(self) -> None:
        """Write down what is to be written, and let go of everything.

        Raises:
            StoreError: The journal could not be written; it is right up to the last row that it holds.
        """
        assert self._calls is not None
        self.admission.stop()
        with anyio.CancelScope(shield=True):
            self._beats.cancel()
            await self._calls.aclose()
            self._let_go()
            self.counts.end()
            await self.intake.aclose()
            with contextlib.suppress(ImagineError):
                self.counts.tokens_left = await self.tokens_left()
            try:
                await self.journal.flush()
                self._by_state = dict(await self.journal.count_states())
            except StoreError as error:
                self.admission.stop(error)
                raise
            finally:
                await self.journal.aclose()
                if self.owned_sink is not None:
                    await self.owned_sink.aclose()

    def summary(self) -> BatchSummary:
        """Return what has become of the batch."""
        error = self.admission.error
        return BatchSummary(
            progress=self.counts.progress(),
            stopped_by=None if error is None else f"{type(error).__name__}: {error}",
            by_state={state: number for state, number in self._by_state.items() if state is not None},
            left_over=self._by_state.get(None, 0),
            failures=tuple(self.counts.failures),
        )

    def _let_go(self) -> None:
        """Leave rows pending that were taken and have not begun."""
        for claim in (*self._first, *self.work.parents.waiting_rows()):
            state = RowState.PENDING if claim.job is None else RowState.UNKNOWN
            self.journal.post_end(claim, Ending(state=state, kept=claim.kept))

    async def _beat(self) -> None:
        """Say now and then that this worker is alive; a lease that is lost stops the batch."""
        with self._beats:
            while True:
                await self.clock.sleep(LEASE_SECONDS / 3)
                try:
                    if not await self.journal.beat():
                        self.admission.stop(lost_lease())
                        return
                    if await self.journal.has_others():
                        self.intake.note_others()
                    self.counts.tokens_left = await self.tokens_left()
                except ImagineError as error:
                    self.admission.stop(error)
                    return


class _Turns(AsyncIterator[Turn]):
    """The rows to be done, as an async iterator, which ends with the error that stopped the batch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __anext__(self) -> Turn:
        try:
            turn = await self._engine.next_turn()
        except Exception as error:
            self._engine.admission.stop(error)
            raise StopAsyncIteration from None
        if turn is None:
            raise StopAsyncIteration
        return turn
