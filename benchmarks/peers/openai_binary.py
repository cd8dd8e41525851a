"""The client of OpenAI with the bare picture back: its own post, without the coding as text that its API asks for."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import openai
from openai._legacy_response import HttpxBinaryResponseContent

from benchmarks.peers.peer import FIELDS, KEY, PATH, Peer, Place

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    async with openai.AsyncOpenAI(api_key=KEY, base_url=place.url) as client:
        yield _OpenaiBinary(client)


class _OpenaiBinary(Peer):
    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client

    async def small(self) -> int:
        reply = await self._client.post(PATH, body=FIELDS, cast_to=HttpxBinaryResponseContent)
        return len(reply.content)
