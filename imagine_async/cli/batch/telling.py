"""Keeps what is shown away from the event loop.

A terminal that is stopped with Ctrl-S, or a reader such as `less`, may take its time, and calls that are paid for must
not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import anyio
import anyio.to_thread

from imagine_async.cli.batch.watching import Watcher

__all__ = ["Teller"]

_MOST_WAITING = 1000


class Teller:
    """Tells a watcher what happens, in a thread and in order.

    Args:
        watcher: Who is told.
        lost: Is called once when nobody can be told any more, because the reader has gone.
    """

    def __init__(self, watcher: Watcher, lost: Callable[[], None]) -> None:
        self.watcher = watcher
        self.failure: OSError | None = None
        self._lost = lost
        self._waiting: list[Callable[[], None]] = []
        self._has_more = anyio.Event()
        self._has_room = anyio.Event()
        self._is_over = False

    async def run(self) -> None:
        """Tell until `finish` is called and everything is told."""
        while self._waiting or not self._is_over:
            if not self._waiting:
                await self._has_more.wait()
                self._has_more = anyio.Event()
                continue
            told, self._waiting = self._waiting, []
            self._has_room.set()
            self._has_room = anyio.Event()
            if self.failure is None:
                await self._tell(told)

    def post(self, tell: Callable[..., None], *arguments: object) -> None:
        """Have something told, soon.

        Args:
            tell: A method of the watcher.
            *arguments: Its arguments.
        """
        self._waiting.append(partial(tell, *arguments))
        self._has_more.set()

    def post_if_idle(self, tell: Callable[..., None], *arguments: object) -> None:
        """Have something told that is of no use when it is late.

        Args:
            tell: A method of the watcher.
            *arguments: Its arguments.
        """
        if not self._waiting:
            self.post(tell, *arguments)

    async def wait_for_room(self) -> None:
        """Wait while much is still to be told, so that what waits does not fill the memory."""
        while len(self._waiting) >= _MOST_WAITING:
            await self._has_room.wait()

    def finish(self) -> None:
        """Let `run` end once everything is told."""
        self._is_over = True
        self._has_more.set()

    async def _tell(self, told: list[Callable[[], None]]) -> None:
        try:
            await anyio.to_thread.run_sync(_call_all, told, abandon_on_cancel=True)
        except OSError as error:
            self.failure = error
            self._lost()


def _call_all(calls: list[Callable[[], None]]) -> None:
    for call in calls:
        call()
