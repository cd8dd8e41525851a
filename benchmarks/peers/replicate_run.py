"""The client of Replicate, `async_run`, which waits for the picture in the same call."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import replicate

from benchmarks.peers.peer import KEY, PROMPT, Peer, Place

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    yield _ReplicateRun(replicate.Client(api_token=KEY, base_url=place.url))


class _ReplicateRun(Peer):
    def __init__(self, client: replicate.Client) -> None:
        self._client = client

    async def small(self) -> int:
        file = await self._client.async_run("owner/model", input={"prompt": PROMPT, "seed": 1})
        return len(await file.aread())
