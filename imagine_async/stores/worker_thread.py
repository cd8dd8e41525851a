"""The thread of a store in one process."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic
from weakref import WeakSet

from imagine_async.errors import ImagineError, StoreError
from imagine_async.stores.jobs import Engine, Job, StoreAwayError, WorkT

__all__ = ["WorkerThread"]

_logger = logging.getLogger("imagine_async")
_LARGEST_BATCH = 256
_COMPANY = 16
_LINGER_SECONDS = 0.005
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5
_EXIT_SECONDS = 5.0


class WorkerThread(Generic[WorkT]):
    """Runs jobs in batches; begins with the first job and ends when it is told to and has nothing left to do.

    Args:
        engine: What talks to the store.
        store: The store's name for errors and logs.
    """

    def __init__(self, engine: Engine[WorkT], *, store: str) -> None:
        self._engine = engine
        self._store = store
        self._pid = os.getpid()
        # Queues in C: no lock of Python's that a Ctrl-C could leave held.
        self._queue: SimpleQueue[Job[WorkT]] = SimpleQueue()
        self._waiting: list[Job[WorkT]] = []
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do, and the engine is closed."""
        return self._thread is None and self._queue.empty()

    def put(self, job: Job[WorkT]) -> None:
        """Have a job done, after those before it.

        Args:
            job: The job.
        """
        self._queue.put(job)
        if self._thread is None:
            self._start()

    def abandon(self, job: Job[WorkT]) -> None:
        """Have a job left out, or taken back if it is done: nobody waits for it any more.

        Args:
            job: The job.
        """
        job.is_abandoned = True
        if job.is_done:
            self._take_back(job)

    def end(self, job: Job[WorkT]) -> None:
        """Have the store closed and the thread ended when all before is done; the next job begins it anew.

        Args:
            job: Is done when that is done; it has no work.
        """
        job.is_last = True
        if self._thread is None:
            self._tell([job])
        else:
            self.put(job)

    def drain(self, seconds: float) -> None:
        """End, and wait for that; for the interpreter's exit.

        Args:
            seconds: How long to wait at most.
        """
        thread = self._thread
        self.end(Job(None))
        if thread is not None and self._pid == os.getpid():
            thread.join(seconds)

    def _start(self) -> None:
        with self._starting:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._serve, name=f"imagine_async {self._store}", daemon=True)
            self._thread.start()
        _drain_at_exit(self)

    def _serve(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            last = self._collect()
            try:
                self._run(self._awaited())
            except StoreAwayError as away:
                self._give_up_on_the_late(away)
                if last is not None:
                    self._queue.put(last)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            self._waiting.clear()
            pause = _FIRST_PAUSE
            if last is not None and self._has_ended(last):
                return

    def _collect(self) -> Job[WorkT] | None:
        """Gather what is to be done; return the job to end with, if that has come."""
        with contextlib.suppress(Empty):
            while len(self._waiting) < _LARGEST_BATCH:
                job = self._next()
                if job.is_last:
                    return job
                self._waiting.append(job)
        return None

    def _next(self) -> Job[WorkT]:
        if not self._waiting:
            return self._queue.get()
        # One alone would take the time of a whole step, and keep waiting whoever asks for something meanwhile.
        in_no_hurry = len(self._waiting) < _COMPANY and all(job.may_wait and not job.was_tried for job in self._waiting)
        return self._queue.get(block=in_no_hurry, timeout=_LINGER_SECONDS)

    def _awaited(self) -> list[Job[WorkT]]:
        """Leave out what nobody waits for any more; what was tried may have been done."""
        for job in self._waiting:
            if job.is_abandoned and job.was_tried:
                self._take_back(job)
        return [job for job in self._waiting if not job.is_abandoned]

    def _has_ended(self, last: Job[WorkT]) -> bool:
        # An engine that cannot even be closed must not take the thread with it: whoever asks next would wait for ever.
        with contextlib.suppress(Exception):
            self._engine.close()
        self._thread = None
        self._tell([last])
        # A job may have come in between, from somebody who saw a thread that still ran.
        return self._queue.empty() or not self._goes_on()

    def _goes_on(self) -> bool:
        with self._starting:
            if self._thread is None:
                self._thread = threading.current_thread()
            return self._thread is threading.current_thread()

    def _run(self, jobs: list[Job[WorkT]]) -> None:
        real = [job for job in jobs if job.work is not None]
        for job in real:
            job.was_tried = True
        try:
            if real:
                self._engine.run(real)
        except StoreAwayError:
            raise
        except Exception as error:
            for job in real:
                job.result, job.error = None, self._as_store_error(error)
        self._tell(jobs)

    def _as_store_error(self, error: Exception) -> ImagineError:
        """Make an error for one job: raised in several tasks, a shared one would collect their tracebacks."""
        said = error.message if isinstance(error, StoreError) else f"the store failed: {type(error).__name__}: {error}"
        return StoreError(said, store=self._store)

    def _give_up_on_the_late(self, away: StoreAwayError) -> None:
        now = time.monotonic()
        late = [job for job in self._waiting if job.give_up_at is not None and job.give_up_at <= now]
        for job in late:
            job.error = StoreError(f"{away}; nothing was sent", store=self._store)
            # Its answer may have been lost on the way, after it was done.
            self._take_back(job)
        self._waiting = [job for job in self._waiting if job not in late]
        self._tell(late)

    def _tell(self, jobs: Sequence[Job[WorkT]]) -> None:
        for job in jobs:
            job.is_done = True
            if isinstance(job.error, StoreError):
                job.error.store = self._store
            if job.wake is None and job.error is not None:
                _logger.error("%s was not written to %s: %s", job.work, self._store, job.error)
            if job.is_abandoned and job.error is None:
                self._take_back(job)
        _wake(jobs)

    def _take_back(self, job: Job[WorkT]) -> None:
        work = job.taken_back()
        if work is not None:
            self.put(Job(work))


def _wake(jobs: Iterable[Job[Any]]) -> None:
    """Wake those who wait, loop by loop: each time a loop is woken costs a system call."""
    loops: dict[int, list[Job[Any]]] = {}
    for job in jobs:
        if job.wake is not None:
            loops.setdefault(id(job.wake[0].native_token), []).append(job)
    for waiting in loops.values():
        assert waiting[0].wake is not None
        token = waiting[0].wake[0]
        # A loop that is gone has taken along whoever waited.
        with contextlib.suppress(Exception):
            token.backend_class.run_sync_soon(_set_all, (waiting,), token.native_token)


def _set_all(jobs: Iterable[Job[Any]]) -> None:
    for job in jobs:
        assert job.wake is not None
        job.wake[1].set()


_running: WeakSet[WorkerThread[Any]] = WeakSet()


def _drain_at_exit(thread: WorkerThread[Any]) -> None:
    if not _running:
        atexit.unregister(_drain_all)
        atexit.register(_drain_all)
    _running.add(thread)


def _drain_all() -> None:
    """Write what was posted before the interpreter, and with it every daemon thread, comes to its end."""
    for thread in list(_running):
        thread.drain(_EXIT_SECONDS)
