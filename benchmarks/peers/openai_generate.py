"""The client of OpenAI, `images.generate`: JSON there, the picture as text in JSON back."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncGenerator

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
        yield _OpenaiGenerate(client)


class _OpenaiGenerate(Peer):
    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client

    async def small(self) -> int:
        reply = await self._client.images.generate(model="gpt-image-1", prompt=PROMPT, size="1024x1024")
        return len(base64.b64decode(reply.data[0].b64_json))
