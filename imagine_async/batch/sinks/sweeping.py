"""Removing what a process that was killed has left of files that it had not named yet."""

from __future__ import annotations

import contextlib
import os
import re

from imagine_async.batch.sinks.locking import locked

__all__ = ["sweep"]

_HIDDEN = re.compile(r"\.[0-9a-f]{16}\.part")


def sweep(folder: str) -> None:
    """Remove the hidden files of a folder that nobody is at work on. Blocks.

    Args:
        folder: Its path.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            if _HIDDEN.fullmatch(entry.name):
                _remove_if_left(entry.path)


def _remove_if_left(path: str) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            if locked(descriptor):
                os.unlink(path)  # noqa: PTH108 - as text
        finally:
            os.close(descriptor)
