"""A thread that does what a store on disk or in the network has to do, many jobs in one step.

Files and sockets of such a store block, and belong to no event loop. So one thread in each process talks to the store:
what was asked for in the meantime goes there in one transaction or one round trip. It works for every event loop and
thread of the process, and after a fork each process has its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Generic
from weakref import finalize

import anyio
from anyio.lowlevel import current_token

from imagine_async.stores.jobs import Engine, Job, WorkT
from imagine_async.stores.worker_thread import WorkerThread

__all__ = ["Worker"]


class Worker(Generic[WorkT]):
    """Runs the jobs of a store, in a thread of each process that uses it.

    Args:
        make_engine: Makes what talks to the store; for each process anew.
        store: The store's name for errors and logs, without passwords.
        patience: Seconds for which a store is waited for that is away.
    """

    def __init__(self, make_engine: Callable[[], Engine[WorkT]], *, store: str, patience: float = 10.0) -> None:
        self._make_engine = make_engine
        self._store = store
        self._patience = patience
        self._threads: dict[int, WorkerThread[WorkT]] = {}
        finalize(self, _end_all, self._threads).atexit = False

    async def ask(self, work: WorkT, *, undo: Callable[[Any], WorkT | None] | None = None) -> Any:
        """Have something done, and wait for what comes of it.

        Args:
            work: What to do.
            undo: Makes the work that takes it back, from its result (`None` if that is not known); used where the
                caller is cancelled, or the store stays away, and the work may have been done.

        Returns:
            The result.

        Raises:
            ImagineError: What the work raised.
            StoreError: The store cannot be used.
        """
        job = Job(work, give_up_at=time.monotonic() + self._patience, wake=(current_token(), anyio.Event()))
        if undo is not None:
            job.undo.append(undo)
        return await self._wait_for(job)

    async def flush(self) -> None:
        """Wait until everything is done that was posted before.

        Raises:
            StoreError: The store cannot be used.
        """
        thread = self._threads.get(os.getpid())
        if thread is not None and not thread.is_idle:
            give_up_at = time.monotonic() + self._patience
            await self._wait_for(Job(None, give_up_at=give_up_at, wake=(current_token(), anyio.Event())))

    def post(self, work: WorkT, *, may_wait: bool = False) -> None:
        """Have something done, and do not wait for it; a store that is away is waited for as long as it takes.

        Args:
            work: What to do.
            may_wait: Whether it may be kept a few milliseconds: what is asked for then does not come behind it, but
                goes along with it.
        """
        self._thread().put(Job(work, may_wait=may_wait))

    async def aclose(self) -> None:
        """Do what was posted, and let go of files and connections.

        Raises:
            StoreError: The store cannot be used.
        """
        thread = self._threads.get(os.getpid())
        if thread is None or thread.is_idle:
            return
        try:
            await self.flush()
        except BaseException:
            thread.end(Job(None))
            raise
        last = Job[WorkT](None, wake=(current_token(), anyio.Event()))
        thread.end(last)
        with anyio.move_on_after(self._patience):
            await _done(last)

    async def _wait_for(self, job: Job[WorkT]) -> Any:
        thread = self._thread()
        thread.put(job)
        try:
            await _done(job)
        except BaseException:
            thread.abandon(job)
            raise
        if job.error is not None:
            raise job.error
        return job.result

    def _thread(self) -> WorkerThread[WorkT]:
        pid = os.getpid()
        # Neither a lock, which a fork might copy while it is held, nor a second thread, if two ask at once.
        return self._threads.get(pid) or self._threads.setdefault(
            pid, WorkerThread(self._make_engine(), store=self._store)
        )


async def _done(job: Job[Any]) -> None:
    assert job.wake is not None
    await job.wake[1].wait()


def _end_all(threads: dict[int, WorkerThread[Any]]) -> None:
    thread = threads.get(os.getpid())
    if thread is not None:
        thread.end(Job(None))
