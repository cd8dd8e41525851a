"""How large bodies are cut: read in blocks, sent in pieces."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator

import anyio.to_thread

__all__ = ["PIECE_BYTES", "READ_BYTES", "cut", "read_in_threads"]

PIECE_BYTES = 256 * 1024
"""Large bodies leave in pieces of this many bytes."""

READ_BYTES = 8 * PIECE_BYTES
"""So many bytes are read in one go: asking a worker thread for them costs as much as reading 1 MB."""


def cut(block: bytes) -> Iterator[bytes]:
    """Cut a block into pieces.

    Args:
        block: Any number of bytes.

    Returns:
        Its pieces, of at most `PIECE_BYTES`; a block that is no larger is passed on as it is.
    """
    for start in range(0, len(block), PIECE_BYTES):
        yield block[start : start + PIECE_BYTES]


async def read_in_threads(size: int, read: Callable[[int, int], bytes]) -> AsyncGenerator[bytes, None]:
    """Yield a body in pieces, read in worker threads.

    Args:
        size: Bytes in all.
        read: Is told a position and a length, and returns so many bytes; called one after the other.

    Returns:
        The pieces.
    """
    for start in range(0, size, READ_BYTES):
        # The block stands in no variable: while the next one is read, it is gone.
        for piece in cut(await anyio.to_thread.run_sync(read, start, min(READ_BYTES, size - start))):
            yield piece
