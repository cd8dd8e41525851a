"""The bearer check comes before everything else, then the path, then the method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imagine_async.catalog import ENDPOINTS, ERROR_CODES, VIDEO_ENDPOINTS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer   "},
        {"authorization": "Basic dms6c2FuZGJveA=="},
        {"authorization": "vk-sandbox"},
        {"bearer": "vk-sandbox"},
        {"x-api-key": "vk-sandbox"},
    ],
)
@pytest.mark.parametrize("path", ["/v2", "/v2/", "/v2/image/generations", "/v2/video/status/1", "/v2/invented"])
async def test_no_token(bench: Bench, headers: dict[str, str], path: str) -> None:
    """Without a bearer token every path below /v2, invented ones too, answers 400 with code 1000."""
    async with bench.client(None) as client:
        reply = await client.post(path, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (400, 1000)


@pytest.mark.parametrize("token", ["vk-wrong", "vk-sandbo", "vk-sandbox2", "VK-SANDBOX", "vk-s\xe4ndbox"])
async def test_wrong_key(bench: Bench, token: str) -> None:
    """A key nobody has answers 401 with code 1001 and is not repeated."""
    async with bench.client(None) as client:
        headers = {b"authorization": f"Bearer {token}".encode("latin-1")}
        reply = await client.post("/v2/image/generations", headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (401, 1001)
    assert token not in reply.text


async def test_scheme_in_any_case(bench: Bench) -> None:
    """The word Bearer may be written in any case, as HTTP says."""
    async with bench.client(None) as client:
        reply = await client.get("/v2/x", headers={"authorization": "bEARER  vk-sandbox"})
    assert reply.status_code == 404


async def test_error_body(bench: Bench) -> None:
    """An error's body has the four documented members and nothing else."""
    reply = await bench.post("/v2/image/generations", key=None)
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {
        "status": "error",
        "code": 1000,
        "error": ERROR_CODES[1000].name,
        "message": "The bearer token is missing.",
    }


@pytest.mark.parametrize(
    "path",
    ["/v2/image/nothing", "/v2/image/generations/", "/v1/imagine/api/generations/", "/v1/imagine/web", "/nothing"],
)
async def test_unknown_path(bench: Bench, path: str) -> None:
    """A path that is not there answers 404 in plain text, as an Express server does."""
    reply = await bench.post(path)
    assert (reply.status_code, reply.text) == (404, f"Cannot POST {path}")
    assert reply.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_wrong_method(bench: Bench, method: str) -> None:
    """A method that the path does not know answers 405 and names the one it knows."""
    async with bench.client() as client:
        reply = await client.request(method, "/v2/image/generations")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


async def test_every_endpoint_is_served(bench: Bench) -> None:
    """Every endpoint of v2 that takes a form is there: one without its parts is refused, not unknown."""
    for endpoint in (*ENDPOINTS, *VIDEO_ENDPOINTS[:2]):
        reply = await bench.post(endpoint.path, form={"unknown": "x"})
        assert (reply.status_code, reply.json()["code"]) == (400, 1103)


async def test_books_need_no_key(bench: Bench) -> None:
    """The books can be read without a key, and name an account by the end of its key only."""
    async with bench.client(None) as client:
        reply = await client.get("/_sandbox/books")
    assert reply.json()["accounts"][0]["account"] == "dbox"
    assert "vk-sandbox" not in reply.text
