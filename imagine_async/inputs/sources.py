"""Pictures at hand, as bodies that can be sent again.

A source knows its size and its picture's dimensions before anything is sent, reads files off the event loop in pieces,
and starts over for every attempt. It never closes a file of the caller's and never loads a file whole to send it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO, Protocol, Self, TypeAlias

from attrs import field, frozen

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs.checks import unreadable
from imagine_async.inputs.pieces import cut, read_in_threads
from imagine_async.inputs.spool_source import SpoolSource
from imagine_async.sniff import Picture

__all__ = [
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
        for piece in cut(self.content):
            yield piece

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
        # Closed without awaiting, because a task that is being cancelled cannot await.
        with _OpenedLate(self._open) as file:

            def read(position: int, length: int) -> bytes:
                return self._whole(file.read(length), length)

            async with aclosing(read_in_threads(self.size, read)) as pieces:
                async for piece in pieces:
                    yield piece

    def read(self) -> bytes:
        """Return the whole file. Blocks: in async code call it in a worker thread.

        Raises:
            InvalidRequestError: The file is gone or was changed since the request was made.
        """
        with self._open() as file:
            return self._whole(file.read(self.size), self.size)

    def _open(self) -> BinaryIO:
        try:
            file = self.path.open("rb")
        except OSError as problem:
            raise unreadable(self.name, str(self.path), problem) from problem
        if fingerprint(file) != (self.size, self.modified):
            file.close()
            raise self._changed()
        return file

    def _whole(self, content: bytes, length: int) -> bytes:
        if len(content) != length:
            raise self._changed()
        return content

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

    def pieces(self) -> AsyncGenerator[bytes, None]:
        """Return the bytes in pieces, read in a worker thread.

        Raises:
            InvalidRequestError: The file was closed or cut since the request was made.
        """
        return read_in_threads(self.size, self._read)

    def read(self) -> bytes:
        """Return the whole picture. Blocks: in async code call it in a worker thread.

        Raises:
            InvalidRequestError: The file was closed or cut since the request was made.
        """
        return self._read(0, self.size)

    def _read(self, position: int, length: int) -> bytes:
        try:
            with self._lock:
                self.file.seek(self.offset + position)
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


class _OpenedLate:
    """A file that the first read opens, so that no worker thread is asked for that alone.

    Args:
        open_file: Opens it.
    """

    def __init__(self, open_file: Callable[[], BinaryIO]) -> None:
        self._open_file = open_file
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def read(self, length: int) -> bytes:
        """Read on."""
        if self._file is None:
            self._file = self._open_file()
        return self._file.read(length)


def _exactly(file: SeekableFile, length: int) -> bytes:
    """Read on where a file gives less than asked for, as unbuffered ones may."""
    piece = file.read(length)
    while len(piece) < length and (more := file.read(length - len(piece))):
        piece += more
    return piece
