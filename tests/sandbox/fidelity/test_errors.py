"""Errors: their bodies, the table of codes, and replies that are no JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from imagine_async.catalog import VIDEO_STATUS_PATHS
from imagine_async.sandbox import SandboxSettings, create_app

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio


async def _failed(make_bench: Callable[..., Bench]) -> httpx.Response:
    bench = make_bench()
    bench.engine.failure = RuntimeError("out of paint")
    return await bench.generate()


async def _too_many(make_bench: Callable[..., Bench]) -> httpx.Response:
    bench = make_bench(rate_limit="1/60s")
    await bench.generate()
    return await bench.generate()


PROVOKED: dict[int, tuple[int, str, Callable[[Callable[..., Bench]], Any]]] = {
    1000: (400, "BadRequest", lambda make: make().generate(key=None)),
    1001: (401, "Unauthorized", lambda make: make().generate(key="vk-wrong")),
    1002: (406, "NotAcceptable", lambda make: make(expired_keys=("vk-old",)).generate(key="vk-old")),
    1100: (400, "BadRequest", lambda make: make().generate(style="invented")),
    1101: (402, "PaymentRequired", lambda make: make(credits=0).generate()),
    1103: (400, "InvalidBody", lambda make: make().generate(prompt=None)),
    1200: (503, "ServiceUnavailable", _failed),
    1202: (429, "TooManyRequests", _too_many),
}


@pytest.mark.parametrize("code", PROVOKED)
async def test_f23_body(make_bench: Callable[..., Bench], code: int) -> None:
    """F23: An error is JSON of four members, of which the code is a number."""
    body = (await PROVOKED[code][2](make_bench)).json()
    assert {name: type(value) for name, value in body.items()} == {
        "status": str,
        "code": int,
        "error": str,
        "message": str,
    }
    assert body["status"] == "error"


@pytest.mark.parametrize("code", PROVOKED)
async def test_f41_table(make_bench: Callable[..., Bench], code: int) -> None:
    """F41: A code comes with the status and the name that the error table gives it."""
    status, name, provoke = PROVOKED[code]
    reply = await provoke(make_bench)
    assert (reply.json()["code"], reply.status_code, reply.json()["error"]) == (code, status, name)


async def test_f24_json(make_bench: Callable[..., Bench]) -> None:
    """F24: A refused call is normally told so in JSON."""
    for _, _, provoke in PROVOKED.values():
        assert (await provoke(make_bench)).headers["content-type"] == "application/json"


async def test_f24_page_not_found(make_bench: Callable[..., Bench]) -> None:
    """F24: A path that is not deployed answers a web page, as one once did."""
    bench = make_bench(status_paths=VIDEO_STATUS_PATHS[1:])
    reply = await bench.ask(VIDEO_STATUS_PATHS[0].format(id="1"))
    assert (reply.status_code, reply.headers["content-type"].partition(";")[0]) == (404, "text/html")
    assert "Page not found" in reply.text


async def test_f24_unknown_path(bench: Bench) -> None:
    """F24: A path that does not exist answers plain text in the manner of Express."""
    reply = await bench.ask("/v2/invented")
    assert (reply.status_code, reply.text) == (404, "Cannot GET /v2/invented")


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_f24_page_of_a_proxy(bench: Bench, status: int) -> None:
    """F24: A fault puts a proxy's web page in the place of a reply, once, and nothing is charged for it."""
    settings = SandboxSettings(side=64)
    bench.app = create_app(settings, engine=bench.engine, faults=[f"html:{status}"])
    page, picture = [await bench.generate() for _ in range(2)]
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (status, "text/html")
    assert page.text.startswith("<html>")
    assert (picture.status_code, bench.books()["calls"]) == (200, 1)


async def test_f42_multipart(bench: Bench) -> None:
    """F42: Calls without a file are multipart forms as well."""
    reply = await bench.generate()
    assert reply.request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert reply.status_code == 200
