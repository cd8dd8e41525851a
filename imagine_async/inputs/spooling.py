"""Bytes that come but once, kept so that they can be sent again: in memory, and on disk where they are many."""

from __future__ import annotations

from io import BytesIO

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs.checks import no_picture, picture_in
from imagine_async.inputs.sources import BytesSource, FileSource
from imagine_async.sniff import begins_like_a_picture
from imagine_async.spool import SpooledFile

__all__ = ["MAX_BYTES", "SPOOL_BYTES", "Spooler"]

SPOOL_BYTES = 1024 * 1024
"""What can be read but once is kept in memory up to this many bytes, and on disk beyond."""

MAX_BYTES = 256 * 1024 * 1024
"""The most bytes that are taken from a file or stream that can be read but once, from a URL, or from a data URI."""

_MAGIC_BYTES = 32


class Spooler:
    """Takes pieces and makes a source of them.

    Args:
        name: The field that they are for.
        shown: What an error shows of where they come from.
        max_bytes: The most bytes to take.
    """

    def __init__(self, name: str, shown: object, max_bytes: int) -> None:
        self._name = name
        self._shown = shown
        self._max_bytes = max_bytes
        self._size = 0
        self._buffer = bytearray()
        self._file: SpooledFile | None = None

    def add(self, piece: object) -> bool:
        """Take a piece; does not block.

        Args:
            piece: Some bytes; anything else is refused.

        Returns:
            Whether `flush` is due.

        Raises:
            InvalidRequestError: This is no bytes, too much, or not how a picture begins.
        """
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise self._refusal(f"it must give bytes, and gave {type(piece).__name__}: open it in binary mode")
        seen = self._size
        self._size += memoryview(piece).nbytes
        if self._size > self._max_bytes:
            raise self._refusal(f"the picture is larger than {self._max_bytes} bytes")
        self._buffer += piece
        # Looked at early, so that no large film is read and then refused.
        if seen < _MAGIC_BYTES <= self._size and not begins_like_a_picture(bytes(self._buffer[:_MAGIC_BYTES])):
            raise no_picture(self._shown, self._name, bytes(self._buffer[:_MAGIC_BYTES]))
        return len(self._buffer) > SPOOL_BYTES

    def flush(self) -> None:
        """Move what is in memory to the disk; blocks.

        Raises:
            InvalidRequestError: The disk does not take it.
        """
        try:
            self._file = self._file or SpooledFile()
            self._file.stream.write(self._buffer)
            self._file.stream.flush()
        except OSError as problem:
            reason = problem.strerror or problem
            raise self._refusal(f"it cannot be kept on disk until it is sent: {reason}; pass a path") from problem
        self._buffer.clear()

    def source(self) -> BytesSource | FileSource:
        """End with a source that can be sent any number of times; blocks where there is something on disk.

        Raises:
            InvalidRequestError: The pieces are no picture, or the disk does not take them.
        """
        if not self._size:
            raise self._refusal("nothing came; what can be read but once may have been read before")
        if self._file is None:
            content = bytes(self._buffer)
            return BytesSource(content, picture_in(BytesIO(content), self._shown, self._name))
        self.flush()
        self._file.seek(0)
        picture = picture_in(self._file.stream, self._shown, self._name)
        return FileSource(self._file, 0, self._size, picture, self._name)

    def _refusal(self, advice: str) -> InvalidRequestError:
        return InvalidRequestError(self._name, self._shown, advice)
