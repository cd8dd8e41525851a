"""A file on disk, looked at like bytes in memory, of which only what is looked at is read."""

from __future__ import annotations

import os
from typing import BinaryIO, overload

__all__ = ["FileView"]

_BLOCK_BYTES = 64 * 1024


class FileView:
    """The bytes of a seekable file: how many they are, single ones, a range, and the last place of a mark.

    Args:
        stream: A seekable binary file; it is left anywhere.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self._size = stream.seek(0, os.SEEK_END)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, at: int) -> int: ...

    @overload
    def __getitem__(self, at: slice) -> bytes: ...

    def __getitem__(self, at: int | slice) -> int | bytes:
        """Read a byte, or a range; only forwards and counted from the beginning.

        Raises:
            IndexError: There is no such byte.
        """
        if isinstance(at, slice):
            start, end, _ = at.indices(self._size)
            return self._read(start, max(0, end - start))
        return self._read(at, 1)[0]

    def rfind(self, mark: bytes) -> int:
        """Find the last place of some bytes, block by block from the end.

        Args:
            mark: The bytes, a few.

        Returns:
            Where they begin; -1 where there are none.
        """
        end = self._size
        while end > 0:
            start = max(0, end - _BLOCK_BYTES)
            # A mark may begin in this block and end in the next.
            found = self._read(start, end - start + len(mark) - 1).rfind(mark)
            if found >= 0:
                return start + found
            end = start
        return -1

    def _read(self, start: int, size: int) -> bytes:
        self.stream.seek(start)
        return self.stream.read(size)
