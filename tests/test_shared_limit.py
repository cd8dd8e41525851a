"""A limit that several processes share: met, fair, and hardly ever refused, by the count of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.redis_server import redis_server
from tests.sandbox_process import FLAT_ENGINE, SandboxProcess, sandbox_process
from tests.side_by_side import counts_of, go, started

PROCESSES = 4
SECONDS = 20.0
LIMIT = 50


@pytest.fixture
def server() -> Iterator[SandboxProcess]:
    """A server that lets 50 calls through in any second, and refuses the others."""
    with sandbox_process(*FLAT_ENGINE, f"{LIMIT}/s") as server:
        yield server


def run_side_by_side(server: SandboxProcess, store: str, limit: str) -> list[dict[str, Any]]:
    command = ["tests.shared_limit_worker", server.base_url, server.key, store, limit, SECONDS]
    with started([command] * PROCESSES) as workers:
        go(workers)
        return [counts_of(worker) for worker in workers]


def judge(found: list[dict[str, Any]], server: SandboxProcess) -> None:
    shares = [len(each["done"]) for each in found]
    total, refused = sum(shares), sum(each["refused"] for each in found)
    seen = f"shares {shares}, {total / SECONDS:.2f} a second, {refused} refused"
    assert [each["failed"] for each in found] == [[]] * PROCESSES, seen
    assert total <= server.calls() <= LIMIT * (SECONDS + 1), seen
    assert total > 0.95 * LIMIT * SECONDS, seen
    assert refused < 0.01 * total, seen
    assert max(shares) - min(shares) <= 0.1 * total / PROCESSES, seen


@pytest.mark.parametrize("limit", ["50/s", "200/s"], ids=["known", "learnt"])
def test_limit_shared_by_way_of_a_file(server: SandboxProcess, tmp_path: Path, limit: str) -> None:
    """Four processes that share a SQLite file share the server's limit, known to them or learnt from its replies."""
    judge(run_side_by_side(server, f"sqlite:{tmp_path / 'books.db'}", limit), server)


@pytest.mark.parametrize("limit", ["50/s", "200/s"], ids=["known", "learnt"])
def test_limit_shared_by_way_of_redis(server: SandboxProcess, tmp_path: Path, limit: str) -> None:
    """Four processes that share a Redis server do the same."""
    with redis_server(tmp_path) as redis:
        judge(run_side_by_side(server, redis.url, limit), server)
