"""Cassettes under any HTTP client and before any server: other forms, other bodies, redirects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from imagine_async.testing import Cassette, NotRecordedError

pytestmark = pytest.mark.anyio

KEY = "vk-very-secret-0123456789"
HEADERS = {"authorization": f"Bearer {KEY}"}
URL = "https://api.vyro.ai/v2/thing"
ID = "d3ebd95c-e77f-4a18-8e5c-ebc6d806e1a1"

Serve = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "thing.json"


def recorded(path: Path, serve: Serve) -> Cassette:
    return Cassette(path, mode="all", forward_to=httpx.AsyncClient(transport=httpx.MockTransport(serve)))


async def ask(cassette: Cassette, method: str = "POST", url: str = URL, **request: object) -> httpx.Response:
    async with cassette.http_client() as client:
        return await client.request(method, url, headers=HEADERS, **request)  # type: ignore[arg-type] # any request


def all_bytes(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in path.parent.rglob("*") if each.is_file())


async def test_other_forms(path: Path) -> None:
    """A URL-encoded form is read field by field, and JSON counts as a whole."""
    with recorded(path, lambda request: httpx.Response(200, content=request.content[:3])) as cassette:
        await ask(cassette, data={"b": "2", "a": "1", "empty": ""})
        await ask(cassette, json={"c": 3})
    with Cassette(path) as cassette:
        assert (await ask(cassette, data={"a": "1", "empty": "", "b": "2"})).content == b"b=2"
        assert (await ask(cassette, json={"c": 3})).content == b'{"c'
        with pytest.raises(NotRecordedError, match="a is '2', recorded is '1'"):
            await ask(cassette, data={"a": "2", "empty": "", "b": "2"})


async def test_empty_replies(path: Path) -> None:
    """A reply without a body has no file."""
    with recorded(path, lambda request: httpx.Response(204)) as cassette:
        await ask(cassette, "DELETE")
    with Cassette(path) as cassette:
        reply = await ask(cassette, "DELETE")
    assert (reply.status_code, reply.content) == (204, b"")
    assert not list((path.parent / "bodies").iterdir())


async def test_pages_and_headers(path: Path) -> None:
    """Keys, ids and dates are taken out of pages that are no JSON; of the headers the fleeting ones are not kept."""
    page = f"<p>{KEY} asked for {ID} at 2026-11-28T12:00:00Z, see {URL}?signature=abc, and {ID} again</p>"
    headers = {"content-type": "text/html", "date": "today", "set-cookie": KEY, "x-ratelimit-remaining": "7"}
    with recorded(path, lambda request: httpx.Response(502, text=page, headers=headers)) as cassette:
        assert (await ask(cassette)).text == page
    for secret in (KEY.encode(), ID.encode(), b"2026", b"signature", b"cookie", b"today"):
        assert secret not in all_bytes(path)
    with Cassette(path) as cassette:
        reply = await ask(cassette)
    assert reply.text.startswith("<p>*** asked for ")
    words = reply.text.split()
    assert words[3] == words[9]
    assert (reply.status_code, reply.headers["x-ratelimit-remaining"]) == (502, "7")


async def test_redirects(path: Path) -> None:
    """Where a download is redirected, the replay leads the same way, without the signed URLs of either."""
    far = "https://store.example.org/picture.png?X-Amz-Signature=abc"

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/picture.png":
            return httpx.Response(200, content=b"picture")
        return httpx.Response(302, headers={"location": far})

    async def follow(cassette: Cassette) -> bytes:
        first = await ask(cassette, "GET", f"{URL}?token=xyz")
        return (await ask(cassette, "GET", first.headers["location"])).content

    with recorded(path, serve) as cassette:
        assert await follow(cassette) == b"picture"
    for secret in (b"abc", b"xyz", b"example.org"):
        assert secret not in all_bytes(path)
    with Cassette(path) as cassette:
        assert await follow(cassette) == b"picture"


async def test_signatures_do_not_count(path: Path) -> None:
    """Two URLs that differ only in what signs them are the same, and any other member of the query counts."""
    with recorded(path, lambda request: httpx.Response(200, text="here")) as cassette:
        await ask(cassette, "GET", f"{URL}?page=1&X-Amz-Date=1&signature=2")
    with Cassette(path) as cassette:
        assert (await ask(cassette, "GET", f"{URL}?signature=4&X-Amz-Date=3&page=1")).text == "here"
        with pytest.raises(NotRecordedError, match=r"page=2.*, recorded is GET .*page=1"):
            await ask(cassette, "GET", f"{URL}?page=2&X-Amz-Date=1&signature=2")


async def test_empty_cassettes(path: Path) -> None:
    """A cassette without any call says so."""
    path.write_text('{"format": "imagine-cassette/1", "calls": []}')
    with Cassette(path) as cassette:
        with pytest.raises(NotRecordedError, match="nor to any other request"):
            await ask(cassette)
