"""The vendor's own client, which has no async calls: each waits in a thread."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

import imagine
from imagine.remote._imagine.http_client import RequestClient

from benchmarks.peers.peer import KEY, PROMPT, Peer, Place

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    # There is no option for it.
    RequestClient._RequestClient__base_url = place.url
    with ThreadPoolExecutor(place.wide) as threads:
        yield _ImaginesdkThreads(imagine.Imagine(KEY), threads)


class _ImaginesdkThreads(Peer):
    def __init__(self, client: imagine.Imagine, threads: ThreadPoolExecutor) -> None:
        self._client = client
        self._threads = threads

    async def small(self) -> int:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._generate)

    def _generate(self) -> int:
        response = self._client.generations(PROMPT, seed=1)
        return len(response.get_or_throw().bytes)
