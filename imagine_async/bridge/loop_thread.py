"""What each process has of its own: one event-loop thread, and its clients; with the care at fork and exit."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from contextvars import Context
from threading import Lock, RLock, Thread, get_ident
from typing import Generic, TypeVar

import anyio
import anyio.abc
import anyio.lowlevel

__all__ = ["CLEANUP_SECONDS", "LoopThread", "PerProcess", "current_loop"]

T = TypeVar("T")

CLEANUP_SECONDS = 5.0
"""How long a thread waits for cancelled work to clean up."""


class LoopThread:
    """A daemon thread with an event loop and the task group that all calls of this process run in.

    anyio's own blocking portal is not used: interrupted while it starts, it joins a thread that nobody stops, and
    its task handle counts as done as soon as it is cancelled, so that nobody can wait for the clean-up. Nor is any
    lock of Python's shared with callers (a `Condition`, so an `Event` or a `Future`): Ctrl-C may strike between taking
    it and the block that gives it back, and the loop would wait for it for ever. Locks and queues in C are safe.

    Attributes:
        tasks: The task group; for the loop thread only.
        is_alive: Whether the thread runs; false as well for one that a fork left behind in the parent.
        is_ending: Whether the interpreter exits: whoever waits for a call then waits on, as daemon threads do that are
            left behind; woken up, they would print tracebacks of calls that nobody awaits any more.
    """

    def __init__(self) -> None:
        self.tasks: anyio.abc.TaskGroup
        self._token: anyio.lowlevel.EventLoopToken | None = None
        self._failure: BaseException | None = None
        # Held until the loop runs, or has failed to.
        self._starting = Lock()
        self._starting.acquire()
        # The empty context keeps a loop that runs in the starting thread from being taken for a loop in this one.
        self._thread = Thread(target=Context().run, args=(self._main,), name="imagine_async", daemon=True)
        # Not `Thread.is_alive`: up to 3.12 a Ctrl-C that strikes within it marks a running thread as ended.
        self.is_alive = True
        self.is_ending = False
        self._thread.start()

    def _main(self) -> None:
        try:
            anyio.run(self._serve)
        except BaseException as error:
            # Once the loop runs, only a SystemExit in a task of somebody's ends it, and that call reports it.
            self._failure = error
        finally:
            self.is_alive = False
            if self._token is None:
                self._starting.release()

    async def _serve(self) -> None:
        async with anyio.create_task_group() as self.tasks:
            self._token = anyio.lowlevel.current_token()
            self._starting.release()
            await anyio.sleep_forever()

    @property
    def is_current(self) -> bool:
        """Whether the caller is on this very thread."""
        return get_ident() == self._thread.ident

    def wait_until_ready(self) -> anyio.lowlevel.EventLoopToken:
        """Wait until the loop runs, and return what leads to it.

        Raises:
            BaseException: Whatever kept the loop from starting.
        """
        if self._token is None:
            with self._starting:
                pass
        if self._token is None:
            raise self._failure or RuntimeError("the event-loop thread ended before it began")
        return self._token

    def post(self, function: Callable[[], object]) -> None:
        """Have a function called on the loop thread, after those that were posted before; do not wait for it.

        Args:
            function: What to call; the caller's context variables are visible to it. It must not raise.
        """
        token = self.wait_until_ready()
        token.backend_class.run_sync_soon(function, (), token.native_token)

    def stop(self) -> None:
        """Cancel what is left, and wait for its clean-up for at most `CLEANUP_SECONDS`; for the interpreter's exit."""
        self.is_ending = True
        self.post(lambda: self.tasks.cancel_scope.cancel())
        self._thread.join(CLEANUP_SECONDS)


class _Process:
    """The loop thread of this process, and the care at fork and exit."""

    def __init__(self) -> None:
        self.forks = 0
        self._lock = RLock()
        self._loop: LoopThread | None = None
        self._left_behind: list[LoopThread] = []

    def loop(self) -> LoopThread:
        with self._lock:
            if self._loop is None or not self._loop.is_alive:
                self._loop = LoopThread()
            self._loop.wait_until_ready()
            return self._loop

    def before_fork(self) -> None:
        # A starting loop thread imports modules, whose locks would stay held for ever in the child.
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        self._lock.release()

    def after_fork_in_child(self) -> None:
        # Only the forking thread lives on here. The old loop must stay referenced: collecting it would run the
        # parent's clean-up code in this process, on connections that the parent uses.
        if self._loop is not None:
            self._loop.is_alive = False
            self._left_behind.append(self._loop)
            self._loop = None
        self._lock = RLock()
        self.forks += 1

    def at_exit(self) -> None:
        if self._loop is not None and self._loop.is_alive:
            self._loop.stop()


_process = _Process()
atexit.register(_process.at_exit)
if sys.platform != "win32":  # pragma: no branch - Windows knows no fork
    os.register_at_fork(
        before=_process.before_fork,
        after_in_parent=_process.after_fork_in_parent,
        after_in_child=_process.after_fork_in_child,
    )


def current_loop() -> LoopThread:
    """Return the loop thread of this process, which starts when it is first asked for."""
    return _process.loop()


class PerProcess(Generic[T]):
    """An object that is made anew in each forked child.

    A child must not use what its parent opened: both would talk on the same connections.

    Args:
        make: Makes the object; called at once, so that wrong arguments are reported here, and again in a child.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        # The parent's object stays referenced in a child, for the same reason as its loop does.
        self._made = {_process.forks: make()}

    def get(self) -> T:
        """Return the object of this process."""
        forks = _process.forks
        if forks not in self._made:
            # No lock, which a fork could leave held: of two threads that come first, one makes an object in vain.
            self._made.setdefault(forks, self._make())
        return self._made[forks]
