"""What limiter and ledger add to a call, for each store, as a share of a bare call of httpx over a socket.

Not of a call of the SDK's: that has become three times as fast, and shares of it would tell of that.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import httpx

from benchmarks.loopback import loopback
from benchmarks.redis_process import redis_process
from benchmarks.report import Figure
from imagine_async import TextToImage
from imagine_async.call import Call, Handler, Result
from imagine_async.clock import SYSTEM_CLOCK
from imagine_async.errors import Outcome
from imagine_async.middleware.base import Middleware, attempt_steps, chain
from imagine_async.middleware.credits import Credits
from imagine_async.middleware.ledger import Ledger
from imagine_async.middleware.limiter import RateLimiter
from imagine_async.prices import PriceList
from imagine_async.results import Image
from imagine_async.stores import Budget, MemoryStore, RateLimit, Store
from imagine_async.stores.opening import open_store

__all__ = ["measure_costs"]

_CALLS = 500
_ROUNDS = 7
_REQUEST = TextToImage(prompt="a fox", seed=1)
_IMAGE = Image(content=b"", format="png", width=1, height=1, request=_REQUEST)
# So many that nobody ever waits.
_LIMIT = RateLimit(1_000_000, 1.0, burst=1_000_000)
_FORM = b"a form of some fields" * 20
_BUDGETS = (Budget(1e12), Budget(1e12, scope="day"))


def measure_costs() -> list[Figure]:
    """Measure bare calls and each layer's addition by turns, in one process."""
    with loopback() as server, tempfile.TemporaryDirectory() as folder, redis_process(Path(folder)) as redis:
        return anyio.run(_measure, server.url, f"sqlite:{folder}/books.db", redis)


async def _measure(url: str, sqlite: str, redis: str) -> list[Figure]:
    memory = MemoryStore()
    on_disk, remote = open_store(sqlite, clock=SYSTEM_CLOCK), open_store(redis, clock=SYSTEM_CLOCK)
    layers: list[tuple[str, float, Handler]] = [
        ("limiter in memory", 3.0, _handler(_limiter(memory))),
        ("ledger in memory", 7.5, _handler(_credits(memory))),
        ("limiter in SQLite", 75.0, _handler(_limiter(on_disk))),
        ("ledger in SQLite", 75.0, _handler(_credits(on_disk))),
        ("both in SQLite", 150.0, _handler(_credits(on_disk), _limiter(on_disk))),
        ("limiter in Redis", 150.0, _handler(_limiter(remote))),
        ("ledger in Redis", 150.0, _handler(_credits(remote))),
        ("both in Redis", 300.0, _handler(_credits(remote), _limiter(remote))),
    ]
    async with httpx.AsyncClient(base_url=url) as client:

        async def send(call: Call) -> Result:
            (await client.post("/", content=_FORM)).raise_for_status()
            return _IMAGE

        rounds = [
            [await _median(handler) for handler in (send, _answer, *(layer for _, _, layer in layers))]
            for _ in range(_ROUNDS)
        ]
    await on_disk.aclose()
    await remote.aclose()
    bare = statistics.median(each[0] for each in rounds)
    print(f"a bare call of httpx over a socket takes {1e6 * bare:.0f} µs at the median")
    return [
        Figure(
            f"{name}: {1e6 * statistics.median(each[2 + number] - each[1] for each in rounds):.1f} µs a call",
            "% of a bare call",
            [100 * (each[2 + number] - each[1]) / each[0] for each in rounds],
            target=target,
        )
        for number, (name, target, _) in enumerate(layers)
    ]


def _handler(*middleware: Middleware) -> Handler:
    return chain(attempt_steps(middleware), _answer)


def _limiter(store: Store) -> RateLimiter:
    return RateLimiter(_LIMIT, store=store, account="benchmark", clock=SYSTEM_CLOCK)


def _credits(store: Store) -> Credits:
    return Credits(Ledger(store, "benchmark", budgets=_BUDGETS), PriceList.documented())


async def _answer(call: Call) -> Result:
    call.outcome = Outcome.COMPLETED
    return _IMAGE


async def _median(handler: Callable[[Call], Awaitable[Result]]) -> float:
    """Make calls one after the other; return the seconds of the one in the middle."""
    calls = [Call(request=_REQUEST, deadline=SYSTEM_CLOCK.now() + 300, attempt=1) for _ in range(_CALLS)]
    seconds = []
    gc.collect()
    for call in calls:
        begin = time.perf_counter()
        await handler(call)
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)
