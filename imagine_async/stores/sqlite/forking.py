"""Forks and SQLite: a child must not inherit an open database, nor a lock that is held in the middle of a step.

SQLite notes for each process which locks it has on a file. A child would find its parent's notes, believe that it holds
locks that it does not, and damage the file. So databases are closed before a fork; the next step opens them again.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Protocol
from weakref import WeakSet

__all__ = ["Forkable", "close_before_forks"]


class Forkable(Protocol):
    """What has to be closed before a fork."""

    def before_fork(self) -> None:
        """Come to rest and close."""
        ...

    def after_fork(self) -> None:
        """Go on, in the parent."""
        ...


_lock = threading.Lock()
_known: WeakSet[Forkable] = WeakSet()
_resting: list[Forkable] = []
_hooks: list[bool] = []


def close_before_forks(forkable: Forkable) -> None:
    """Have something closed whenever this process is about to fork.

    Args:
        forkable: What to close; it is not kept alive.
    """
    with _lock:
        _known.add(forkable)
        if not _hooks and sys.platform != "win32":
            os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
            _hooks.append(True)


def _before() -> None:
    # Held until after the fork: nobody is added in between.
    _lock.acquire()
    for forkable in list(_known):
        _resting.append(forkable)
        forkable.before_fork()


def _in_parent() -> None:
    while _resting:
        _resting.pop().after_fork()
    _lock.release()


def _in_child() -> None:
    """The child makes its own; what it inherited is never used."""
    _resting.clear()
    _known.clear()
    _lock.release()
