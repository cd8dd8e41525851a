"""aiohttp with ready-made bytes: the fastest that one can do with a library in Python."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import aiohttp

from benchmarks.peers.peer import PATH, Peer, Place
from benchmarks.peers.ready_made import BODY, HEADERS

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    connector = aiohttp.TCPConnector(limit=place.wide)
    async with aiohttp.ClientSession(place.url, connector=connector, raise_for_status=True) as session:
        yield _AiohttpBytes(session)


class _AiohttpBytes(Peer):
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def small(self) -> int:
        async with self._session.post(PATH, data=BODY, headers=HEADERS) as response:
            return len(await response.read())
