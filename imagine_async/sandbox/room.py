"""How many decoded pixels may lie in memory at one time, whoever's they are."""

from __future__ import annotations

import ctypes
import functools
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

__all__ = ["PixelRoom"]

_LARGE = 4_000_000


class PixelRoom:
    """Room for pixels, which threads wait for in turn; one picture may have more than there is room for, alone.

    Args:
        pixels: How many.
    """

    def __init__(self, pixels: int) -> None:
        self._pixels = pixels
        self._taken = 0
        self._changed = threading.Condition()
        # Whoever waits lets nobody past: many small pictures would keep a large one waiting for ever.
        self._turn = threading.Lock()

    @contextmanager
    def take(self, pixels: int) -> Generator[None, None, None]:
        """Hold room while a block runs. Blocks; a thread must not hold any room already.

        Args:
            pixels: How many.
        """
        with self._turn, self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + pixels <= self._pixels)
            self._taken += pixels
        try:
            yield
        finally:
            if pixels >= _LARGE:
                _return_free_memory()
            with self._changed:
                self._taken -= pixels
                self._changed.notify_all()


def _return_free_memory() -> None:
    """Let the system have what is free: glibc keeps some hundred megabytes for every thread that had them once."""
    trim = _trimmer()
    if trim is not None:
        trim(0)


@functools.cache
def _trimmer() -> Callable[[int], Any] | None:
    try:
        trim: Callable[[int], Any] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        # Another system's C library, which has no such function.
        return None
    return trim
