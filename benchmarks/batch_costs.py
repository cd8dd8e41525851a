"""What a batch adds to its calls: the journal to the batch, and the batch to many calls without one."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Literal

import anyio

from benchmarks.instant_app import INSTANT_PICTURE, instant_client
from benchmarks.latency_server import latency_server
from benchmarks.report import Figure
from imagine_async import AsyncImagine, RateLimit, TextToImage

__all__ = ["measure_batch_costs"]

_ROUNDS = 9
_ROWS = 2_500
_WIDE = 256
_LATENCY = 0.02
_VERY_WIDE = 500
_CALLS = 1_500
_CALLS_PER_SECOND = 300
_PACED_ROWS = 3_000
_PACED_WIDE = 64
_PACED_ROUNDS = 3


def measure_batch_costs() -> list[Figure]:
    """Measure with and without by turns, in one process."""
    with tempfile.TemporaryDirectory() as folder:
        journals = (Path(folder, f"{number}.sqlite") for number in itertools.count())
        with latency_server(INSTANT_PICTURE, seconds=_LATENCY) as url:
            return [
                *anyio.run(_journal_costs, journals),
                anyio.run(_batch_costs, journals, url),
                *anyio.run(_pace, journals),
            ]


async def _journal_costs(journals: Iterator[Path]) -> list[Figure]:
    bare: list[tuple[float, float]] = []
    kept: list[tuple[float, float]] = []
    async with instant_client() as client:
        await _run(client, _ROWS, next(journals), _WIDE)
        for _ in range(_ROUNDS):
            bare.append(await _timed(lambda: _run(client, _ROWS, False, _WIDE)))
            kept.append(await _timed(lambda: _run(client, _ROWS, next(journals), _WIDE)))
    (wall, cpu), (wall_kept, cpu_kept) = _best(bare), _best(kept)
    print(f"a row of a bare batch takes {1e6 * wall / _ROWS:.0f} µs, {1e6 * cpu / _ROWS:.0f} µs of CPU")
    return [
        Figure("the journal of a batch, in time", "% of a bare batch", [100 * (wall_kept / wall - 1)], target=15),
        Figure("the journal of a batch, in CPU time", "% of a bare batch", [100 * (cpu_kept / cpu - 1)], target=20),
    ]


async def _batch_costs(journals: Iterator[Path], url: str) -> Figure:
    many: list[tuple[float, float]] = []
    batch: list[tuple[float, float]] = []
    async with AsyncImagine(
        "vk-benchmark", base_url=url, rate_limit=None, concurrency=None, max_connections=_VERY_WIDE
    ) as client:
        await _generate_many(client, _VERY_WIDE)
        for _ in range(_ROUNDS):
            many.append(await _timed(lambda: _generate_many(client, _CALLS)))
            batch.append(await _timed(lambda: _run(client, _CALLS, next(journals), _VERY_WIDE)))
    (seconds, _), (seconds_of_batch, _) = _best(many), _best(batch)
    print(f"generate_many makes {_CALLS / seconds:.0f} calls a second at {1000 * _LATENCY:g} ms, {_VERY_WIDE} wide")
    slower = 100 * (1 - seconds / seconds_of_batch)
    return Figure("a batch with a journal, 500 wide", "% fewer calls a second than generate_many", [slower], target=10)


def _best(runs: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the least of the seconds and of the CPU seconds: what comes on top is another program's doing."""
    return min(wall for wall, _ in runs), min(cpu for _, cpu in runs)


async def _pace(journals: Iterator[Path]) -> list[Figure]:
    """Run rows at a limit; without bursts the n-th leaves (n - 1) intervals after the first.

    A window is a little longer than the server's, by 1.5 % of a second, and by a tenth of a second at most; and in
    short ones calls that leave a few milliseconds late move those behind them.
    """
    limits = (
        (RateLimit(60 * _CALLS_PER_SECOND, 60.0, burst=1), 2.0),
        (RateLimit(_CALLS_PER_SECOND, 1.0, burst=1), 8.0),
    )
    return [await _paced(limit, journals, target) for limit, target in limits]


async def _paced(limit: RateLimit, journals: Iterator[Path], target: float) -> Figure:
    runs = []
    for _ in range(_PACED_ROUNDS):
        async with instant_client(rate_limit=limit) as client:
            runs.append(await _timed(lambda: _run(client, _PACED_ROWS, next(journals), _PACED_WIDE)))
    off = 100 * abs(_best(runs)[0] / (_PACED_ROWS / _CALLS_PER_SECOND) - 1)
    name = f"{_PACED_ROWS} rows at {_CALLS_PER_SECOND} a second, in windows of {limit.seconds:g} s"
    return Figure(name, "% off rows by rate", [off], target=target)


async def _run(client: AsyncImagine, rows: int, journal: Path | Literal[False], wide: int) -> None:
    async for result in client.batch(_requests(rows), journal=journal, concurrency=wide):
        assert result.is_done


async def _generate_many(client: AsyncImagine, calls: int) -> None:
    async for _, result in client.generate_many(_requests(calls), concurrency=_VERY_WIDE):
        assert not isinstance(result, Exception)


def _requests(number: int) -> Iterator[TextToImage]:
    return (TextToImage(prompt=f"a red fox, number {place}", seed=1 + place) for place in range(number))


async def _timed(work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Return the seconds that something takes, and those of CPU."""
    start, cpu = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - start, time.process_time() - cpu
