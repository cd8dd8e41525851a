"""A lock between processes, on a file of its own.

The system lets those who wait for a file lock take turns, but it knows no waiting for a limited time. So a thread waits
for a process whose turn it is not; whoever asked it may go away meanwhile, and come back.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue

__all__ = ["FileLock"]

if sys.platform == "win32":  # pragma: no cover - runs on Windows alone
    import msvcrt

    def _try_to_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _wait_and_lock(descriptor: int) -> None:
        while not _try_to_lock(descriptor):
            time.sleep(0.001)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_to_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait_and_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


# No file has this number.
_PASSED_ON = -1


class FileLock:
    """A lock that one process holds at a time, and that the system frees when that process dies.

    One thread at a time uses it.

    Args:
        path: The file; it is made where there is none, for its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._turn: _Turn | None = None

    def acquire(self, seconds: float) -> bool:
        """Take the lock.

        Args:
            seconds: How long to wait at most.

        Returns:
            Whether it was taken.

        Raises:
            OSError: The file cannot be opened or locked.
        """
        give_up_at = time.monotonic() + seconds
        while self._lock_by(give_up_at):
            if self._is_under_its_name():
                return True
            # Somebody deleted the file: others lock another one now.
            self.close()
        return False

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            _unlock(self._descriptor)

    def close(self) -> None:
        """Give the lock back and close the file."""
        if self._descriptor is not None:
            _close(self._descriptor)
            self._descriptor = None

    def _lock_by(self, give_up_at: float) -> bool:
        while self._turn is None or self._turn.is_over:
            if self._descriptor is None:
                self._descriptor = _open(self._path)
            if _try_to_lock(self._descriptor):
                self._turn = None
                return True
            self._turn = _Turn(_open(self._path))
        granted = self._turn.wait(max(0.0, give_up_at - time.monotonic()))
        if granted == _PASSED_ON:
            return time.monotonic() < give_up_at and self._lock_by(give_up_at)
        if granted is None:
            return False
        self._turn = None
        self.close()
        self._descriptor = granted
        return True

    def _is_under_its_name(self) -> bool:
        assert self._descriptor is not None
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except FileNotFoundError:
            return False


class _Turn:
    """Waits in a thread until a lock is free, and gives it on to whoever waits here at that moment.

    Args:
        descriptor: The file, opened for this turn alone.
    """

    def __init__(self, descriptor: int) -> None:
        self.is_over = False
        self._is_awaited = True
        self._granted: SimpleQueue[int] = SimpleQueue()
        threading.Thread(target=self._serve, args=(descriptor,), name="imagine_async lock", daemon=True).start()

    def wait(self, seconds: float) -> int | None:
        """Wait for the turn.

        Args:
            seconds: How long.

        Returns:
            The file, locked; `None` if its turn has not come, which may be waited for again; `_PASSED_ON` if it came
            and went in the meantime.
        """
        self._is_awaited = True
        try:
            return self._granted.get(timeout=seconds)
        except Empty:
            self._is_awaited = False
            # It may have come in between; then either this takes it out, or the thread does.
            return self._taken()

    def _serve(self, descriptor: int) -> None:
        try:
            _wait_and_lock(descriptor)
        except OSError:
            # The next attempt meets it as well, and tells of it.
            os.close(descriptor)
            self._end()
            return
        self._granted.put(descriptor)
        if not self._is_awaited:
            self._pass_on()

    def _pass_on(self) -> None:
        descriptor = self._taken()
        if descriptor is not None:
            _close(descriptor)
        self._end()

    def _end(self) -> None:
        self.is_over = True
        self._granted.put(_PASSED_ON)

    def _taken(self) -> int | None:
        try:
            return self._granted.get_nowait()
        except Empty:
            return None


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _close(descriptor: int) -> None:
    # A child that was forked meanwhile may have the file open too: closing alone would leave it locked.
    _unlock(descriptor)
    os.close(descriptor)
