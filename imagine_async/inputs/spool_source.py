"""A picture on a spool, as large results of earlier calls are: sent from there, and never loaded whole for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from attrs import field, frozen

from imagine_async.file_view import FileView
from imagine_async.inputs.checks import no_picture, unreadable
from imagine_async.inputs.pieces import read_in_threads
from imagine_async.sniff import Picture, sniff_bytes
from imagine_async.spool import Spool

__all__ = ["SpoolSource", "from_spool"]


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

    def pieces(self) -> AsyncGenerator[bytes, None]:
        """Return the bytes in pieces, read in a worker thread.

        Raises:
            InvalidRequestError: The spool cannot be read any more.
        """
        return read_in_threads(self.size, self._read)

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
