"""A heartbeat that tells how long the event loop was kept from other work."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator

import anyio
import anyio.lowlevel

__all__ = ["heartbeat"]


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncGenerator[list[float], None]:
    """Collect the times between two turns of a task that is always ready to run, until the block ends.

    Yields:
        Seconds; the greatest of them is the worst stall.
    """
    gaps: list[float] = []

    async def beat() -> None:
        last = time.perf_counter()
        while True:
            await anyio.lowlevel.checkpoint()
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    async with anyio.create_task_group() as group:
        group.start_soon(beat)
        yield gaps
        group.cancel_scope.cancel()
