"""The log of calls: what came, what it cost, what became of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio


async def calls(bench: Bench, query: str = "") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await bench.ask(f"/_sandbox/calls{query}")).json()["calls"]
    return listed


async def test_paid_call(bench: Bench) -> None:
    """A call is logged with its endpoint, prompt, style, seed, price, status and size."""
    reply = await bench.generate()
    (call,) = await calls(bench)
    assert {name: call[name] for name in ("account", "endpoint", "prompt", "style", "seed", "tokens", "status")} == {
        "account": "dbox",
        "endpoint": "text_to_image",
        "prompt": "a red fox",
        "style": "anime",
        "seed": 7,
        "tokens": 5,
        "status": 200,
    }
    assert (call["bytes_sent"], call["whole"], call["code"]) == (len(reply.content), True, None)


async def test_picture(bench: Bench) -> None:
    """The picture of a call can be seen again, with its type, as long as there is room."""
    reply = await bench.generate()
    (call,) = await calls(bench)
    picture = await bench.ask(f"/_sandbox/calls/{call['id']}/picture")
    assert (picture.content, picture.headers["content-type"]) == (reply.content, "image/jpeg")
    assert (await bench.ask("/_sandbox/calls/nothing/picture")).status_code == 404


@pytest.mark.parametrize("form", ["url", "base64"])
async def test_picture_behind_json(make_bench: Callable[..., Bench], form: str) -> None:
    """The picture is there as well where the reply is JSON."""
    bench = make_bench(reply_form=form)
    await bench.generate()
    (call,) = await calls(bench)
    assert (await bench.ask(f"/_sandbox/calls/{call['id']}/picture")).content.startswith(b"\xff\xd8\xff")


async def test_refused_calls(make_bench: Callable[..., Bench]) -> None:
    """Calls that were refused are logged with their code and what they were told, of unknown keys and paths too."""
    bench = make_bench(credits=0)
    await bench.generate(key="nobody")
    await bench.generate(style=None)
    await bench.generate()
    await bench.ask("/v2/nothing")
    await bench.post("/v1/imagine/api/generations", form={})
    seen = [(call["account"], call["status"], call["code"], call["tokens"]) for call in await calls(bench)]
    assert seen == [
        (None, 401, 1001, 0),
        ("dbox", 400, 1103, 0),
        ("dbox", 402, 1101, 0),
        ("dbox", 404, None, 0),
        ("dbox", 400, 400, 0),
    ]
    assert (await calls(bench))[1]["message"] == "No style was provided."


async def test_keys_are_not_logged(bench: Bench) -> None:
    """No key stands in the log, neither a good one nor a wrong one."""
    await bench.generate()
    await bench.generate(key="vk-wrong-key")
    logged = (await bench.ask("/_sandbox/calls")).text
    assert "vk-" not in logged


async def test_running_call(bench: Bench) -> None:
    """A call is seen while it runs, without a status."""
    bench.engine.gate = threading.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.generate)
        await anyio.to_thread.run_sync(bench.engine.entered.wait)
        (running,) = await calls(bench)
        bench.engine.gate.set()
    (done,) = await calls(bench)
    assert (running["status"], running["seconds"], running["prompt"]) == (None, None, "a red fox")
    assert done["sequence"] > running["sequence"]
    assert done["status"] == 200


async def test_news(make_bench: Callable[..., Bench]) -> None:
    """A reader can ask for what has changed since, and gets the latest of too many."""
    bench = make_bench(max_calls=3)
    for seed in "12345":
        await bench.generate(seed=seed)
    assert [call["seed"] for call in await calls(bench)] == [3, 4, 5]
    assert [call["seed"] for call in await calls(bench, "?limit=1")] == [5]
    assert await calls(bench, "?limit=0") == []
    known = (await calls(bench))[1]["sequence"]
    assert [call["seed"] for call in await calls(bench, f"?after={known}")] == [5]
    last = (await bench.ask("/_sandbox/calls")).json()["last"]
    assert (await bench.ask(f"/_sandbox/calls?after={last}")).json() == {"calls": [], "last": last}


async def test_long_prompt(bench: Bench) -> None:
    """Of a prompt as long as a book the beginning is remembered."""
    await bench.generate(prompt="x" * 100_000)
    (call,) = await calls(bench)
    assert call["prompt"] == "x" * 500
