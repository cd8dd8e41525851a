"""What goes to the journal's thread in one step: while one is under way, the next one gathers."""

from __future__ import annotations

import anyio

from imagine_async.batch.journal.claims import Claim, Ending, Leftover
from imagine_async.batch.journal.grouping import Ended, step
from imagine_async.errors import StoreError
from imagine_async.stores.sqlite.transaction import Work
from imagine_async.stores.worker import Worker
from imagine_async.tasks import spawn

__all__ = ["Steps"]


_COMPANY = 32
_LINGER_SECONDS = 0.005


class _Step:
    """Rows that go to the disk together.

    Args:
        ended: Rows that have ended.
        sending: Rows that are about to be sent, and wait for it.
    """

    def __init__(self) -> None:
        self.ended: list[Ended] = []
        self.sending: list[Claim] = []
        self.is_over = anyio.Event()
        self.error: StoreError | None = None


class Steps:
    """Gathers rows, and hands them over step by step.

    Args:
        worker: Runs the steps.
    """

    def __init__(self, worker: Worker[Work]) -> None:
        self._worker = worker
        self._next: _Step | None = None
        self._task: object = None
        self._error: StoreError | None = None

    async def send(self, claim: Claim) -> None:
        """Wait until it is on the disk that a row is about to be sent.

        Args:
            claim: The row.

        Raises:
            RowError: Its id or its name belongs to another row.
            RowTakenError: Another worker has it.
            StoreError: The journal cannot be written.
        """
        gathered = self._gathering()
        gathered.sending.append(claim)
        try:
            await gathered.is_over.wait()
        except BaseException:
            # Broken off: while its step has not begun, it is taken out again, because its end would come before it.
            if gathered is self._next:
                gathered.sending.remove(claim)
            raise
        if gathered.error is not None:
            raise StoreError(gathered.error.message, store=gathered.error.store)
        if claim.problem is not None:
            raise claim.problem

    def post_end(self, row: Claim | Leftover, ending: Ending) -> None:
        """Have it noted how a row ended.

        Args:
            row: The row.
            ending: How it ended.
        """
        self._gathering().ended.append((row, ending))

    def taken_ended(self) -> list[Ended]:
        """Return the rows that have ended and were not written yet, to be written before something else."""
        if self._next is None:
            return []
        ended, self._next.ended = self._next.ended, []
        return ended

    def check(self) -> None:
        """See that all steps could be written.

        Raises:
            StoreError: One could not.
        """
        if self._error is not None:
            raise self._error

    def _gathering(self) -> _Step:
        if self._next is None:
            self._next = _Step()
            if self._task is None:
                self._task = spawn(self._run)
        return self._next

    async def _run(self) -> None:
        try:
            while self._next is not None:
                if len(self._next.sending) < _COMPANY:
                    # One row alone would take the time of a whole step.
                    await anyio.sleep(_LINGER_SECONDS)
                now, self._next = self._next, None
                # All of it may have been taken meanwhile; after the end, the worker would open the file once more.
                if now.ended or now.sending:
                    await self._write(now)
        finally:
            self._task = None

    async def _write(self, now: _Step) -> None:
        # Until it is written, nobody may take it for written, whatever ends this.
        now.error = StoreError("the rows were not written to the journal: the event loop is ending")
        try:
            await self._worker.ask(Work(step, (now.ended, now.sending), is_durable=bool(now.sending)))
            now.error = None
        except StoreError as error:
            now.error = self._error = error
        finally:
            now.is_over.set()
