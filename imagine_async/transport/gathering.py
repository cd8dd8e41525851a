"""Bodies on their way in, kept in memory where they are small and on disk where they are not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio.to_thread
from attrs import define, field

from imagine_async.loop_local import LoopLocal
from imagine_async.spool import Body, MakeSpool, Spool, keeping

__all__ = ["MEMORY_BYTES", "gathered", "on_disk_if_large"]

MEMORY_BYTES = 256 * 1024
"""A body of at most this many bytes stays in memory."""

_HELD_BYTES = 12 * 1024 * 1024
"""All larger ones of an event loop together hold about so many bytes between two visits to the disk."""

_WRITERS = 4
"""So many threads write at once, on each event loop."""

_LEAST_WRITTEN, _MOST_WRITTEN = 64 * 1024, 1024 * 1024


async def gathered(
    pieces: AsyncIterator[bytes], make_spool: MakeSpool, *, call_id: str, length: int | None = None
) -> Body:
    """Take in a body.

    Args:
        pieces: Its pieces.
        make_spool: Makes the spool for a large one.
        call_id: The call's id.
        length: How many bytes are announced; `None`: it is not known.

    Returns:
        The bytes, or a spool with more than `MEMORY_BYTES`.

    Raises:
        ResultStorageError: The disk does not take them.
    """
    gathering = _Gathering(make_spool, call_id, is_large=length is not None and length > MEMORY_BYTES)
    load = _LOADS.get()
    load.running += 1
    try:
        async for piece in pieces:
            await gathering.add(piece, load.share)
        return await gathering.end()
    except BaseException:
        gathering.discard()
        raise
    finally:
        load.running -= 1


async def on_disk_if_large(content: bytes, make_spool: MakeSpool, *, call_id: str) -> Body:
    """Move bytes to disk, if they are many.

    Args:
        content: The bytes.
        make_spool: Makes the spool.
        call_id: The call's id.

    Returns:
        The same bytes, or a spool with them.

    Raises:
        ResultStorageError: The disk does not take them.
    """
    gathering = _Gathering(make_spool, call_id)
    try:
        await gathering.add(content, _LEAST_WRITTEN)
        return await gathering.end()
    except BaseException:
        gathering.discard()
        raise


class _Gathering:
    def __init__(self, make_spool: MakeSpool, call_id: str, *, is_large: bool = False) -> None:
        self._make_spool = make_spool
        self._call_id = call_id
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._spool: Spool | None = None
        self._is_large = is_large

    async def add(self, piece: bytes, share: int) -> None:
        """Take a piece; go to the disk when more than a share has come together."""
        self._held.append(piece)
        self._held_bytes += len(piece)
        # A file is begun as soon as it is sure to be needed; from then on few visits are better.
        if self._spool is None:
            share = min(share, MEMORY_BYTES) if self._is_large else MEMORY_BYTES
        if self._held_bytes > share:
            await self._visit_disk()

    async def end(self) -> Body:
        if self._spool is None and self._held_bytes <= MEMORY_BYTES:
            return b"".join(self._held)
        if self._held:
            await self._visit_disk()
        assert self._spool is not None
        return self._spool

    async def _visit_disk(self) -> None:
        await anyio.to_thread.run_sync(self._write, limiter=_LOADS.get().writers)

    def discard(self) -> None:
        if self._spool is not None:
            self._spool.close()

    def _write(self) -> None:
        with keeping("the result", self._call_id):
            self._spool = self._spool or self._make_spool()
            self._spool.extend(self._held)
        self._held.clear()
        self._held_bytes = 0


@define
class _Load:
    """How many bodies come in on an event loop at once.

    A visit to the disk takes a worker thread, so few of them are better; but what they hold must not add up.
    """

    running: int = 0
    # They take digests as well: more of them than there are processors keep the event loop from one.
    writers: anyio.CapacityLimiter = field(factory=lambda: anyio.CapacityLimiter(_WRITERS))

    @property
    def share(self) -> int:
        return min(_MOST_WRITTEN, max(_LEAST_WRITTEN, _HELD_BYTES // max(1, self.running)))


_LOADS = LoopLocal("load", _Load)
