"""A file's bytes, in memory or on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from imagine_async.batch.sinks.base import Body
from imagine_async.spool import Spool

__all__ = ["LARGEST_IN_MEMORY", "digest_of_body", "small_or_spooled"]

LARGEST_IN_MEMORY = 8 * 1024 * 1024
"""Bytes; what is larger is kept on disk."""


def digest_of_body(body: Body) -> str:
    """Return the SHA-256 in hexadecimal.

    Args:
        body: The bytes.
    """
    return body.digest if isinstance(body, Spool) else hashlib.sha256(body).hexdigest()


def small_or_spooled(pieces: Iterable[bytes], spool: Callable[[], Spool]) -> Body:
    """Keep bytes in memory as long as they are few.

    Args:
        pieces: The bytes, in order.
        spool: Makes a spool.

    Returns:
        Up to 8 MiB as `bytes`, more as a spool.
    """
    held, size, large = [], 0, None
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > LARGEST_IN_MEMORY:
            large = large or spool()
            for part in held:
                large.append(part)
            held = []
    return b"".join(held) if large is None else large
