"""Clients whose store or clock makes trouble while they call a real server, judged by its count and its rate limit."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from attrs import define, field

from imagine_async import AsyncImagine, Event, ImagineError, Outcome, RateLimitedError, StoreError
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.stores import RateLimit
from imagine_async.stores.sqlite import SqliteStore
from tests.redis_server import RedisServer, redis_server
from tests.sandbox_process import FLAT_ENGINE, SandboxProcess, sandbox_process

pytestmark = pytest.mark.anyio

CALLS = 120
LIMIT = RateLimit(40, 1.0, burst=10)
WIDTH = 25
TROUBLE_AFTER = 30
# A server that has just started is slow to see the first calls, and then takes those of the next window for too early.
MOST_REFUSED = 5


@pytest.fixture
def server() -> Iterator[SandboxProcess]:
    """A server that refuses what goes beyond the limit."""
    with sandbox_process(*FLAT_ENGINE, f"{LIMIT.calls}/s") as server:
        yield server


@define
class Seen:
    """What became of calls.

    Args:
        done: Pictures.
        errors: Why others failed.
        refused: Attempts that the server refused for coming too fast.
        enough: Is set when so many calls are done that trouble may begin.
    """

    done: int = 0
    errors: list[ImagineError] = field(factory=list)
    refused: int = 0
    enough: anyio.Event = field(factory=anyio.Event)

    def observe(self, event: Event) -> None:
        """Count refusals that a retry hides, and calls that are done."""
        self.refused += event.kind in ("retrying", "failed") and isinstance(event.error, RateLimitedError)
        self.done += event.kind == "finished"
        if self.done >= TROUBLE_AFTER:
            self.enough.set()


async def run_through(client: AsyncImagine, seen: Seen, trouble: Callable[[], object]) -> None:
    """Make all calls, not quite all at once, and trouble in the middle of them."""
    width = anyio.CapacityLimiter(WIDTH)

    async def call() -> None:
        try:
            async with width:
                await client.text_to_image("a fox")
        except ImagineError as error:
            seen.errors.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(CALLS):
            group.start_soon(call)
        await seen.enough.wait()
        await anyio.to_thread.run_sync(trouble)


@contextlib.asynccontextmanager
async def calling(server: SandboxProcess, store: Any, seen: Seen, **options: Any) -> AsyncIterator[AsyncImagine]:
    client = AsyncImagine(
        server.key, base_url=server.base_url, store=store, rate_limit=LIMIT, observers=[seen.observe], **options
    )
    async with client:
        yield client


def judge_all_done(server: SandboxProcess, seen: Seen) -> None:
    assert (seen.errors, seen.done, server.calls()) == ([], CALLS, CALLS)
    assert seen.refused <= MOST_REFUSED


async def test_redis_that_is_killed_and_comes_back(server: SandboxProcess, tmp_path: Path) -> None:
    """While Redis is away calls wait; afterwards all are done, none too fast, and the books are the server's."""
    seen = Seen()
    with redis_server(tmp_path) as redis:

        def trouble() -> None:
            redis.kill()
            redis.start()

        async with calling(server, redis.url, seen) as client:
            await run_through(client, seen, trouble)
            usage = await client.usage()
    judge_all_done(server, seen)
    assert (usage.calls, usage.tokens, usage.held, usage.reserved) == (CALLS, CALLS, 0, 0)


async def test_sqlite_that_is_locked_for_a_while(server: SandboxProcess, tmp_path: Path) -> None:
    """While another program has the file locked calls wait; afterwards all is as if nothing had been."""
    seen, path = Seen(), tmp_path / "books.db"

    def trouble() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(0.5)
        connection.execute("ROLLBACK")
        connection.close()

    async with calling(server, f"sqlite:{path}", seen) as client:
        await run_through(client, seen, trouble)
        usage = await client.usage()
    judge_all_done(server, seen)
    assert (usage.calls, usage.tokens, usage.held, usage.reserved) == (CALLS, CALLS, 0, 0)


def judge_refused(server: SandboxProcess, seen: Seen) -> None:
    """Nothing was sent without books: what the server charged, the client knows of."""
    assert TROUBLE_AFTER <= seen.done < CALLS
    assert {(type(error), error.outcome) for error in seen.errors} == {(StoreError, Outcome.NOT_SENT)}
    assert server.calls() == seen.done == CALLS - len(seen.errors)
    assert seen.refused <= MOST_REFUSED


async def test_sqlite_that_is_deleted(server: SandboxProcess, tmp_path: Path) -> None:
    """Once the file is gone every further call fails unsent, with a word on what to do."""
    seen, path = Seen(), tmp_path / "books.db"
    async with calling(server, f"sqlite:{path}", seen) as client:
        await run_through(client, seen, path.unlink)
        with pytest.raises(StoreError, match="was deleted while it was in use"):
            await client.usage()
    judge_refused(server, seen)


def forget(redis: RedisServer) -> None:
    redis.kill()
    redis.start()


async def test_redis_that_comes_back_empty(server: SandboxProcess, tmp_path: Path) -> None:
    """A Redis server that lost its data is refused by those who knew it; there is no burst."""
    seen = Seen()
    with redis_server(tmp_path, is_kept=False) as redis:
        async with calling(server, redis.url, seen) as client:
            await run_through(client, seen, lambda: forget(redis))
            with pytest.raises(StoreError, match="lost or replaced while in use"):
                await client.usage()
    judge_refused(server, seen)


class SteppedClock(Clock):
    """The system's clock, whose time of day somebody sets."""

    def __init__(self) -> None:
        self.step = 0.0

    def now(self) -> float:
        return SYSTEM_CLOCK.now()

    def wall(self) -> float:
        return SYSTEM_CLOCK.wall() + self.step

    async def sleep(self, seconds: float) -> None:
        await SYSTEM_CLOCK.sleep(seconds)


@pytest.mark.parametrize("step", [-7 * 86_400.0, 7 * 86_400.0], ids=["back", "forward"])
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_time_of_day_that_is_set(server: SandboxProcess, tmp_path: Path, kind: str, step: float) -> None:
    """When the clock is set back or forward by a week, calls are paced as before, and none is lost from the books."""
    seen, clock = Seen(), SteppedClock()
    store = "memory" if kind == "memory" else SqliteStore(tmp_path / "books.db", clock=clock)

    def trouble() -> None:
        clock.step = step

    async with calling(server, store, seen, clock=clock) as client:
        await run_through(client, seen, trouble)
        usage = await client.usage("day")
    judge_all_done(server, seen)
    assert (usage.tokens, usage.held, usage.reserved) == (CALLS, 0, 0)
    if isinstance(store, SqliteStore):
        await store.aclose()
