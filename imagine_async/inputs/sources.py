"""Pictures at hand, as bodies that can be sent again.

A source knows its size and its picture's dimensions before anything is sent, reads files off the event loop in pieces,
and starts over for every attempt. It never closes a file of the caller's and never loads a file whole to send it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

import anyio.to_thread
from attrs import field, frozen

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs.checks import unreadable
from imagine_async.inputs.spool_source import PIECE_BYTES, SpoolSource
from imagine_async.sniff import Picture

__all__ = [
    "PIECE_BYTES",
    "BytesSource",
    "FileSource",
    "PathSource",
    "SeekableFile",
    "Source",
    "SpoolSource",
    "fingerprint",
]

_CHANGED = "the file was changed after the request was made"


class SeekableFile(Protocol):
    """What a source needs of an open file."""

    def read(self, size: int, /) -> bytes:
        """Read at most so many bytes."""
        ...

    def seek(self, offset: int, /) -> int:
        """Go to a position, counted from the beginning."""
        ...


@frozen
class BytesSource:
    """A picture held in memory.

    Args:
        content: The file's bytes.
        picture: What its header says.
    """

    content: bytes = field(repr=lambda content: f"<{len(content)} bytes>")
    picture: Picture

    @property
    def size(self) -> int:
        """Bytes to send."""
        return len(self.content)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the bytes in pieces."""
        for start in range(0, self.size, PIECE_BYTES):
            yield self.content[start : start + PIECE_BYTES]

    def read(self) -> bytes:
        """Return the whole file."""
        return self.content


@frozen
class PathSource:
    """A picture in a file that is opened for each attempt.

    Args:
        path: Where it lies.
        size: Bytes to send.
        modified: The time of its last change, in nanoseconds.
        picture: What its header says.
        name: The field that it was given for.
    """

    path: Path
    size: int
    modified: int
    picture: Picture
    name: str = field(default="image", eq=False)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the bytes in pieces, read in a worker thread.

        Raises:
            InvalidRequestError: The file is gone or was changed since the request was made.
        """
        left = self.size
        # Closed without awaiting, because a task that is being cancelled cannot await.
        with await anyio.to_thread.run_sync(self._open) as file:
            while piece := await anyio.to_thread.run_sync(file.read, min(PIECE_BYTES, left)):
                left -= len(piece)
                yield piece
        if left:
            raise self._changed()

    def read(self) -> bytes:
        """Return the whole file. Blocks: in async code call it in a worker thread.

        Raises:
            InvalidRequestError: The file is gone or was changed since the request was made.
        """
        with self._open() as file:
            content = file.read(self.size)
        if len(content) != self.size:
            raise self._changed()
        return content

    def _open(self) -> BinaryIO:
        try:
            file = self.path.open("rb")
        except OSError as problem:
            raise unreadable(self.name, str(self.path), problem) from problem
        if fingerprint(file) != (self.size, self.modified):
            file.close()
            raise self._changed()
        return file

    def _changed(self) -> InvalidRequestError:
        return InvalidRequestError(self.name, str(self.path), _CHANGED)


@frozen(eq=False)
class FileSource:
    """A picture in an open file, from the position it had.

    Args:
        file: A seekable binary file; it stays open.
        offset: Where the picture begins in it.
        size: Bytes to send.
        picture: What its header says.
        name: The field that it was given for.
    """

    file: SeekableFile
    offset: int
    size: int
    picture: Picture
    name: str = "image"
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the bytes in pieces, read in a worker thread.

        Raises:
            InvalidRequestError: The file was closed or cut since the request was made.
        """
        for start in range(0, self.size, PIECE_BYTES):
            length = min(PIECE_BYTES, self.size - start)
            yield await anyio.to_thread.run_sync(self._read, self.offset + start, length)

    def read(self) -> bytes:
        """Return the whole picture. Blocks: in async code call it in a worker thread.

        Raises:
            InvalidRequestError: The file was closed or cut since the request was made.
        """
        return self._read(self.offset, self.size)

    def _read(self, position: int, length: int) -> bytes:
        try:
            with self._lock:
                self.file.seek(position)
                piece = _exactly(self.file, length)
        except Exception as problem:
            # A file of the caller's may raise whatever it likes.
            raise unreadable(self.name, self.file, problem) from problem
        if len(piece) != length:
            raise InvalidRequestError(self.name, self.file, _CHANGED)
        return piece


Source: TypeAlias = BytesSource | PathSource | FileSource | SpoolSource
"""A picture at hand."""


def fingerprint(file: BinaryIO) -> tuple[int, int]:
    """Tell what an open file on disk is known by: its size in bytes, and its last change in nanoseconds."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _exactly(file: SeekableFile, length: int) -> bytes:
    """Read on where a file gives less than asked for, as unbuffered ones may."""
    piece = file.read(length)
    while len(piece) < length and (more := file.read(length - len(piece))):
        piece += more
    return piece
