"""Rate limit, credits and books, seen through the application."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio import to_thread

from imagine_async.catalog import Invented

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench, Ticks

pytestmark = pytest.mark.anyio


async def test_rate_limit(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """The request after the last allowed one answers 429 with code 1202 until the window has slid on."""
    bench = make_bench(rate_limit="2/10s")
    assert [(await bench.generate()).status_code for _ in range(3)] == [200, 200, 429]
    clock.now += 9.9
    refused = await bench.generate()
    assert (refused.status_code, refused.json()["code"]) == (429, 1202)
    assert "retry-after" not in refused.headers
    clock.now += 0.1
    assert (await bench.generate()).status_code == 200


async def test_rate_limit_headers(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """Every reply to a known key, a 404 too, tells the limit, what remains and when it returns."""
    bench = make_bench(rate_limit="2/10s")
    names = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]
    seen = []
    for path in ("/v2/nothing", "/v2/image/generations", "/v2/image/generations", "/v2/image/generations"):
        reply = await bench.post(path, form={"prompt": "x"})
        seen.append((reply.status_code, *(reply.headers[name] for name in names)))
        clock.now += 1.5
    assert seen == [(404, "2", "2", "0"), (400, "2", "1", "10"), (400, "2", "0", "9"), (429, "2", "0", "7")]


async def test_retry_after(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """A 429 names its wait in whole seconds, rounded up, where the settings say so."""
    bench = make_bench(rate_limit="1/10s", retry_after=True)
    await bench.generate()
    clock.now += 2.5
    assert (await bench.generate()).headers["retry-after"] == "8"


async def test_no_rate_limit(make_bench: Callable[..., Bench]) -> None:
    """Without a rate limit nothing is counted and no header speaks of one."""
    reply = await make_bench(rate_limit=None).generate()
    assert reply.status_code == 200
    assert not [name for name in reply.headers if name.startswith("x-ratelimit")]


async def test_limit_before_form(make_bench: Callable[..., Bench]) -> None:
    """The rate limit is looked at before the form."""
    bench = make_bench(rate_limit="1/10s")
    await bench.generate()
    assert (await bench.generate(style=None)).status_code == 429


async def test_keys_are_apart(make_bench: Callable[..., Bench]) -> None:
    """Each key has its own window, credits and books."""
    bench = make_bench(keys=("vk-first-0001", "vk-second-002"), rate_limit="1/10s", credits=7)
    assert (await bench.generate(key="vk-first-0001")).status_code == 200
    assert (await bench.generate(key="vk-second-002")).status_code == 200
    assert [bench.books(place)["credits_left"] for place in (0, 1)] == [2, 2]
    assert [bench.books(place)["account"] for place in (0, 1)] == ["0001", "-002"]


async def test_credits_run_out(make_bench: Callable[..., Bench]) -> None:
    """A call dearer than what is left answers 402 with code 1101 and paints nothing; a cheaper one goes through."""
    bench = make_bench(credits=16)
    assert (await bench.generate(style="flux-dev")).status_code == 200
    refused = await bench.generate(style="anime")
    assert (refused.status_code, refused.json()["code"]) == (402, 1101)
    assert (await bench.generate(style="imagine-turbo")).status_code == 200
    assert bench.books()["credits_left"] == 0
    assert len(bench.engine.calls) == 2


async def test_form_before_credits(make_bench: Callable[..., Bench]) -> None:
    """A bad form is refused as such even when no credits are left."""
    assert (await make_bench(credits=0).generate(style=None)).json()["code"] == 1103


async def test_no_end_of_credits(make_bench: Callable[..., Bench]) -> None:
    """With unlimited credits calls are booked and nothing runs out."""
    bench = make_bench(credits=None)
    await bench.generate(style="flux-dev")
    books = bench.books()
    assert (books["tokens"], books["credits_left"]) == (15, None)


async def test_books(bench: Bench, picture: Callable[..., bytes]) -> None:
    """The books count calls and tokens in all, and by endpoint and style."""
    await bench.generate(style="anime")
    await bench.generate(style="anime")
    await bench.generate(style="flux-dev")
    await bench.post("/v2/image/enhance", files={"image": picture()})
    assert bench.books() == {
        "id": "account-" + hashlib.sha256(b"vk-sandbox").hexdigest()[:12],
        "account": "dbox",
        "calls": 4,
        "tokens": 29,
        "credits_left": 971,
        "tokens_reserved": 0,
        "calls_released": 0,
        "calls_refunded": 0,
        "lines": {
            "text_to_image/anime": {"calls": 2, "tokens": 10},
            "text_to_image/flux-dev": {"calls": 1, "tokens": 15},
            "upscale": {"calls": 1, "tokens": 4},
        },
    }


async def test_own_prices(make_bench: Callable[..., Bench]) -> None:
    """The settings' prices are what is charged."""
    bench = make_bench(prices={**Invented.PRICES, "text_to_image/anime": 3})
    await bench.generate(style="anime")
    assert bench.books()["tokens"] == 3


async def test_failed_engine(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A call whose engine fails answers 503 with code 1200, gives its tokens back, and logs neither key nor prompt."""
    bench.engine.failure = RuntimeError("out of paint")
    reply = await bench.generate()
    assert (reply.status_code, reply.json()["code"]) == (503, 1200)
    books = bench.books()
    assert (books["calls"], books["calls_released"], books["credits_left"]) == (0, 1, 1000)
    assert "out of paint" in caplog.text
    assert "out of paint" not in reply.text
    assert "vk-sandbox" not in caplog.text
    assert "fox" not in caplog.text


async def test_reserved_while_painting(make_bench: Callable[..., Bench]) -> None:
    """Tokens are set aside while a picture is painted, so that a second call cannot spend them."""
    bench = make_bench(credits=5)
    bench.engine.gate = threading.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.generate)
        await to_thread.run_sync(bench.engine.entered.wait)
        assert (await bench.generate()).status_code == 402
        books = bench.books()
        assert (books["calls"], books["tokens_reserved"], books["credits_left"]) == (0, 5, 0)
        bench.engine.gate.set()
    assert (bench.books()["calls"], bench.books()["tokens_reserved"]) == (1, 0)


async def test_caller_gone_while_painting(bench: Bench) -> None:
    """A picture that is painted is charged even if its caller has given up by then."""
    bench.engine.gate = threading.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.generate)
        await to_thread.run_sync(bench.engine.entered.wait)
        tasks.cancel_scope.cancel()
        bench.engine.gate.set()
    assert (bench.books()["calls"], bench.books()["calls_released"]) == (1, 0)


async def test_caller_gone_before_painting(make_bench: Callable[..., Bench]) -> None:
    """A call that is given up before its turn gets its tokens back and is never painted."""
    bench = make_bench(rate_limit=None)
    bench.engine.gate = threading.Event()
    async with anyio.create_task_group() as tasks:
        for _ in range(64):
            tasks.start_soon(bench.generate)
        await to_thread.run_sync(bench.engine.entered.wait)
        tasks.cancel_scope.cancel()
        bench.engine.gate.set()
    books = bench.books()
    assert books["calls"] == len(bench.engine.calls) < 64
    assert (books["tokens_reserved"], books["credits_left"]) == (0, 1000 - books["tokens"])


async def test_bad_picture_need_not_wait(make_bench: Callable[..., Bench]) -> None:
    """A bad picture is refused while every painter is busy and others wait."""
    bench = make_bench(rate_limit=None)
    bench.engine.gate = threading.Event()
    async with anyio.create_task_group() as tasks:
        for _ in range(64):
            tasks.start_soon(bench.generate)
        await to_thread.run_sync(bench.engine.entered.wait)
        with anyio.fail_after(10):
            reply = await bench.post("/v2/image/enhance", files={"image": b"no picture"})
        assert reply.status_code == 400
        bench.engine.gate.set()
