"""A file that is written first and named afterwards, so that no reader ever sees half of it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import TracebackType

from imagine_async.batch.sinks.locking import locked
from imagine_async.spool import Spool

__all__ = ["Temporary", "sync_folder"]

_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
# Linux can make a file without a name, and name it later; what a crash leaves of it is nothing.
_UNNAMED = getattr(os, "O_TMPFILE", 0)
_MODE = 0o666


class Temporary:
    """A file without a name, or with a hidden one where the system needs names; close it.

    Its mode is that of a file that `open` makes.

    Args:
        folder: Where it will be.

    Raises:
        OSError: The folder is not there, or cannot be written.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._hidden: str | None = None
        self.descriptor = self._unnamed() if _can_be_named_late() else self._named()

    @classmethod
    def of_spool(cls, folder: str, spool: Spool) -> Temporary | None:
        """Take over the file of a spool, without a copy.

        Args:
            folder: Where it will be.
            spool: What is written; it can still be read.

        Returns:
            `None` where the spool's file has a name already, lies in another file system, or cannot be named.
        """
        mask = _umask() if _can_be_named_late() else None
        if mask is None or os.fstat(spool.file().fileno()).st_nlink:
            return None
        taken = cls.__new__(cls)
        taken._folder, taken._hidden, taken.descriptor = folder, None, os.dup(spool.file().fileno())
        try:
            os.fchmod(taken.descriptor, _MODE & ~mask)
            taken._hide()
        except OSError:
            os.close(taken.descriptor)
            return None
        return taken

    def __enter__(self) -> Temporary:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; what has no name by now is gone."""
        os.close(self.descriptor)
        self._remove_hidden()

    def write(self, pieces: Iterable[bytes]) -> None:
        """Write at the end.

        Args:
            pieces: Bytes, in order.
        """
        for piece in pieces:
            written = os.write(self.descriptor, piece)
            while written < len(piece):
                written += os.write(self.descriptor, memoryview(piece)[written:])

    def sync(self) -> None:
        """Wait until the bytes are on the disk."""
        os.fsync(self.descriptor)

    def name_it(self, target: str) -> None:
        """Give it its name.

        Args:
            target: A path in the folder.

        Raises:
            FileExistsError: There is such a file.
        """
        if self._hidden is None:
            # With a descriptor of a folder Python follows the link in /proc, without one it does not.
            os.link(f"/proc/self/fd/{self.descriptor}", target, src_dir_fd=self.descriptor, follow_symlinks=True)
            return
        try:
            os.link(self._hidden, target)
        except FileExistsError:
            raise
        except OSError:
            # Some file systems have no links; there a look before the move has to do.
            if os.path.lexists(target):
                raise FileExistsError(errno.EEXIST, "the file exists", target) from None
            os.replace(self._hidden, target)  # noqa: PTH105 - one call, many times

    def replace(self, target: str) -> None:
        """Give it its name in place of the file that has it.

        Args:
            target: A path in the folder.
        """
        os.replace(self._hidden or self._hide(), target)  # noqa: PTH105 - one call, many times

    def take_back(self, target: str) -> None:
        """Take its name away again; it can be given another.

        Args:
            target: The path that it has.
        """
        hidden = self._hidden_name()
        locked(self.descriptor)
        os.replace(target, hidden)  # noqa: PTH105 - one call, many times
        self._remove_hidden()
        self._hidden = hidden

    def _remove_hidden(self) -> None:
        if self._hidden is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._hidden)  # noqa: PTH108 - one call, many times

    def _hide(self) -> str:
        hidden = self._hidden_name()
        # Locked, so that whoever sweeps up after a crash lets it be.
        locked(self.descriptor)
        self.name_it(hidden)
        self._hidden = hidden
        return hidden

    def _unnamed(self) -> int:
        try:
            return os.open(self._folder, _FLAGS | _UNNAMED, _MODE)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
                raise
            return self._named()

    def _named(self) -> int:
        self._hidden = self._hidden_name()
        descriptor = os.open(self._hidden, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
        locked(descriptor)
        return descriptor

    def _hidden_name(self) -> str:
        return f"{self._folder}{os.sep}.{secrets.token_hex(8)}.part"


def sync_folder(folder: str) -> None:
    """Wait until the names in a folder are on the disk, where the system can.

    Args:
        folder: Its path.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def _can_be_named_late() -> bool:
    return bool(_UNNAMED) and os.path.isdir("/proc/self/fd")  # noqa: PTH112 - as text


def _umask() -> int | None:
    """Read the mask of new files' modes; asking the system for it means setting it for a moment, for every thread."""
    with contextlib.suppress(OSError):
        return next(_masks(Path("/proc/self/status").read_text()), None)
    return None


def _masks(status: str) -> Iterator[int]:
    for line in status.splitlines():
        if line.startswith("Umask:"):
            yield int(line.split()[1], 8)
