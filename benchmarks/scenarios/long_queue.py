"""Whether a long queue takes more memory than a short one; `IMAGINE_BENCH_ROWS` sets how long (1,000,000 in full)."""

from __future__ import annotations

import gc
import os
import sys

import anyio

from benchmarks.loopback import loopback
from benchmarks.report import Figure
from benchmarks.scenarios.child import in_child, memory_now, peak_since
from benchmarks.scenarios.full_client import foxes, full_client
from benchmarks.targets import targeted
from imagine_async import AsyncImagine

__all__ = ["measure_queue", "rounds_of"]

_SHORT = 1_000
_LONG = int(os.environ.get("IMAGINE_BENCH_ROWS", "10000"))
_WIDE = 100
_ROUNDS = 5
_ITEMS_IN_ALL = 50_000


def measure_queue() -> list[Figure]:
    """Work a short queue off, and then a long one with the same client, each time in a process of its own."""
    with loopback() as server:
        rounds = [in_child(_grown, server.url) for _ in range(rounds_of(_LONG))]
    name = f"a queue of {_LONG:,}, {_WIDE} wide"
    return [
        targeted("queue.memory", f"{name}, peak memory over one of {_SHORT:,}", "MB", [grown for grown, _ in rounds]),
        # Memory rises by whole pages, so that a little of it cannot be carried on to a million; these can.
        targeted("queue.blocks", f"{name}, blocks of memory that each item leaves", "", [left for _, left in rounds]),
    ]


def rounds_of(items: int) -> int:
    """Tell how often to work a queue off, so that it ends some time.

    Args:
        items: How long the queue is.
    """
    return max(1, min(_ROUNDS, _ITEMS_IN_ALL // items))


def _grown(url: str) -> list[float]:
    return anyio.run(_work_off, url)


async def _work_off(url: str) -> list[float]:
    async with full_client(url, wide=_WIDE) as client:
        idle = memory_now()
        await _generate(client, _SHORT)
        short, blocks = peak_since(idle), _blocks()
        await _generate(client, _LONG)
        return [peak_since(idle) - short, (_blocks() - blocks) / _LONG]


async def _generate(client: AsyncImagine, items: int) -> None:
    async for _, result in client.generate_many(foxes(items), concurrency=_WIDE):
        assert not isinstance(result, Exception)


def _blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()
