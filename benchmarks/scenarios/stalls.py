"""How long the event loop is kept from other work while large replies go to disk."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

import anyio
import httpx
from attrs import frozen

from benchmarks.heartbeat import heartbeat
from benchmarks.loopback import loopback
from benchmarks.report import Figure
from benchmarks.scenarios.full_client import foxes, full_client
from benchmarks.targets import ratio
from imagine_async import AsyncImagine

__all__ = ["measure_stalls", "over_median"]

_ROUNDS = 7
_CALLS = 100
_REPLY_BYTES = 4_000_000
_WIDE = 16
_FORM = {"prompt": (None, "a red fox")}


def measure_stalls() -> list[Figure]:
    """Store replies and throw the same ones away, by turns, on one loop."""
    with loopback(reply_bytes=_REPLY_BYTES) as server:
        rounds = anyio.run(_rounds, server.url)
    stored = [each.stored for each in rounds]
    name = f"{_CALLS} replies of 4 MB to disk, {_WIDE} wide, worst stall of the loop"
    return [
        Figure(name, "ms", stored),
        ratio(
            "stalls.over_dropping",
            f"{name}, over that of dropping them",
            over_median(stored, [each.dropped for each in rounds]),
        ),
        Figure(
            f"{name}, over that of httpx reading them by hand", "x", over_median(stored, [each.raw for each in rounds])
        ),
    ]


def over_median(values: list[float], others: list[float]) -> list[float]:
    """Divide by the median of others: the worst moment of a run is too rare a thing to divide by that of one other run.

    Args:
        values: What to divide.
        others: What was measured beside it.
    """
    base = statistics.median(others)
    return [value / base for value in values]


@frozen
class _Round:
    """Worst stalls, in milliseconds."""

    stored: float
    dropped: float
    raw: float


async def _rounds(url: str) -> list[_Round]:
    limits = httpx.Limits(max_connections=_WIDE)
    async with full_client(url, wide=_WIDE) as client, httpx.AsyncClient(limits=limits, timeout=60) as bare:
        await _round(client, bare, url)
        return [await _round(client, bare, url) for _ in range(_ROUNDS)]


async def _round(client: AsyncImagine, bare: httpx.AsyncClient, url: str) -> _Round:
    # The folder goes outside of what is measured: nobody removes 400 MB on the loop.
    with tempfile.TemporaryDirectory() as folder:
        stored = await _worst(partial(_store, client, folder))
    return _Round(stored, await _worst(partial(_drop, client)), await _worst(partial(_read, bare, url)))


async def _worst(work: Callable[[], Awaitable[None]]) -> float:
    async with heartbeat() as gaps:
        await work()
    return 1000 * max(gaps)


async def _store(client: AsyncImagine, folder: str) -> None:
    summary = await client.batch(foxes(_CALLS), out=folder, concurrency=_WIDE).run()
    assert summary.is_complete


async def _drop(client: AsyncImagine) -> None:
    async for _, result in client.generate_many(foxes(_CALLS), concurrency=_WIDE):
        assert not isinstance(result, Exception)


async def _read(bare: httpx.AsyncClient, url: str) -> None:
    numbers = iter(range(_CALLS))
    async with anyio.create_task_group() as group:
        for _ in range(_WIDE):
            group.start_soon(_read_some, bare, url, numbers)


async def _read_some(bare: httpx.AsyncClient, url: str, numbers: Iterator[int]) -> None:
    for _ in numbers:
        async with bare.stream("POST", url, files=_FORM) as response:
            async for _ in response.aiter_raw():
                pass
