"""The bridge from sync code to async code: calls that run on the loop thread of this process.

`run` takes one call across, `imagine_async.bridge.iteration` a whole iteration. The thread starts with the first call;
importing this module starts nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar, cast

import anyio

from imagine_async.bridge.blocking import warn_if_blocking
from imagine_async.bridge.loop_thread import CLEANUP_SECONDS, current_loop

__all__ = ["WAIT_SLICE", "Job", "run"]

T = TypeVar("T")

# On Windows Ctrl-C does not interrupt a thread that waits for a lock, so it must look up now and then.
WAIT_SLICE: float | None = 0.1 if sys.platform == "win32" else None


class Job(Generic[T]):
    """One coroutine on the loop thread, for a thread that waits for it.

    Args:
        call: Makes the awaitable, on the loop thread.

    Raises:
        RuntimeError: If the caller is the loop thread itself, which would wait for itself for ever.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self.loop = current_loop()
        if self.loop.is_current:
            raise RuntimeError(
                "the sync client was called on its own event-loop thread, from a middleware or an observer perhaps; "
                "await AsyncImagine there, or call the sync client in a worker thread"
            )
        self.done = False
        self._call = call
        self._scope: anyio.CancelScope | None = None
        self._value: T | None = None
        self._error: BaseException | None = None
        self._ended: SimpleQueue[None] = SimpleQueue()

    def start(self) -> None:
        """Start the coroutine, in the context of the calling thread."""
        self.loop.post(self._begin)

    def result(self) -> T:
        """Wait for the end.

        Returns:
            What the coroutine returned.

        Raises:
            CancelledError: If the loop ended meanwhile.
        """
        while not self._wait(WAIT_SLICE):
            continue
        try:
            if self._error is not None:
                raise self._error
            return cast("T", self._value)
        finally:
            del self  # The exception refers to this frame, and the frame to the exception.

    def abandon(self) -> BaseException | None:
        """Cancel the coroutine if it still runs, and wait for its clean-up for at most `CLEANUP_SECONDS`.

        Returns:
            What the clean-up raised.
        """
        if self.done or not self.loop.is_alive:
            return None
        if self.loop.is_current:  # A garbage collection may run anywhere; the loop cannot wait for itself.
            self._stop()
            return None
        self.loop.post(self._stop)
        error = self._error if self._wait(CLEANUP_SECONDS) else None
        return None if isinstance(error, CancelledError) else error

    def _begin(self) -> None:
        self._scope = anyio.CancelScope()
        self.loop.tasks.start_soon(self._host, self._scope)

    def _stop(self) -> None:
        if self._scope is None:  # The interrupt came before the start.
            self._end(error=CancelledError("the call was cancelled"))
        else:
            self._scope.cancel()

    async def _host(self, scope: anyio.CancelScope) -> None:
        # Nothing may leave this coroutine: it would end the loop for everybody. SystemExit, too, is for the caller.
        try:
            with scope:
                self._end(value=await self._call())
        except anyio.get_cancelled_exc_class():
            pass
        except BaseException as error:
            self._end(error=error)
        finally:
            self._end(error=CancelledError("the call was cancelled"))
            del self  # As in `result`.

    def _end(self, *, value: T | None = None, error: BaseException | None = None) -> None:
        """Keep what came first, and tell the waiting thread."""
        if not self.done and not self.loop.is_ending:
            self._value, self._error = value, error
            self.done = True
            self._tell_end()

    def _tell_end(self) -> None:
        self._ended.put(None)

    def _wait(self, seconds: float | None) -> bool:
        # The flag and not the message decides: an interrupt can swallow a message that was just taken.
        if not self.done:
            with suppress(Empty):
                self._ended.get(timeout=seconds)
        return self.done


def run(call: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine on the loop thread and wait for it.

    Whatever ends the wait early, Ctrl-C above all, cancels the coroutine: nobody pays for work that nobody awaits.

    Args:
        call: Makes the awaitable, on the loop thread; sees the context variables of the caller.

    Returns:
        What the coroutine returned.

    Raises:
        RuntimeError: If called on the loop thread itself.
    """
    job = Job(call)
    warn_if_blocking()
    try:
        job.start()
        return job.result()
    except BaseException:
        job.abandon()
        raise
    finally:
        del job  # As in `Job.result`.
