"""Pictures in files: by path, or open; those that can be read but once are spooled."""

from __future__ import annotations

import io
import os
import stat
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs.checks import picture_in, unreadable
from imagine_async.inputs.hints import hint_for, without_secrets
from imagine_async.inputs.pieces import PIECE_BYTES
from imagine_async.inputs.sources import BytesSource, FileSource, PathSource, fingerprint
from imagine_async.inputs.spooling import Spooler

__all__ = ["from_bytes", "from_file", "from_path"]

_TEXT_MODE = "the file is open in text mode; open it in binary mode, or pass its `buffer`"


def from_bytes(content: bytes, name: str) -> BytesSource:
    """Take a picture in memory; raises `InvalidRequestError` where it is none."""
    return BytesSource(content, picture_in(BytesIO(content), content, name))


def from_path(value: str | os.PathLike[Any], name: str) -> PathSource:
    """Look at a picture in a file, which is opened again for each sending.

    Args:
        value: The file's path.
        name: The field that it is for.

    Returns:
        The source.

    Raises:
        InvalidRequestError: It cannot be read, is no regular file, or no picture.
    """
    text = os.fsdecode(value)
    shown, hint, path = without_secrets(text), hint_for(text), Path(text)
    try:
        # Asked before opening: opening a pipe would wait for somebody who writes to it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise InvalidRequestError(name, shown, f"this is no regular file{hint}")
        with path.open("rb") as file:
            return PathSource(path, *fingerprint(file), picture_in(file, shown, name), name)
    except InvalidRequestError:
        raise
    except (OSError, ValueError) as problem:
        raise unreadable(name, shown, problem, hint) from problem


def from_file(file: Any, name: str, max_bytes: int) -> BytesSource | FileSource:
    """Look at a picture in an open file, from its present position.

    Args:
        file: Anything with a `read` that gives bytes. It is not closed.
        name: The field that it is for.
        max_bytes: The most bytes to take where it is not seekable.

    Returns:
        The file itself where it is seekable, else a copy of what was left in it.

    Raises:
        InvalidRequestError: It is open in text mode, cannot be read, or is no picture.
    """
    try:
        if isinstance(file, io.TextIOBase):
            raise InvalidRequestError(name, file, _TEXT_MODE)
        return _from_seekable(file, name) if _is_seekable(file) else _spooled(file, name, max_bytes)
    except InvalidRequestError:
        raise
    except Exception as problem:
        # A file of the caller's may raise whatever it likes.
        raise unreadable(name, file, problem) from problem


def _is_seekable(file: Any) -> TypeGuard[BinaryIO]:
    seekable = getattr(file, "seekable", None)
    return callable(seekable) and bool(seekable())


def _from_seekable(file: BinaryIO, name: str) -> FileSource:
    if not isinstance(file.read(0), bytes):
        raise InvalidRequestError(name, file, _TEXT_MODE)
    offset = file.tell()
    size = file.seek(0, os.SEEK_END) - offset
    file.seek(offset)
    picture = picture_in(file, file, name)
    file.seek(offset)
    return FileSource(file, offset, size, picture, name)


def _spooled(file: Any, name: str, max_bytes: int) -> BytesSource | FileSource:
    spooler = Spooler(name, file, max_bytes)
    while True:
        piece = file.read(PIECE_BYTES)
        if piece is None:
            raise InvalidRequestError(name, file, "the file does not block; read it yourself, and pass its bytes")
        is_full = spooler.add(piece)
        if not piece:
            return spooler.source()
        if is_full:
            spooler.flush()
