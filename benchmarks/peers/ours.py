"""The SDK with everything on: retries, a rate limit, a budget with its books, and an observer of all events."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from benchmarks.peers.peer import KEY, PROMPT, Peer, Place
from imagine_async import AsyncImagine, open_sink
from imagine_async.batch.deriving import derived_client
from imagine_async.batch.sinks.base import Sink

__all__ = ["open_peer"]


@contextlib.asynccontextmanager
async def open_peer(place: Place) -> AsyncGenerator[Peer, None]:
    """Open it.

    Args:
        place: Where it works.
    """
    seen: deque[Any] = deque(maxlen=100)
    async with AsyncImagine(
        KEY,
        base_url=place.url,
        rate_limit="1000000/s",
        budget=1e12,
        # Nobody published what enlarging costs.
        unpriced="allow",
        concurrency=None,
        max_connections=place.wide,
        observers=[seen.append],
    ) as client:
        yield _Ours(client)


class _Ours(Peer):
    def __init__(self, client: AsyncImagine) -> None:
        self._client = client
        self._rows: tuple[AsyncImagine, Sink] | None = None

    async def small(self) -> int:
        image = await self._client.text_to_image(PROMPT, style="realistic")
        return len(image.content)

    async def to_disk(self, path: Path) -> int:
        """Do what a batch does with a row: large replies go to a spool in the folder, which the sink then names."""
        client, sink = self._rows = self._rows or _as_in_a_batch(self._client, path.parent)
        image = await client.text_to_image(PROMPT, style="realistic")
        stored = await sink.put(path.name, ".png", image.body, media_type="image/png", facts=b"{}")
        return stored.size

    async def upload(self, path: Path) -> int:
        image = await self._client.upscale(path)
        return len(image.content)


def _as_in_a_batch(client: AsyncImagine, folder: Path) -> tuple[AsyncImagine, Sink]:
    sink = open_sink(folder, on_collision="replace", sync=False, metadata="none")
    derived = derived_client(
        client, "benchmark", outer=(), inner=(), observer=lambda event: None, budget=None, make_spool=sink.spool
    )
    return derived, sink
