"""What the sync facade costs against the async client, and one sync call beside what others do for one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import httpx
import imagine
from imagine.remote._imagine.http_client import RequestClient

from benchmarks.loopback import loopback
from benchmarks.report import Figure
from benchmarks.scenarios.full_client import KEY, foxes, full_client, full_options
from benchmarks.targets import ratio, targeted
from benchmarks.turns import Cost, by_turns
from imagine_async import Imagine

__all__ = ["measure_sync_facade", "microseconds_a_call"]

_ROUNDS = 7
_WIDE = 100
_MANY = 1_500
_TURN_OF_MANY = 0.3
_CALLS = 600
_CALLS_OF_THE_VENDORS = 200
"""Each of them opens a connection, and takes longer."""

_Begin = Callable[[], None]


def measure_sync_facade() -> list[Figure]:
    """Make the same calls in every way, by turns."""
    with loopback() as server:
        return [_many(server.url), *_one_by_one(server.url)]


def microseconds_a_call(cost: Cost, calls: int) -> float:
    """Spread a cost over calls.

    Args:
        cost: What all of them took.
        calls: How many there were.
    """
    return 1e6 * cost.cpu_seconds / calls


def _many(url: str) -> Figure:
    works = [partial(_many_sync, url), partial(_many_async, url)]
    pairs = [by_turns(works, turn_seconds=_TURN_OF_MANY) for _ in range(_ROUNDS)]
    rates = [awaited.seconds / sync.seconds for sync, awaited in pairs]
    return ratio(
        "sync_facade.over_async",
        f"generate_many of the sync facade, {_WIDE} wide, calls a second over the async client's",
        rates,
    )


def _many_sync(url: str, begin: _Begin) -> None:
    with Imagine(KEY, **full_options(url, wide=_WIDE)) as client:
        list(client.generate_many(foxes(_WIDE), concurrency=_WIDE))
        begin()
        for _, result in client.generate_many(foxes(_MANY), concurrency=_WIDE):
            assert not isinstance(result, Exception)


def _many_async(url: str, begin: _Begin) -> None:
    async def run() -> None:
        async with full_client(url, wide=_WIDE) as client:
            async for _ in client.generate_many(foxes(_WIDE), concurrency=_WIDE):
                pass
            begin()
            async for _, result in client.generate_many(foxes(_MANY), concurrency=_WIDE):
                assert not isinstance(result, Exception)

    anyio.run(run)


def _one_by_one(url: str) -> list[Figure]:
    works = [partial(work, url) for work in (_sync, _awaited, _with_httpx, _with_the_vendors)]
    counts = (_CALLS, _CALLS, _CALLS, _CALLS_OF_THE_VENDORS)
    rounds = [tuple(map(microseconds_a_call, by_turns(works), counts)) for _ in range(_ROUNDS)]
    added = [sync - awaited for sync, awaited, _, _ in rounds]
    times_httpx = [sync / by_hand for sync, _, by_hand, _ in rounds]
    times_theirs = [sync / theirs for sync, _, _, theirs in rounds]
    return [
        targeted("sync_facade.added", "a sync call, CPU time over an awaited one", "µs", added),
        Figure("a sync call, CPU time against httpx.Client", "x", times_httpx),
        Figure("a sync call, CPU time against the vendor's client", "x", times_theirs),
    ]


def _sync(url: str, begin: _Begin) -> None:
    with Imagine(KEY, **full_options(url, wide=1)) as client:
        client.text_to_image("a red fox")
        begin()
        for _ in range(_CALLS):
            client.text_to_image("a red fox")


def _awaited(url: str, begin: _Begin) -> None:
    async def run() -> None:
        async with full_client(url, wide=1) as client:
            await client.text_to_image("a red fox")
            begin()
            for _ in range(_CALLS):
                await client.text_to_image("a red fox")

    anyio.run(run)


def _with_httpx(url: str, begin: _Begin) -> None:
    form = {"prompt": (None, "a red fox"), "style": (None, "realistic"), "seed": (None, "7")}
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        client.post("/image/generations", files=form).raise_for_status()
        begin()
        for _ in range(_CALLS):
            client.post("/image/generations", files=form).raise_for_status()


def _with_the_vendors(url: str, begin: _Begin) -> None:
    # Nothing else sets where it goes.
    RequestClient._RequestClient__base_url = url
    client: Any = imagine.Imagine(KEY)
    assert client.generations("a red fox").data is not None
    begin()
    for _ in range(_CALLS_OF_THE_VENDORS):
        client.generations("a red fox")
