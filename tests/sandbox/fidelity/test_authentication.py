"""Keys: where they stand, and what a missing, wrong or expired one answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from imagine_async.catalog import ENDPOINTS, VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio

DEPRECATED = VIDEO_STATUS_PATHS[2]
PATHS = [
    "/v2/invented",
    "/v2/models",
    *(endpoint.path for endpoint in ENDPOINTS),
    *(path.format(id="1") for path in (*VIDEO_STATUS_PATHS, *VIDEO_DELETE_PATHS)),
]


async def _ask(bench: Bench, method: str, path: str, **headers: str) -> tuple[int, Any]:
    async with bench.client(None) as client:
        reply = await client.request(method, path, headers=headers)
    return reply.status_code, reply.json()


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
@pytest.mark.parametrize("path", PATHS)
async def test_f18_missing(bench: Bench, method: str, path: str) -> None:
    """F18: Without a token everything below /v2 answers 400, whatever the method and whether the path exists or not."""
    status, body = await _ask(bench, method, path)
    assert status == 400
    assert "bearer token is missing" in body["message"]
    assert (body["status"], body["code"], body["error"]) == ("error", 1000, "BadRequest")


@pytest.mark.parametrize("path", ["/v2/invented", "/v2/image/generations"])
async def test_f19_invalid(bench: Bench, path: str) -> None:
    """F19: A key that is nobody's answers 401 with the code of the error table."""
    status, body = await _ask(bench, "POST", path, authorization="Bearer vk-wrong")
    assert (status, body["code"], body["error"]) == (401, 1001, "Unauthorized")


@pytest.mark.parametrize("path", ["/v2/invented", "/v2/image/generations", DEPRECATED.format(id="1")])
async def test_f20_expired(make_bench: Callable[..., Bench], path: str) -> None:
    """F20: An expired key answers 406."""
    bench = make_bench(expired_keys=("vk-old",))
    status, body = await _ask(bench, "POST", path, authorization="Bearer vk-old")
    assert (status, body["code"], body["error"]) == (406, 1002, "NotAcceptable")


async def test_f29_deprecated_status(bench: Bench) -> None:
    """F29: The deprecated status path asks for the header like all others, although its page calls it optional."""
    form = {"prompt": "waves", "style": "fast-svd"}
    job = (await bench.post("/v2/video/text-to-video", form=form)).json()["id"]
    status, body = await _ask(bench, "GET", DEPRECATED.format(id=job))
    assert (status, body["code"]) == (400, 1000)
    assert (await bench.ask(DEPRECATED.format(id=job))).status_code == 200


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_f30_authorization(bench: Bench, name: str) -> None:
    """F30: The second generation takes the key in `Authorization: Bearer`, in whatever case the name is written."""
    async with bench.client(None) as client:
        form: Any = {"prompt": (None, "x"), "style": (None, "anime")}
        reply = await client.post("/v2/image/generations", headers={name: "Bearer vk-sandbox"}, files=form)
    assert reply.status_code == 200


@pytest.mark.parametrize("name", ["Bearer", "api-key", "x-api-key"])
async def test_f30_other_headers(bench: Bench, name: str) -> None:
    """F30: The second generation takes the key in no other header, not in the first generation's `Bearer:` either."""
    status, body = await _ask(bench, "POST", "/v2/image/generations", **{name: "vk-sandbox"})
    assert (status, body["code"]) == (400, 1000)
