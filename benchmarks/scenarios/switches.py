"""What each middleware adds to a call, switched on alone, and all together: CPU time over a client with none."""

from __future__ import annotations

import gc
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio

from benchmarks.loopback import loopback
from benchmarks.outcome import Extent, Outcome
from benchmarks.scenarios.full_client import KEY, foxes, full_options
from benchmarks.tables import Line, Table
from benchmarks.targets import ratio
from imagine_async import NO_RETRY, AsyncImagine, Cache, Concurrency, RetryBudget, RetryPolicy, SingleFlight

__all__ = ["measure_switches"]

_CALLS = 100
_ROUNDS = 21
_NOTHING: Mapping[str, Any] = {
    "rate_limit": None,
    "retry": NO_RETRY,
    "retry_budget": None,
    "concurrency": None,
    "max_connections": 1,
}
_LOG = "a line in the log"
_EVERYTHING = "limit, budget, retries, bound, events"


def measure_switches(extent: Extent) -> Outcome:
    """Make calls one after the other by clients that differ in one thing, by turns in one process.

    Args:
        extent: How much; it is always the same here.
    """
    with loopback() as server, tempfile.TemporaryDirectory() as folder, _log_in(Path(folder, "log")) as log:
        rounds = anyio.run(_rounds, server.url, folder, log)
    names = [name for name in rounds[0] if name != "nothing"]
    ratios = {name: [each[name] / each["nothing"] for each in rounds] for name in names}
    middle = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    lines = [_line(name, middle[name], ratios.get(name, [1.0])) for name in middle]
    figure = ratio(
        "switches.everything", "CPU of a call with everything on, over one with nothing", ratios[_EVERYTHING]
    )
    return Outcome([figure], [Table("switches", "What each middleware takes", _COLUMNS, lines)])


_COLUMNS = ("switched on", "µs CPU/call", "over nothing", "range")


@contextmanager
def _log_in(path: Path) -> Iterator[logging.Logger]:
    """Have what the SDK logs written to a file, once its level is lowered."""
    logger, handler = logging.getLogger("imagine_async"), logging.FileHandler(path)
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
        handler.close()


def _clients(url: str, folder: str) -> dict[str, AsyncImagine]:
    full = full_options(url, wide=1)
    switches: dict[str, dict[str, Any]] = {
        "nothing": {},
        "rate limit": {"rate_limit": full["rate_limit"]},
        "budget": {"budget": full["budget"]},
        "retries": {"retry": RetryPolicy(), "retry_budget": RetryBudget()},
        "bound of calls in flight": {"concurrency": Concurrency()},
        "an observer": {"observers": full["observers"]},
        _LOG: {},
        _EVERYTHING: {
            "rate_limit": full["rate_limit"],
            "budget": full["budget"],
            "retry": RetryPolicy(),
            "retry_budget": RetryBudget(),
            "concurrency": Concurrency(),
            "observers": full["observers"],
        },
        "single flight": {"middleware": [SingleFlight()]},
        "cache on disk, nothing found": {"middleware": [Cache(folder)]},
    }
    return {name: AsyncImagine(KEY, base_url=url, **{**_NOTHING, **options}) for name, options in switches.items()}


async def _rounds(url: str, folder: str, log: logging.Logger) -> list[dict[str, float]]:
    async with AsyncExitStack() as stack:
        clients = _clients(url, folder)
        for client in clients.values():
            await stack.enter_async_context(client)
        # Every request once: the cache must find nothing.
        requests = foxes(len(clients) * _CALLS * (_ROUNDS + 1))

        async def cost(name: str) -> float:
            log.setLevel(logging.INFO if name == _LOG else logging.WARNING)
            return await _cost(clients[name], requests)

        every = [{name: await cost(name) for name in clients} for _ in range(_ROUNDS + 1)]
    return every[1:]


async def _cost(client: AsyncImagine, requests: Any) -> float:
    """Return the µs of CPU time of a call."""
    gc.collect()
    began = time.process_time()
    for _ in range(_CALLS):
        await client.send(next(requests))
    return 1e6 * (time.process_time() - began) / _CALLS


def _line(name: str, middle: float, ratios: list[float]) -> Line:
    cells = [name, f"{middle:,.0f}", f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"]
    return Line(name, False, middle, cells)
