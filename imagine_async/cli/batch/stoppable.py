"""A standard input whose reading can be stopped from another thread.

A thread that waits in an ordinary read for a pipe that stays open would keep the process from ending.
"""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["StoppableInput", "stoppable_stdin"]


class StoppableInput(io.RawIOBase):
    """Reads a file descriptor until its end, or until `stop`.

    Args:
        descriptor: What to read.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._stopped, self._stop = os.pipe()

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Wait for bytes; none at the end."""
        ready, _, _ = select.select([self._descriptor, self._stopped], [], [])
        return 0 if self._stopped in ready else os.readv(self._descriptor, [buffer])

    def stop(self) -> None:
        """Let every read, also one that is waiting, find the end."""
        os.write(self._stop, b"\0")

    def close(self) -> None:
        """Let go of what `stop` needs; the descriptor itself stays open."""
        if not self.closed:
            os.close(self._stopped)
            os.close(self._stop)
        super().close()


@contextmanager
def stoppable_stdin() -> Iterator[None]:
    """Put a standard input in place that stops when the block ends."""
    if sys.platform == "win32":  # pragma: no cover - runs on Windows alone
        # Only sockets can be waited for there, so a read of the standard input ends with the input.
        yield
        return
    usual, stoppable = sys.stdin, StoppableInput(sys.stdin.fileno())
    sys.stdin = io.TextIOWrapper(io.BufferedReader(stoppable))
    try:
        yield
    finally:
        stoppable.stop()
        sys.stdin = usual
