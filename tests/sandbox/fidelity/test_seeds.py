"""Seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("seed", ["1", "5", "123456789", "9" * 30])
async def test_f05_positive(bench: Bench, seed: str) -> None:
    """F5: Every whole number from 1 is a seed; no page names an upper end."""
    assert (await bench.generate(seed=seed)).status_code == 200
    assert bench.engine.calls[0][1]["seed"] == int(seed)


@pytest.mark.parametrize("seed", ["0", "-1"])
async def test_f05_below_one(make_bench: Callable[..., Bench], seed: str) -> None:
    """F5: Less than 1 is an invalid request, unless a switch lets it through."""
    reply = await make_bench().generate(seed=seed)
    assert (reply.status_code, reply.json()["code"]) == (400, 1100)
    assert (await make_bench(accept_any_seed=True).generate(seed=seed)).status_code == 200


@pytest.mark.parametrize("seed", ["1.5", "a", "1e3"])
async def test_f05_no_integer(make_bench: Callable[..., Bench], seed: str) -> None:
    """F5: What is no whole number is an invalid request, whatever the switch says."""
    reply = await make_bench(accept_any_seed=True).generate(seed=seed)
    assert (reply.status_code, reply.json()["code"]) == (400, 1100)


async def test_f05_random(bench: Bench) -> None:
    """F5: Without a seed each call has another one."""
    for _ in range(2):
        await bench.generate(seed=None)
    first, second = (asked["seed"] for _, asked in bench.engine.calls)
    assert first != second
