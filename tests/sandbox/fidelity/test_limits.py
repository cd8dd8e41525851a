"""Tokens, requests per minute, and the size of files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench, Ticks

pytestmark = pytest.mark.anyio


async def test_f12_asking_often(make_bench: Callable[..., Bench]) -> None:
    """F12: A video may be asked after as often as the rate limit allows; nothing else slows that down."""
    bench = make_bench(rate_limit="50/60s")
    reply = await bench.post("/v2/video/text-to-video", form={"prompt": "waves", "style": "fast-svd"})
    path = f"/v2/video/{reply.json()['id']}/status"
    assert [(await bench.ask(path)).status_code for _ in range(50)] == [200] * 49 + [429]


async def test_f21_no_tokens(make_bench: Callable[..., Bench]) -> None:
    """F21: Who has not enough tokens is told 402, and is charged nothing."""
    bench = make_bench(credits=4)
    reply = await bench.generate(style="anime")
    assert (reply.status_code, reply.json()["code"], reply.json()["error"]) == (402, 1101, "PaymentRequired")
    assert bench.books()["credits_left"] == 4


async def test_f21_no_tokens_in_v1(make_bench: Callable[..., Bench]) -> None:
    """F21: The first generation says 424 instead."""
    reply = await make_bench(credits=4).post("/v1/imagine/api/generations", form={"prompt": "x"})
    assert reply.status_code == 424


async def test_f22_too_many(bench: Bench) -> None:
    """F22: The first 50 requests in 60 seconds are served and told their limit; the next is told 429 and no wait."""
    replies = [await bench.generate() for _ in range(51)]
    assert [reply.status_code for reply in replies] == [200] * 50 + [429]
    assert {reply.headers["x-ratelimit-limit"] for reply in replies} == {"50"}
    assert replies[-1].json()["code"] == 1202
    assert "retry-after" not in replies[-1].headers


async def test_f22_after_a_minute(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """F22: The limit is over after its 60 seconds, not before; a switch lets the refusal name the wait."""
    bench = make_bench(retry_after=True, credits=None)
    for _ in range(50):
        await bench.generate()
    clock.now += 59.5
    refusal = await bench.generate()
    assert (refusal.status_code, refusal.headers["retry-after"]) == (429, "1")
    clock.now += 0.5
    assert (await bench.generate()).status_code == 200


async def test_f26_files(make_bench: Callable[..., Bench], picture: Callable[..., bytes]) -> None:
    """F26: A file may be of any size, unless a limit is set: then a larger one is an invalid request."""
    content = picture((300, 300), kind="PNG")
    exact, tight = make_bench(max_file_bytes=len(content)), make_bench(max_file_bytes=len(content) - 1)
    replies = [
        await bench.post("/v2/image/enhance", files={"image": content}) for bench in (make_bench(), exact, tight)
    ]
    assert [reply.status_code for reply in replies] == [200, 200, 400]
    assert replies[2].json()["code"] == 1100
    assert f"The image is larger than {len(content) - 1} bytes." in replies[2].json()["message"]


async def test_f26_large_resolution(make_bench: Callable[..., Bench], picture: Callable[..., bytes]) -> None:
    """F26: Too many pixels are refused with 400, as a page of the first generation says."""
    bench = make_bench(max_pixels=100)
    replies = [
        await bench.post(path, form={"prompt": "x"}, files={"image": picture((20, 10))})
        for path in ("/v1/imagine/api/edits/remix", "/v2/image/enhance")
    ]
    assert [reply.status_code for reply in replies] == [400, 400]
