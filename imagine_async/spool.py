"""Bytes that are kept on disk for as long as the object that holds them lives."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["Spool", "SpooledFile"]

_PIECE_BYTES = 1024 * 1024


class SpooledFile:
    """A temporary file without a name; it is closed, and its room on disk free, when nobody holds this object."""

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        file = _nameless(folder)
        weakref.finalize(self, file.close)
        self.stream = file
        self.read = file.read
        self.seek = file.seek

    def __repr__(self) -> str:
        return "<spooled file>"


class Spool:
    """A temporary file without a name, which goes when the spool does; safe to read from several threads.

    Its methods block: call them in a worker thread.

    Args:
        folder: Where on disk; `None` for the system's own folder of temporary files.

    Attributes:
        size: Bytes in all.
        beginning: The first bytes, 64 at most.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._file = SpooledFile(folder)
        self._lock = threading.Lock()
        self._digest = hashlib.sha256()
        self.size = 0
        self.beginning = b""

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        return self._digest.hexdigest()

    def append(self, piece: bytes) -> None:
        """Write at the end.

        Args:
            piece: Bytes.
        """
        with self._lock:
            self._file.seek(self.size)
            self._file.stream.write(piece)
            self._digest.update(piece)
            self.size += len(piece)
            if len(self.beginning) < 64:
                self.beginning = (self.beginning + piece[:64])[:64]

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes from the beginning, in pieces, any number of times."""
        for position in range(0, self.size, _PIECE_BYTES):
            with self._lock:
                self._file.seek(position)
                piece = self._file.read(_PIECE_BYTES)
            yield piece

    def file(self) -> BinaryIO:
        """Return the file itself, for a reader that is alone with it."""
        self._file.stream.flush()
        return self._file.stream


def _nameless(folder: str | os.PathLike[str] | None) -> BinaryIO:
    """Open a file that may be given a name later, where the system can; what `tempfile` opens may not."""
    if folder is not None and hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):
            return os.fdopen(os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600), "w+b")
    file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - lives as long as its holder
    return file
