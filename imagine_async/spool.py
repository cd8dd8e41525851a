"""Bytes that are kept on disk for as long as the object that holds them lives."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO, TypeAlias

from imagine_async.errors import ResultStorageError

__all__ = ["Body", "MakeSpool", "Spool", "SpooledFile", "digest_of", "keeping", "pieces_of", "size_of"]

_PIECE_BYTES = 1024 * 1024


class SpooledFile:
    """A temporary file without a name; it is closed, and its room on disk free, when nobody holds this object.

    Args:
        folder: Where it lies; `None` for the system's folder of temporary files.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        file = _nameless(folder)
        self.close = weakref.finalize(self, _close, file)
        self.stream = file
        self.read = file.read
        self.seek = file.seek

    def write_at(self, position: int, pieces: Iterable[bytes]) -> None:
        """Write some bytes, and see that there was room for them.

        Args:
            position: Where they begin, counted from the beginning.
            pieces: The bytes, in order.
        """
        self.stream.seek(position)
        self.stream.writelines(pieces)
        self.stream.flush()

    def __repr__(self) -> str:
        return "<spooled file>"


class Spool:
    """A temporary file without a name, which goes when the spool does; safe to read from several threads.

    Its methods block: call them in a worker thread. Pickled, it takes its bytes along.

    Args:
        folder: Where the file lies; `None` for the system's folder of temporary files, which is also where it goes on
            when there is no more room in the other one.

    Attributes:
        size: Bytes in all.
        beginning: The first bytes, 64 at most.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._file = SpooledFile(folder)
        self._may_move = folder is not None
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
        self.extend((piece,))

    def extend(self, pieces: Iterable[bytes]) -> None:
        """Write several pieces at the end.

        Args:
            pieces: Bytes.
        """
        with self._lock:
            held = list(pieces)
            self._write(held)
            for piece in held:
                self._digest.update(piece)
                self.size += len(piece)
                if len(self.beginning) < 64:
                    self.beginning = (self.beginning + piece[:64])[:64]

    def _write(self, pieces: Sequence[bytes]) -> None:
        try:
            self._file.write_at(self.size, pieces)
        except OSError:
            # What comes in is paid for: another disk may have the room that this one lacks.
            if not self._may_move:
                raise
            self._move()
            self._file.write_at(self.size, pieces)

    def _move(self) -> None:
        self._may_move = False
        old, self._file = self._file, SpooledFile()
        # Past the buffer, which holds what could not be written.
        descriptor, position = old.stream.fileno(), 0
        os.lseek(descriptor, 0, os.SEEK_SET)
        while position < self.size:
            piece = os.read(descriptor, min(_PIECE_BYTES, self.size - position))
            self._file.write_at(position, (piece,))
            position += len(piece)
        old.close()

    def read(self, position: int, size: int) -> bytes:
        """Read some of it.

        Args:
            position: Where to begin, counted from the beginning.
            size: How many bytes at most.

        Returns:
            The bytes; fewer at the end.
        """
        with self._lock:
            self._file.seek(position)
            return self._file.read(size)

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes from the beginning, in pieces, any number of times."""
        for position in range(0, self.size, _PIECE_BYTES):
            yield self.read(position, _PIECE_BYTES)

    def reader(self) -> BinaryIO:
        """Return a file with a place of its own, to read while others do."""
        return BufferedReader(_Reader(self))

    def file(self) -> BinaryIO:
        """Return the file itself, for a reader that is alone with it."""
        self._file.stream.flush()
        return self._file.stream

    def close(self) -> None:
        """Free the room on disk at once; nothing can be read any more."""
        with self._lock:
            self._file.close()

    def __repr__(self) -> str:
        return f"<spool of {self.size} bytes>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the bytes, a piece at a time; they go to the system's folder of temporary files at the other end."""
        return Spool, (), None, self.pieces()


class _Reader(RawIOBase):
    """A place in a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._spool.read(self._position, len(buffer))
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._spool.size}[whence]
        self._position = max(0, origin + offset)
        return self._position


Body: TypeAlias = bytes | Spool
"""A file's bytes: in memory, or on disk."""

MakeSpool: TypeAlias = Callable[[], Spool]
"""Makes a spool; called in a worker thread."""


def size_of(body: Body) -> int:
    """Return how many bytes there are."""
    return len(body) if isinstance(body, bytes) else body.size


def pieces_of(body: Body) -> Iterable[bytes]:
    """Return the bytes in order, without loading them whole where they lie on disk."""
    return (body,) if isinstance(body, bytes) else body.pieces()


def digest_of(body: Body) -> str:
    """Return the SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(body).hexdigest() if isinstance(body, bytes) else body.digest


@contextlib.contextmanager
def keeping(what: str, call_id: str | None = None) -> Iterator[None]:
    """Turn what goes wrong with the disk into an error of the SDK's, while a result is written.

    Args:
        what: The result, for the error.
        call_id: The call's id.

    Raises:
        ResultStorageError: The disk is full, or cannot be written.
    """
    try:
        yield
    except OSError as problem:
        raise ResultStorageError(
            f"{what} cannot be kept on disk: {problem.strerror or problem}; it was made and probably charged: "
            "make room, or let temporary files go elsewhere",
            call_id=call_id,
        ) from problem


def _close(file: BinaryIO) -> None:
    # What could not be written for lack of room cannot be flushed either; the file is closed all the same.
    with contextlib.suppress(OSError):
        file.close()


def _nameless(folder: str | os.PathLike[str] | None) -> BinaryIO:
    """Open a file that may be given a name later, where the system can; what `tempfile` opens may not."""
    if folder is not None and hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):
            return os.fdopen(os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600), "w+b")
    file: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - lives as long as its holder
    return file
