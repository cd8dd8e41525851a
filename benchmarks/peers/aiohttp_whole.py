"""aiohttp doing what the SDK does with a large reply: its SHA-256 is taken, and the file is whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path

from benchmarks.peers.aiohttp_form import AiohttpForm, opened_session
from benchmarks.peers.peer import Peer, Place

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    async with opened_session(place) as session:
        yield _AiohttpWhole(session)


class _AiohttpWhole(AiohttpForm):
    async def to_disk(self, path: Path) -> int:
        temporary, digest = path.with_suffix(".part"), hashlib.sha256()
        with temporary.open("wb") as file:

            def write(piece: bytes) -> int:
                digest.update(piece)
                return file.write(piece)

            size = await self.received(write)
        temporary.replace(path)
        return size
