"""Concurrency of a plan, refunds of the sandbox's own faults, and expired keys."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from imagine_async.sandbox import Plan, SandboxSettings

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_concurrency(make_bench: Callable[..., Bench]) -> None:
    """The paid call beyond the plan's places is refused with 1202 and counts nowhere; free calls need no place."""
    bench = make_bench(concurrency=1, rate_limit="10/60s")
    bench.engine.gate = threading.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.generate)
        await anyio.to_thread.run_sync(bench.engine.entered.wait)
        refused = await bench.generate()
        free = await bench.ask("/v2/video/1/status")
        bench.engine.gate.set()
    assert (refused.status_code, refused.json()["code"]) == (429, 1202)
    assert refused.headers["x-ratelimit-remaining"] == "9"
    assert free.status_code == 404
    assert (await bench.generate()).status_code == 200


@pytest.mark.parametrize(("refunded", "tokens"), [(True, 0), (False, 5)])
async def test_server_fault(make_bench: Callable[..., Bench], refunded: bool, tokens: int) -> None:
    """A call that fails in the sandbox costs nothing, or its price where refunds are switched off."""
    bench = make_bench(refund_server_faults=refunded)
    bench.engine.failure = RuntimeError("out of paint")
    reply = await bench.generate()
    assert (reply.status_code, reply.json()["code"]) == (503, 1200)
    assert (bench.books()["tokens"], bench.books()["credits_left"]) == (tokens, 1000 - tokens)
    assert bench.books()["tokens_reserved"] == 0


async def test_expired_key(make_bench: Callable[..., Bench]) -> None:
    """A key that has expired answers 406 with code 1002."""
    reply: httpx.Response = await make_bench(expired_keys=("vk-old",)).generate(key="vk-old")
    assert (reply.status_code, reply.json()["code"]) == (406, 1002)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expired_keys": "vk-sandbox"}, "expired_keys: one of them stands among the keys"),
        ({"expired_keys": "a b"}, "expired_keys: a key is"),
        ({"concurrency": 0}, "concurrency: a whole number from 1"),
        ({"admin_token": "short"}, "admin_token: at least 8"),
        ({"video_speed": 0}, "video_speed: a number of seconds above 0"),
        ({"plans": [Plan(name="a"), Plan(name="a")]}, "plans: a: names more than one plan"),
        ({"plans": [Plan()]}, "plans: sandbox: names more than one plan"),
        ({"max_calls": 0}, "max_calls: a whole number from 1"),
    ],
)
def test_bad_settings(changes: dict[str, Any], said: str) -> None:
    """A setting that makes no sense is refused by name."""
    with pytest.raises(ValueError, match=said):
        SandboxSettings(**changes)


@pytest.mark.parametrize("changes", [{"name": " "}, {"credits": -1}, {"rate_limit": "x"}, {"concurrency": 0}])
def test_bad_plan(changes: dict[str, Any]) -> None:
    """A plan that makes no sense is refused."""
    with pytest.raises(ValueError):
        Plan(**changes)
