"""The journal of a batch, as its engine uses it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from imagine_async.batch.journal import inheriting, lookups, moving, operations, owners, rebuilding
from imagine_async.batch.journal.claims import Claim, Ending, Known, Leftover, Window
from imagine_async.batch.journal.grouping import step
from imagine_async.batch.journal.lookups import Parent
from imagine_async.batch.journal.owners import Owner
from imagine_async.batch.journal.schema import JOURNAL
from imagine_async.batch.journal.steps import Steps
from imagine_async.batch.records import RowState
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.errors import StoreError
from imagine_async.stores.sqlite.engine import SqliteEngine
from imagine_async.stores.sqlite.opening import Identity
from imagine_async.stores.sqlite.text import clean
from imagine_async.stores.sqlite.transaction import Transaction, Work
from imagine_async.stores.worker import Worker

__all__ = ["LEASE_SECONDS", "SqliteJournal"]

LEASE_SECONDS = 30.0
"""A worker that has not said for so long that it is alive is taken for dead."""


class SqliteJournal:
    """The rows of a batch in a file, which the workers of one host share.

    What is posted is written soon, in the order of posting, many rows in one step. A row is on the disk, safe from a
    power cut, before its call leaves; what follows outlives the process, whatever ends it.

    Args:
        path: The file; it is made where there is none, for its owner alone.
        clock: The time.
        patience: Seconds for which a file is waited for that another program keeps locked, or a disk that is full.
    """

    def __init__(self, path: Path, *, clock: Clock = SYSTEM_CLOCK, patience: float = 10.0) -> None:
        self.path = path
        self.owner = Owner.of_this_process()
        self._worker: Worker[Work] = Worker(
            partial(SqliteEngine, path, Identity(), clock, JOURNAL), store=str(path), patience=patience
        )
        self._steps = Steps(self._worker)

    async def open(self) -> str:
        """Begin, as a worker.

        Returns:
            The journal's identity: a text that no other has.

        Raises:
            StoreError: The file cannot be used.
        """
        await self._ask(owners.enter, self.owner, LEASE_SECONDS)
        identity: str = await self._ask(_identity)
        return identity

    async def rebuild(self, folder: Path) -> int:
        """Take in the rows whose pictures and facts lie in a folder, if the journal knows of no row: it was lost then.

        Args:
            folder: The folder.

        Returns:
            How many rows were taken in.
        """
        if not await self._ask(rebuilding.is_empty):
            return 0
        records = await anyio.to_thread.run_sync(rebuilding.recorded_in, folder)
        found: int = await self._ask(rebuilding.take_in, records) if records else 0
        return found

    async def beat(self) -> bool:
        """Say that this worker is alive; false if it was taken for dead in the meantime."""
        alive: bool = await self._ask(owners.beat, self.owner, LEASE_SECONDS)
        return alive

    async def has_others(self) -> bool:
        """Tell whether other workers use the journal now."""
        return bool(await self._ask(owners.others, self.owner))

    async def inherit(self) -> Sequence[Leftover]:
        """Take over what dead workers may have sent, and free what they have not."""
        found: Sequence[Leftover] = await self._ask(inheriting.inherit, self.owner)
        return found

    async def is_file_of_another(self, file: str, position: int) -> bool:
        """Tell whether a file belongs to another row."""
        found: bool = await self._ask(lookups.is_file_of_another, file, position)
        return found

    async def window(self, start: int, count: int) -> Window:
        """Look at the rows from a position on."""
        found: Window = await self._ask(lookups.window, self.owner, start, count)
        return found

    async def unsettle(self, start: int) -> None:
        """Take the rows from a position on out of their places: the input is another one from there on."""
        await self._ask(moving.unsettle, start)

    async def adopt(
        self, position: int, key: bytes, row_id: str | None, fingerprint: bytes, line: int | None
    ) -> Known | None:
        """Find a row that was taken out of its place, and give it its new one."""
        found: Known | None = await self._ask(moving.adopt, position, key, clean(row_id), fingerprint, line)
        return found

    async def out_of_place(self, stem: str) -> tuple[int, str, int] | None:
        """Find the row that was taken out of its place, and has the file of a name."""
        found: tuple[int, str, int] | None = await self._ask(moving.out_of_place, clean(stem))
        return found

    async def forget_file(self, position: int) -> None:
        """Note that a row has its file no more."""
        await self._ask(moving.forget_file, position)

    async def find_parent(self, row_id: str, before: int) -> Parent | None:
        """Find a row by its name in the batch, before a position."""
        found: Parent | None = await self._ask(lookups.find_parent, clean(row_id), before)
        return found

    async def take(self, states: tuple[str, ...], start: int, count: int) -> Sequence[Leftover]:
        """Lease rows out of the journal itself."""
        found: Sequence[Leftover] = await self._ask(inheriting.take, self.owner, states, start, count)
        return found

    async def count_states(self) -> Mapping[RowState | None, int]:
        """Count the rows by state, and, under `None`, those that are no longer in the input."""
        counts: Mapping[RowState | None, int] = await self._ask(lookups.count_states)
        return counts

    async def spent(self) -> float:
        """Sum up what the rows have cost, in tokens."""
        tokens: float = await self._ask(lookups.spent)
        return tokens

    def post_claim(self, claim: Claim) -> None:
        """Lease a row; whether it can be had is known by `confirm` or `mark_sent`."""
        self._post(operations.claim, claim)

    async def confirm(self, claim: Claim) -> None:
        """See that this worker has a row that it will end without sending it."""
        await self._ask(operations.confirm, claim)

    async def mark_sent(self, claim: Claim) -> None:
        """Note on the disk that a row is about to be sent."""
        await self._steps.send(claim)

    def post_unsent(self, claim: Claim) -> None:
        """Note that what was about to be sent was not, or was turned away."""
        self._post(operations.mark_unsent, claim)

    def post_job(self, claim: Claim) -> None:
        """Note the video job that a row has begun."""
        self._post(operations.note_job, claim)

    def post_end(self, claim: Claim | Leftover, ending: Ending) -> None:
        """Note how a row ended."""
        self._steps.post_end(claim, ending)

    def post_unread(self, position: int, fingerprint: bytes, line: int | None, error: str) -> None:
        """Note a row that cannot be used."""
        self._post(operations.end_unread, position, fingerprint, line, error)

    async def flush(self) -> None:
        """Wait until all that was posted is written."""
        await self._ask(_nothing)
        await self._worker.flush()
        self._steps.check()

    async def aclose(self) -> None:
        """End, as a worker, and let go of the file."""
        try:
            await self._ask(owners.leave, self.owner)
        except StoreError:
            # Whatever was to be written was waited for by `flush`; a worker that is gone is no news to a journal.
            owners.note_gone(self.owner)
        finally:
            with contextlib.suppress(StoreError):
                await self._worker.aclose()

    def _post(self, operation: Callable[..., object], *arguments: object) -> None:
        self._post_ended()
        self._worker.post(Work(operation, arguments), may_wait=True)

    async def _ask(self, operation: Callable[..., object], *arguments: object) -> Any:
        self._post_ended()
        return await self._worker.ask(Work(operation, arguments))

    def _post_ended(self) -> None:
        """Have the rows written that have ended, before something else is asked for; whoever asks may be cancelled."""
        ended = self._steps.taken_ended()
        if ended:
            self._worker.post(Work(step, (ended, ())), may_wait=True)


def _nothing(transaction: Transaction) -> None:
    """Have what has ended written, and nothing else."""


def _identity(transaction: Transaction) -> str:
    (identity,) = transaction.row("SELECT id FROM identity") or ("",)
    return str(identity)
