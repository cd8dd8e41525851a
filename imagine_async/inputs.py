"""Pictures that callers hand in, as bodies that can be sent again.

A source knows its size and its picture's dimensions before anything is sent, reads files off the event loop in pieces,
and starts over for every attempt. It never closes a file of the caller's and never loads a file whole.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, TypeGuard, Union

import anyio.to_thread
from attrs import field, frozen

from imagine_async.errors import InvalidRequestError
from imagine_async.sniff import Picture, sniff

if TYPE_CHECKING:
    from imagine_async.results import Image

__all__ = ["PIECE_BYTES", "BytesSource", "FileSource", "ImageInput", "PathSource", "Source", "as_source"]

PIECE_BYTES = 256 * 1024
"""Large bodies leave in pieces of this many bytes."""

ImageInput: TypeAlias = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, BinaryIO, "Image", "Source"]
"""A picture: its path, its bytes, a seekable binary file, or the `Image` of an earlier call."""

_FORMS = "a path, bytes, a seekable binary file or an Image of this SDK"
_NO_PICTURE = "this is no JPEG, PNG, WebP, GIF or AVIF picture"
_CHANGED = "the file was changed after the request was made"


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
            raise InvalidRequestError(self.name, str(self.path), _CHANGED)

    def _open(self) -> BinaryIO:
        try:
            file = self.path.open("rb")
        except OSError as problem:
            raise _unreadable(self.name, self.path, problem) from problem
        if _fingerprint(os.fstat(file.fileno())) != (self.size, self.modified):
            file.close()
            raise InvalidRequestError(self.name, str(self.path), _CHANGED)
        return file


@frozen(eq=False)
class FileSource:
    """A picture in an open file of the caller's, from the position it had.

    Args:
        file: A seekable binary file; it stays open.
        offset: Where the picture begins in it.
        size: Bytes to send.
        picture: What its header says.
        name: The field that it was given for.
    """

    file: BinaryIO
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

    def _read(self, position: int, length: int) -> bytes:
        try:
            with self._lock:
                self.file.seek(position)
                piece = self.file.read(length)
        except (OSError, ValueError) as problem:
            raise _unreadable(self.name, self.file, problem) from problem
        if len(piece) != length:
            raise InvalidRequestError(self.name, self.file, _CHANGED)
        return piece


Source: TypeAlias = BytesSource | PathSource | FileSource


def as_source(value: object, name: str) -> Source:
    """Turn what a caller hands in into a source, and see that it is a picture.

    Args:
        value: One of `ImageInput`.
        name: The field that it is for.

    Returns:
        The source.

    Raises:
        InvalidRequestError: It cannot be read, or is no picture.
    """
    if isinstance(value, (BytesSource, PathSource, FileSource)):
        return value
    if isinstance(value, (str, os.PathLike)):
        return _from_path(Path(value), name)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(value), name)
    content = getattr(value, "content", None)
    if isinstance(content, bytes):
        return _from_bytes(content, name)
    if hasattr(value, "read"):
        return _from_file(value, name)
    raise InvalidRequestError(name, value, f"pass {_FORMS}")


def _from_bytes(content: bytes, name: str) -> BytesSource:
    return BytesSource(content, _picture(BytesIO(content), content, name))


def _from_path(path: Path, name: str) -> PathSource:
    try:
        # Asked before opening: opening a pipe would wait for somebody who writes to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InvalidRequestError(name, str(path), "this is no regular file")
        with path.open("rb") as file:
            fingerprint = _fingerprint(os.fstat(file.fileno()))
            return PathSource(path, *fingerprint, _picture(file, str(path), name), name)
    except InvalidRequestError:
        raise
    except (OSError, ValueError) as problem:
        raise _unreadable(name, path, problem) from problem


def _from_file(file: object, name: str) -> FileSource:
    try:
        if not _is_seekable_binary(file):
            raise InvalidRequestError(
                name, file, "the file must be seekable and opened in binary mode; or pass its bytes"
            )
        offset = file.tell()
        size = file.seek(0, os.SEEK_END) - offset
        file.seek(offset)
        picture = _picture(file, file, name)
        file.seek(offset)
    except InvalidRequestError:
        raise
    except (OSError, ValueError) as problem:
        raise _unreadable(name, file, problem) from problem
    return FileSource(file, offset, size, picture, name)


def _is_seekable_binary(file: object) -> TypeGuard[BinaryIO]:
    seekable = getattr(file, "seekable", None)
    return callable(seekable) and bool(seekable()) and not hasattr(file, "encoding")


def _picture(stream: BinaryIO, shown: object, name: str) -> Picture:
    picture = sniff(stream)
    if picture is None:
        raise InvalidRequestError(name, shown, _NO_PICTURE)
    return picture


def _fingerprint(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _unreadable(name: str, shown: object, problem: Exception) -> InvalidRequestError:
    reason = getattr(problem, "strerror", None) or problem
    value = str(shown) if isinstance(shown, Path) else shown
    return InvalidRequestError(name, value, f"the file cannot be read: {reason}")
