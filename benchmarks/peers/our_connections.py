"""Raw httpx with ready-made bytes over the SDK's own connections: what is left when the SDK itself is taken off."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import httpx

from benchmarks.peers.peer import PATH, Peer, Place
from benchmarks.peers.ready_made import BODY, HEADERS
from imagine_async.transport.loop_clients import connections

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    async with httpx.AsyncClient(transport=connections(place.wide)) as client:
        yield _OurConnections(client, place.url + PATH)


class _OurConnections(Peer):
    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def small(self) -> int:
        response = await self._client.post(self._url, content=BODY, headers=HEADERS)
        return len(response.raise_for_status().content)
