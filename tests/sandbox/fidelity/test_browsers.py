"""Calls from web pages of any origin."""

from __future__ import annotations

import json
import queue
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripted_server import Behaviour, read_request, reply, scripted_server

if TYPE_CHECKING:
    import httpx

    from imagine_async.sandbox import RunningSandbox
    from tests.sandbox.conftest import Bench

ORIGIN = {"origin": "https://studio.example"}
PREFLIGHT = ORIGIN | {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
ALLOW_ORIGIN = "access-control-allow-origin"
CHROMIUM = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
PAGE = """<!doctype html><title>A page of another origin</title><script type="module">
const key = {Authorization: "Bearer KEY"}, form = new FormData(), seen = {};
form.append("prompt", "a red fox");
form.append("style", "anime");
const tell = async (name, reading) => { seen[name] = await reading().catch(() => "closed"); };
await tell("picture", async () => {
  const reply = await fetch("HOST/v2/image/generations", {method: "POST", headers: key, body: form});
  const picture = await createImageBitmap(await reply.blob());
  return [picture.width, reply.headers.get("content-type")];
});
await tell("refusal", async () => (await (await fetch("HOST/v2/invented")).json()).code);
await tell("deletion", async () => (await fetch("HOST/v2/video/delete/1", {method: "DELETE", headers: key})).status);
await tell("books", async () => (await fetch("HOST/_sandbox/books")).status);
await fetch("seen", {method: "POST", body: JSON.stringify(seen)});
</script>
"""


async def _send(bench: Bench, method: str, path: str, headers: dict[str, str], **request: Any) -> httpx.Response:
    async with bench.client(None) as client:
        return await client.request(method, path, headers=headers, **request)


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/v2/image/generations", "/v2/video/1/status", "/v1/imagine/api/generations"])
async def test_f56_preflight(bench: Bench, path: str) -> None:
    """F56: A browser that asks without a key whether it may send one is told yes, whatever page it shows."""
    reply = await _send(bench, "OPTIONS", path, PREFLIGHT)
    assert (reply.status_code, reply.headers[ALLOW_ORIGIN]) == (200, "*")
    assert "authorization" in reply.headers["access-control-allow-headers"].lower()
    assert {"GET", "POST", "DELETE"} <= set(reply.headers["access-control-allow-methods"].split(", "))


@pytest.mark.anyio
async def test_f56_replies(bench: Bench) -> None:
    """F56: A page may read pictures, errors, and the refusal of its key."""
    form: Any = {"prompt": (None, "x"), "style": (None, "anime")}
    keyed = ORIGIN | {"authorization": "Bearer vk-sandbox"}
    sent = [(keyed, form), (keyed, {"prompt": (None, "x")}), (ORIGIN, form)]
    replies = [await _send(bench, "POST", "/v2/image/generations", headers, files=each) for headers, each in sent]
    assert [reply.status_code for reply in replies] == [200, 400, 400]
    assert [reply.headers[ALLOW_ORIGIN] for reply in replies] == ["*"] * 3


@pytest.mark.anyio
async def test_f56_results(make_bench: Callable[..., Bench]) -> None:
    """F56: A page may fetch what a URL leads to."""
    bench = make_bench(reply_form="url")
    reply = await _send(bench, "GET", (await bench.generate()).json()["url"], ORIGIN)
    assert (reply.status_code, reply.headers[ALLOW_ORIGIN]) == (200, "*")


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/_sandbox/books", "/_sandbox/calls", "/_sandbox/accounts", "/_results", "/"])
async def test_f56_nothing_else(bench: Bench, path: str) -> None:
    """F56: Books, calls and the admin API are closed to pages of other origins."""
    for method, headers in (("OPTIONS", PREFLIGHT), ("GET", ORIGIN)):
        assert ALLOW_ORIGIN not in (await _send(bench, method, path, headers)).headers


def _hosting(page: str, seen: queue.SimpleQueue[Any]) -> Behaviour:
    """Serve a page to whoever asks, and note what it sends back."""
    html = reply(page.encode(), headers="Content-Type: text/html\r\nConnection: close\r\n")

    def behave(connection: socket.socket) -> None:
        head, body = read_request(connection)
        if head.startswith(b"POST /seen "):
            seen.put(json.loads(body))
        connection.sendall(html)

    return behave


def test_f56_in_a_browser(running: RunningSandbox, chromium: str, tmp_path: Path) -> None:
    """F56: A page of another origin, shown by Chromium, calls the API, but cannot read the books."""
    seen: queue.SimpleQueue[Any] = queue.SimpleQueue()
    page = PAGE.replace("HOST", running.base_url).replace("KEY", running.key)
    with scripted_server(_hosting(page, seen)) as server:
        command = [chromium, *CHROMIUM.split(), f"--user-data-dir={tmp_path / 'profile'}", server.url]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
            try:
                found = seen.get(timeout=90)
            finally:
                browser.terminate()
    assert found == {
        "picture": [64, "application/octet-stream"],
        "refusal": 1000,
        "deletion": 404,
        "books": "closed",
    }
