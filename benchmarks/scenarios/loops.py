"""What other machinery below the SDK brings: uvloop as its event loop, aiohttp's connections in place of its own."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Coroutine
from functools import partial
from importlib.util import find_spec
from typing import Any

import httpx
import uvloop

from benchmarks.loopback import loopback
from benchmarks.report import Figure
from benchmarks.scenarios.full_client import foxes, full_client
from benchmarks.turns import by_turns
from imagine_async import AsyncImagine

__all__ = ["measure_loops"]

_ROUNDS = 7
_WIDE = 100
_CALLS = 1_500
_TURN = 0.3

_Begin = Callable[[], None]
_Run = Callable[[Coroutine[Any, Any, None]], None]


def measure_loops() -> list[Figure]:
    """Make the same calls with each, by turns; aiohttp only where it is installed."""
    with loopback() as server:
        plain, fast = (partial(_work, server.url, run) for run in (asyncio.run, uvloop.run))
        figures = [_times_as_many("uvloop over asyncio", fast, plain)]
        if find_spec("httpx_aiohttp") is not None:
            figures.append(
                _times_as_many("aiohttp's connections over the SDK's own", partial(_with_aiohttp, server.url), plain)
            )
    return figures


def _times_as_many(name: str, work: Callable[[_Begin], None], base: Callable[[_Begin], None]) -> Figure:
    pairs = [by_turns([work, base], turn_seconds=_TURN) for _ in range(_ROUNDS)]
    rates = [usual.seconds / other.seconds for other, usual in pairs]
    return Figure(f"calls a second, {_WIDE} wide, {name}", "x", rates)


def _work(url: str, run: _Run, begin: _Begin) -> None:
    async def calls() -> None:
        async with full_client(url, wide=_WIDE) as client:
            await _calls(client, begin)

    run(calls())


def _with_aiohttp(url: str, begin: _Begin) -> None:
    aiohttp: Any = importlib.import_module("httpx_aiohttp")
    limits = httpx.Limits(max_connections=_WIDE, max_keepalive_connections=_WIDE)

    async def calls() -> None:
        async with (
            httpx.AsyncClient(transport=aiohttp.AiohttpTransport(limits=limits)) as connections,
            full_client(url, wide=_WIDE, http_client=connections) as client,
        ):
            await _calls(client, begin)

    asyncio.run(calls())


async def _calls(client: AsyncImagine, begin: _Begin) -> None:
    await _generate(client, _WIDE)
    begin()
    await _generate(client, _CALLS)


async def _generate(client: AsyncImagine, calls: int) -> None:
    async for _, result in client.generate_many(foxes(calls), concurrency=_WIDE):
        assert not isinstance(result, Exception)
