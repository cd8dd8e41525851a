"""A budget that several processes share is never overrun, by the books of a real server, whatever happens to one."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import AsyncImagine, Usage
from tests.redis_server import redis_server
from tests.sandbox_process import FLAT_ENGINE, SandboxProcess, sandbox_process
from tests.side_by_side import counts_of, go, started

PROCESSES = 4


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store that processes can share."""
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'books.db'}"
        return
    with redis_server(tmp_path) as redis:
        yield redis.url


def command(server: SandboxProcess, store: str, *, budget: float, calls: int, timeout: float = 60.0) -> list[object]:
    return ["tests.shared_budget_worker", server.base_url, server.key, store, budget, calls, timeout]


def lines(server: SandboxProcess) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.base_url}/_sandbox/books") as reply:
        found: dict[str, Any] = json.load(reply)["accounts"][0]["lines"]
    return found


def usage(server: SandboxProcess, store: str, *, reconcile: bool = False) -> Usage:
    async def ask() -> Usage:
        async with AsyncImagine(server.key, base_url=server.base_url, store=store) as client:
            if reconcile:
                found = await client.reconcile(lines(server))
                assert found.unexplained == {}
            return await client.usage()

    return anyio.run(ask)


def test_no_budget_is_overrun(store: str) -> None:
    """Of 200 calls at once from four processes against a budget of 50, exactly 50 are sent and 150 refused unsent."""
    with sandbox_process(*FLAT_ENGINE) as server:
        with started([command(server, store, budget=50, calls=50)] * PROCESSES) as workers:
            go(workers)
            found = [counts_of(worker) for worker in workers]
        assert sum(each["done"] for each in found) == server.calls() == 50
        assert sum(each["refused"] for each in found) == 150
        assert [each["failed"] for each in found] == [[]] * PROCESSES
        after = usage(server, store)
        assert (after.tokens, after.held, after.reserved) == (50, 0, 0)


def test_killed_in_mid_flight(store: str) -> None:
    """A process that is killed with calls on the wire loses none of them: they are held until they are reconciled."""
    with sandbox_process(*FLAT_ENGINE, "none", "0.05") as server:
        with started([command(server, store, budget=60, calls=10, timeout=4)] * PROCESSES) as workers:
            go(workers)
            deadline = time.monotonic() + 20
            while server.calls() < 1:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            workers[0].kill()
            before = usage(server, store)
            assert before.tokens + before.held + before.reserved == 40
            found = [counts_of(worker) for worker in workers[1:]]
        assert sum(each["done"] for each in found) == 30
        with started([command(server, store, budget=60, calls=30, timeout=60)]) as workers:
            go(workers)
            (again,) = [counts_of(worker) for worker in workers]
        # The ten calls of the process that was killed still count, whatever the server did about them.
        assert (again["done"], again["refused"]) == (20, 10)
        assert server.calls() <= 60
        # A call of 4 seconds counts as lost after 14.
        while (now := usage(server, store)).reserved:
            assert time.monotonic() < deadline + 30
            time.sleep(0.5)
        assert now.held > 0
        assert now.tokens + now.held == 60
        after = usage(server, store, reconcile=True)
        assert (after.tokens, after.held) == (server.calls(), 0)
