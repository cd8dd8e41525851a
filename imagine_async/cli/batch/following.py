"""Follows a batch to its end: tells of its rows, heeds signals, and finds out how it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

import anyio
from anyio.abc import TaskStatus
from attrs import define

from imagine_async.batch.records import BatchProgress, BatchSummary, RowState
from imagine_async.batch.results import RowResult
from imagine_async.cli.batch.stopping import Stopper, watch_signals
from imagine_async.cli.batch.telling import Teller
from imagine_async.cli.batch.watching import Watcher
from imagine_async.cli.batch.words import counted
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.errors import ImagineError

__all__ = ["Followed", "Handle", "follow"]


class Handle(Protocol):
    """A batch, as far as it is followed here."""

    @property
    def progress(self) -> BatchProgress:
        """How far it has come."""
        ...

    @property
    def summary(self) -> BatchSummary:
        """What became of it."""
        ...

    def drain(self) -> None:
        """Begin no more rows, and let those in flight end."""
        ...

    def cancel(self) -> None:
        """Stop the rows in flight."""
        ...

    def __aiter__(self) -> AsyncIterator[RowResult]:
        """Hand the rows over as they end."""
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...


@define(kw_only=True)
class Followed:
    """How a batch ended.

    Args:
        summary: The figures.
        is_interrupted: Whether a signal ended it.
        error: What ended it, if something went wrong for good.
        lost: What kept the watcher from being told, if its reader had gone.
    """

    summary: BatchSummary
    is_interrupted: bool
    error: ImagineError | OSError | None
    lost: OSError | None

    @property
    def code(self) -> int:
        """The exit code: 0 if all rows are done, 130 if a signal came, 1 for everything else."""
        if self.is_interrupted:
            return 130
        bad = sum(self.summary.by_state.get(state, 0) for state in (RowState.FAILED, RowState.UNKNOWN))
        return 0 if self.error is None and self.lost is None and self.summary.is_complete and not bad else 1


async def follow(handle: Handle, watcher: Watcher, *, every: float, clock: Clock = SYSTEM_CLOCK) -> Followed:
    """Follow a batch to its end.

    Args:
        handle: The batch.
        watcher: Is told of it.
        every: Seconds from one look at the figures to the next.
        clock: The time.

    Returns:
        How it ended; the watcher is not told of the end yet.
    """
    teller = Teller(watcher, handle.drain)
    stopper = Stopper(lambda: _drain(handle, teller), lambda: _cancel(handle, teller), clock)
    beside = anyio.CancelScope()
    error: ImagineError | OSError | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(teller.run)
        await tasks.start(_watch, stopper, handle, teller, every, beside)
        try:
            await _tell_of_rows(handle, teller, stopper)
        except (ImagineError, OSError) as trouble:
            error = trouble
        beside.cancel()
        teller.post(watcher.progress, handle.progress)
        teller.finish()
    return Followed(summary=handle.summary, is_interrupted=stopper.is_stopping, error=error, lost=teller.failure)


async def _watch(
    stopper: Stopper,
    handle: Handle,
    teller: Teller,
    every: float,
    scope: anyio.CancelScope,
    *,
    task_status: TaskStatus[None],
) -> None:
    """Heed signals and tell of the figures, beside the rows."""
    with scope:
        async with anyio.create_task_group() as tasks:
            await tasks.start(watch_signals, stopper)
            task_status.started()
            while True:
                await stopper.clock.sleep(every)
                teller.post_if_idle(teller.watcher.progress, handle.progress)


async def _tell_of_rows(handle: Handle, teller: Teller, stopper: Stopper) -> None:
    try:
        async for result in handle:
            teller.post(teller.watcher.row, result)
            if not stopper.is_cancelled:
                await teller.wait_for_room()
    finally:
        await handle.aclose()


def _drain(handle: Handle, teller: Teller) -> None:
    handle.drain()
    rows = counted(handle.progress.running, "running row")
    teller.post(teller.watcher.stopping, "interrupted", f"Finishing {rows}; press Ctrl-C again to stop at once.")


def _cancel(handle: Handle, teller: Teller) -> None:
    handle.cancel()
    teller.post(teller.watcher.stopping, "cancelled", "Stopping at once; rows that were sent may have been charged.")
