"""Calls from web pages of any origin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio

ORIGIN = {"origin": "https://studio.example"}
PREFLIGHT = ORIGIN | {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
ALLOW_ORIGIN = "access-control-allow-origin"


async def _send(bench: Bench, method: str, path: str, headers: dict[str, str], **request: Any) -> httpx.Response:
    async with bench.client(None) as client:
        return await client.request(method, path, headers=headers, **request)


@pytest.mark.parametrize("path", ["/v2/image/generations", "/v2/video/1/status", "/v1/imagine/api/generations"])
async def test_f56_preflight(bench: Bench, path: str) -> None:
    """F56: A browser that asks without a key whether it may send one is told yes, whatever page it shows."""
    reply = await _send(bench, "OPTIONS", path, PREFLIGHT)
    assert (reply.status_code, reply.headers[ALLOW_ORIGIN]) == (200, "*")
    assert "authorization" in reply.headers["access-control-allow-headers"].lower()
    assert {"GET", "POST", "DELETE"} <= set(reply.headers["access-control-allow-methods"].split(", "))


async def test_f56_replies(bench: Bench) -> None:
    """F56: A page may read pictures, errors, and the refusal of its key."""
    form: Any = {"prompt": (None, "x"), "style": (None, "anime")}
    keyed = ORIGIN | {"authorization": "Bearer vk-sandbox"}
    sent = [(keyed, form), (keyed, {"prompt": (None, "x")}), (ORIGIN, form)]
    replies = [await _send(bench, "POST", "/v2/image/generations", headers, files=each) for headers, each in sent]
    assert [reply.status_code for reply in replies] == [200, 400, 400]
    assert [reply.headers[ALLOW_ORIGIN] for reply in replies] == ["*"] * 3


async def test_f56_results(make_bench: Callable[..., Bench]) -> None:
    """F56: A page may fetch what a URL leads to."""
    bench = make_bench(reply_form="url")
    reply = await _send(bench, "GET", (await bench.generate()).json()["url"], ORIGIN)
    assert (reply.status_code, reply.headers[ALLOW_ORIGIN]) == (200, "*")


@pytest.mark.parametrize("path", ["/_sandbox/books", "/_sandbox/calls", "/_sandbox/accounts", "/_results", "/"])
async def test_f56_nothing_else(bench: Bench, path: str) -> None:
    """F56: Books, calls and the admin API are closed to pages of other origins."""
    for method, headers in (("OPTIONS", PREFLIGHT), ("GET", ORIGIN)):
        assert ALLOW_ORIGIN not in (await _send(bench, method, path, headers)).headers
