"""The client of fal, `run`: JSON there, the picture as a data URL in JSON back."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncGenerator

import fal_client.client

from benchmarks.peers.peer import KEY, PROMPT, Peer, Place

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    # There is no option for the URL's scheme.
    fal_client.client.RUN_URL_FORMAT = f"{place.url}/fal/"
    yield _FalRun(fal_client.client.AsyncClient(key=KEY))


class _FalRun(Peer):
    def __init__(self, client: fal_client.client.AsyncClient) -> None:
        self._client = client

    async def small(self) -> int:
        reply = await self._client.run("fal-ai/flux", {"prompt": PROMPT, "seed": 1, "sync_mode": True})
        return len(base64.b64decode(reply["images"][0]["url"].partition(",")[2]))
