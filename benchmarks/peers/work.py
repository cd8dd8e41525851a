"""Calls that so many workers make, as often as they are told, and what that took."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from benchmarks.peers.peer import Peer

__all__ = ["Answer", "Order", "carry_out"]

_WARM_UP_SECONDS = 10.0


class Order(TypedDict):
    """What a peer is told to do."""

    do: str
    """`small`, `to_disk` or `upload`."""
    count: int
    """Calls."""
    wide: int
    """Calls at once."""
    seconds: float
    """After so many, no call is begun any more."""
    folder: str
    """Where files go; the picture to upload lies there too."""


class Answer(TypedDict):
    """What it took."""

    seconds: float
    cpu_seconds: float
    calls: int
    """Those that were made, without those that failed."""
    failed: int
    bytes: int
    """Of all pictures that came back."""
    latency: float
    """Of the call in the middle, in seconds."""
    error: str
    """The last one; empty where there was none."""


@dataclass
class _Tally:
    left: int
    end: float
    latencies: list[float] = field(default_factory=list)
    size: int = 0
    failed: int = 0
    error: str = ""


async def carry_out(peer: Peer, order: Order) -> Answer:
    """Warm up, so that all connections are open, and do what is ordered.

    Args:
        peer: Who makes the calls.
        order: What to do.
    """
    await _calls(peer, order, count=order["wide"], seconds=min(order["seconds"], _WARM_UP_SECONDS))
    gc.collect()
    start, cpu_start = time.perf_counter(), time.process_time()
    tally = await _calls(peer, order, count=order["count"], seconds=order["seconds"])
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    return Answer(
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        calls=len(tally.latencies),
        failed=tally.failed,
        bytes=tally.size,
        latency=statistics.median(tally.latencies or [0.0]),
        error=tally.error,
    )


async def _calls(peer: Peer, order: Order, *, count: int, seconds: float) -> _Tally:
    tally = _Tally(count, time.perf_counter() + seconds)
    workers = min(order["wide"], count)
    await asyncio.gather(*(_work(_call(peer, order, number), tally) for number in range(workers)))
    return tally


def _call(peer: Peer, order: Order, worker: int) -> Callable[[], Awaitable[int]]:
    """Return what a worker does again and again; where it writes a file, that is always the same one."""
    folder = Path(order["folder"])
    if order["do"] == "small":
        return peer.small
    if order["do"] == "to_disk":
        return lambda: peer.to_disk(folder / str(worker))
    return lambda: peer.upload(folder / "picture.png")


async def _work(call: Callable[[], Awaitable[int]], tally: _Tally) -> None:
    begin = time.perf_counter()
    while tally.left and begin < tally.end:
        tally.left -= 1
        try:
            size = await call()
        except Exception as error:
            # Some cannot do what others can, and that is counted.
            tally.failed += 1
            tally.error = repr(error)
            begin = time.perf_counter()
        else:
            end = time.perf_counter()
            tally.latencies.append(end - begin)
            tally.size += size
            begin = end
