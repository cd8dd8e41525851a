"""What memory many large replies need on their way to disk; `IMAGINE_BENCH_CALLS` sets how many (5,000 in full)."""

from __future__ import annotations

import os
import tempfile

import anyio

from benchmarks.loopback import loopback
from benchmarks.report import Figure
from benchmarks.scenarios.child import in_child, memory_now, peak_since
from benchmarks.scenarios.full_client import foxes, full_client
from benchmarks.targets import targeted

__all__ = ["measure_memory"]

_CALLS = int(os.environ.get("IMAGINE_BENCH_CALLS", "1000"))
_ROUNDS = 5
_REPLY_BYTES = 1_000_000
_WIDE = 200


def measure_memory() -> list[Figure]:
    """Store a batch of large replies in a folder, each time in a process of its own."""
    with loopback(reply_bytes=_REPLY_BYTES) as server:
        grown = [in_child(_grown, server.url)[0] for _ in range(_ROUNDS)]
    name = f"{_CALLS:,} replies of 1 MB to disk, {_WIDE} wide, peak memory over the idle client"
    return [targeted("memory.over_idle", name, "MB", grown)]


def _grown(url: str) -> list[float]:
    return anyio.run(_store, url)


async def _store(url: str) -> list[float]:
    async with full_client(url, wide=_WIDE) as client:
        await client.text_to_image("a red fox")
        idle = memory_now()
        with tempfile.TemporaryDirectory() as folder:
            summary = await client.batch(foxes(_CALLS), out=folder, concurrency=_WIDE).run()
        assert summary.is_complete
        return [peak_since(idle)]
