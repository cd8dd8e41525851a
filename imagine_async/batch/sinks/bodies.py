"""A file's bytes as a sink reads them: in memory, or on disk where they are many."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import BinaryIO

from imagine_async.spool import Body, MakeSpool

__all__ = ["body_of", "small_or_spooled"]

_LARGEST_IN_MEMORY = 8 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024


def small_or_spooled(pieces: Iterable[bytes], spool: MakeSpool) -> Body:
    """Keep bytes in memory as long as they are few.

    Args:
        pieces: The bytes, in order.
        spool: Makes a spool.

    Returns:
        Up to 8 MiB as `bytes`, more as a spool.
    """
    coming, held, size = iter(pieces), [], 0
    for piece in coming:
        held.append(piece)
        size += len(piece)
        if size > _LARGEST_IN_MEMORY:
            large = spool()
            large.extend(held)
            held.clear()
            large.extend(coming)
            return large
    return b"".join(held)


def body_of(file: BinaryIO, spool: MakeSpool) -> Body:
    """Read a file to its end.

    Args:
        file: The open file.
        spool: Makes a spool.

    Returns:
        Up to 8 MiB as `bytes`, more as a spool.
    """
    return small_or_spooled(iter(partial(file.read, _PIECE_BYTES), b""), spool)
