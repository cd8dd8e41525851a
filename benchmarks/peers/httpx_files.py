"""Raw httpx as its documentation shows it: `files=`, default limits."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx

from benchmarks.peers.peer import FIELDS, KEY, PATH, UPLOAD_PATH, Peer, Place

__all__ = ["open_peer"]

_HEADERS = {"Authorization": f"Bearer {KEY}"}
_FORM = {name: (None, value) for name, value in FIELDS.items()}


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    async with httpx.AsyncClient(base_url=place.url, headers=_HEADERS) as client:
        yield _HttpxFiles(client)


class _HttpxFiles(Peer):
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def small(self) -> int:
        response = await self._client.post(PATH, files=_FORM)
        return len(response.raise_for_status().content)

    async def to_disk(self, path: Path) -> int:
        size = 0
        async with self._client.stream("POST", PATH, files=_FORM) as response:
            response.raise_for_status()
            with path.open("wb") as file:
                async for piece in response.aiter_bytes():
                    size += file.write(piece)
        return size

    async def upload(self, path: Path) -> int:
        with path.open("rb") as file:
            response = await self._client.post(UPLOAD_PATH, files={"image": (path.name, file, "image/png")})
        return len(response.raise_for_status().content)
