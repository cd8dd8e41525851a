"""The stores, so that one test can judge them all."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from imagine_async.clock import Clock
from imagine_async.stores import MemoryStore, Store
from imagine_async.stores.redis import RedisStore
from imagine_async.stores.sqlite import SqliteStore
from tests.redis_server import RedisServer, redis_server
from tests.stores.clocks import HandClock

MakeStore: TypeAlias = Callable[[Clock], Store]
"""Makes a store that is new and empty, and that goes by a clock."""


def _memory(_: pytest.FixtureRequest) -> MakeStore:
    return lambda clock: MemoryStore(clock=clock)


def _sqlite(request: pytest.FixtureRequest) -> MakeStore:
    folder: Path = request.getfixturevalue("tmp_path")
    numbers = itertools.count()
    return lambda clock: SqliteStore(folder / f"{next(numbers)}.db", clock=clock)


def _redis(request: pytest.FixtureRequest) -> MakeStore:
    server: RedisServer = request.getfixturevalue("shared_redis")
    server.command("FLUSHALL")
    numbers = itertools.count()
    return lambda clock: RedisStore(f"redis://127.0.0.1:{server.port}/{next(numbers)}", clock=clock)


FACTORIES: Mapping[str, Callable[[pytest.FixtureRequest], MakeStore]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "redis": _redis,
}
LASTING = [name for name in FACTORIES if name != "memory"]
"""Those that outlive a process."""


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Run one server for all tests that need no other."""
    with redis_server(tmp_path_factory.mktemp("redis"), "--databases", "100000") as server:
        yield server


@pytest.fixture(params=FACTORIES)
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Make stores of each kind."""
    return FACTORIES[request.param](request)


@pytest.fixture(params=LASTING)
def make_lasting_store(request: pytest.FixtureRequest) -> MakeStore:
    """Make stores of each kind that outlives a process."""
    return FACTORIES[request.param](request)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a SQLite file."""
    return tmp_path / "imagine.db"


@pytest.fixture
def clock() -> HandClock:
    """Return the clock of the test's store."""
    return HandClock()


@pytest.fixture
async def store(make_store: MakeStore, clock: HandClock) -> AsyncIterator[Store]:
    """Return a store of each kind."""
    made = make_store(clock)
    yield made
    await made.aclose()


@pytest.fixture
async def lasting_store(make_lasting_store: MakeStore, clock: HandClock) -> AsyncIterator[Store]:
    """Return a store of each kind that outlives a process."""
    made = make_lasting_store(clock)
    yield made
    await made.aclose()
