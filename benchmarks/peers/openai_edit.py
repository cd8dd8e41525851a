"""The client of OpenAI, `images.edit`: a form with a small picture there, the picture as text in JSON back."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import openai

from benchmarks.peers.peer import KEY, PROMPT, Peer, Place

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{place.url}/v1") as client:
        yield _OpenaiEdit(client, place.picture.read_bytes())


class _OpenaiEdit(Peer):
    def __init__(self, client: openai.AsyncOpenAI, picture: bytes) -> None:
        self._client = client
        self._file = ("fox.png", picture, "image/png")

    async def small(self) -> int:
        reply = await self._client.images.edit(model="gpt-image-1", image=self._file, prompt=PROMPT)
        return len(base64.b64decode(reply.data[0].b64_json))

    async def upload(self, path: Path) -> int:
        reply = await self._client.images.edit(model="gpt-image-1", image=path, prompt=PROMPT)
        return len(base64.b64decode(reply.data[0].b64_json))
