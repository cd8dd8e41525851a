"""A picture on a spool, as large results of earlier calls are: sent from there, and never loaded whole for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import anyio.to_thread
from attrs import field, frozen

from imagine_async.file_view import FileView
from imagine_async.inputs.checks import no_picture, unreadable
from imagine_async.sniff import Picture, sniff_bytes
from imagine_async.spool import Spool

__all__ = ["PIECE_BYTES", "SpoolSource", "from_spool"]

PIECE_BYTES = 256 * 1024
"""Large bodies leave in pieces of this many bytes."""


@frozen
class SpoolSource:
    """A picture on a spool.

    Args:
        spool: Where the bytes lie; others may read it at the same time.
        picture: What its header says.
        name: The field that it was given for.
    """

    spool: Spool = field(eq=lambda spool: spool.digest)
    picture: Picture
    name: str = field(default="image", eq=False)

    @property
    def size(self) -> int:
        """Bytes to send."""
        return self.spool.size

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the bytes in pieces, read in a worker thread.

        Raises:
            InvalidRequestError: The spool cannot be read any more.
        """
        for start in range(0, self.size, PIECE_BYTES):
            yield await anyio.to_thread.run_sync(self._read, start, PIECE_BYTES)

    def read(self) -> bytes:
        """Return the whole picture. Blocks: in async code call it in a worker thread.

        Raises:
            InvalidRequestError: The spool cannot be read any more.
        """
        return self._read(0, self.size)

    def _read(self, position: int, length: int) -> bytes:
        try:
            return self.spool.read(position, length)
        except (OSError, ValueError) as problem:
            raise unreadable(self.name, self.spool, problem) from problem


def from_spool(spool: Spool, name: str) -> SpoolSource:
    """Take a picture on a spool; raises `InvalidRequestError` where it is none."""
    picture = sniff_bytes(FileView(spool.reader()))
    if picture is None:
        raise no_picture(spool, name)
    return SpoolSource(spool, picture, name)
