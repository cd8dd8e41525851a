"""URLs of results, and pictures that come back in JSON."""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagine_async.sandbox import SandboxSettings, running_sandbox
from imagine_async.sandbox.results.ranges import reply_with
from imagine_async.sandbox.results.signing import Signer
from imagine_async.sandbox.results.store import Result, ResultStore
from imagine_async.sandbox.timeline import Timeline
from tests.flat_engine import FlatEngine

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench, Ticks

URL_FORMS: dict[str, Callable[[Any], Any]] = {
    "url": lambda body: body["url"],
    "nested_url": lambda body: body["image"]["url"],
    "url_list": lambda body: body["data"][0]["url"],
}


@pytest.fixture
def linking(make_bench: Callable[..., Bench]) -> Bench:
    """A sandbox that answers with URLs."""
    return make_bench(reply_form="url")


async def _url(bench: Bench) -> str:
    return str((await bench.generate()).json()["url"])


@pytest.mark.anyio
@pytest.mark.parametrize("form", URL_FORMS)
async def test_urls(make_bench: Callable[..., Bench], form: str) -> None:
    """A picture may come back as a URL in one of several places, which leads to the picture without a key."""
    bench = make_bench(reply_form=form)
    reply = await bench.generate()
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json()["status"] == "success"
    url = URL_FORMS[form](reply.json())
    assert urlsplit(url).path.startswith("/_results/")
    assert urlsplit(url).path.endswith(".jpg")
    picture = await bench.fetch(url)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(BytesIO(picture.content)).format == "JPEG"
    assert int(picture.headers["content-length"]) == len(picture.content)


@pytest.mark.anyio
async def test_png_url(linking: Bench) -> None:
    """The URL of a PNG ends in `.png` and says so in its content type."""
    reply = await linking.post("/v2/image/generations/transparent", form={"prompt": "x"})
    url = reply.json()["url"]
    assert urlsplit(url).path.endswith(".png")
    picture = await linking.fetch(url)
    assert (picture.headers["content-type"], Image.open(BytesIO(picture.content)).format) == ("image/png", "PNG")


@pytest.mark.anyio
@pytest.mark.parametrize(("form", "begins"), [("base64", ""), ("data_uri", "data:image/jpeg;base64,")])
async def test_embedded(make_bench: Callable[..., Bench], form: str, begins: str) -> None:
    """A picture may come back within the JSON."""
    body = (await make_bench(reply_form=form).generate()).json()
    assert body.keys() == {"status", "image"}
    assert body["image"].startswith(begins)
    content = base64.b64decode(body["image"].removeprefix(begins), validate=True)
    assert Image.open(BytesIO(content)).format == "JPEG"


@pytest.mark.anyio
async def test_presigned(linking: Bench) -> None:
    """A URL has the query of a presigned one, with a lifetime in seconds."""
    query = parse_qs(urlsplit(await _url(linking)).query)
    assert query.keys() == {
        f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    }
    assert query["X-Amz-Expires"] == ["300"]


@pytest.mark.anyio
async def test_expiry(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """A URL is good for as long as it says, and answers 403 in the XML of an S3-compatible store afterwards."""
    bench = make_bench(reply_form="url", result_url_seconds=20)
    url = await _url(bench)
    clock.now += 20
    assert (await bench.fetch(url)).status_code == 200
    clock.now += 1
    reply = await bench.fetch(url)
    assert (reply.status_code, reply.headers["content-type"]) == (403, "application/xml")
    assert "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>" in reply.text


@pytest.mark.anyio
async def test_signed_anew(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """Each status reply signs its URLs anew: the later ones are good when the first have ended."""
    bench = make_bench(video_seconds=0, result_url_seconds=20)
    reply = await bench.post("/v2/video/text-to-video", form={"prompt": "x", "style": "fast-svd"})
    path = f"/v2/video/status/{reply.json()['id']}"
    urls = []
    for _ in range(2):
        urls.append((await bench.ask(path)).json()["video"]["url"]["thumbnail"])
        clock.now += 15
    assert [(await bench.fetch(url)).status_code for url in urls] == [403, 200]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "damage",
    [
        lambda url: url.partition("?")[0],
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url.replace("Expires=300", "Expires=9999"),
        lambda url: url.replace("Expires=300", "Expires=soon"),
        lambda url: url.replace("X-Amz-Date=2", "X-Amz-Date=3"),
        lambda url: url.replace("/_results/", "/_results/x"),
        lambda url: url.replace(".jpg", ".png"),
        lambda url: url + "%C3%A9",
    ],
)
async def test_tampered(linking: Bench, damage: Callable[[str], str]) -> None:
    """A URL whose name, date, lifetime or signature was changed answers 403."""
    url = await _url(linking)
    assert damage(url) != url
    reply = await linking.fetch(damage(url))
    assert (reply.status_code, "<Code>AccessDenied</Code>" in reply.text) == (403, True)


@pytest.mark.anyio
async def test_no_key_beside_a_signature(linking: Bench) -> None:
    """A URL that comes with the key answers 400, as stores refuse two ways to sign at once."""
    reply = await linking.fetch(await _url(linking), authorization="Bearer vk-sandbox")
    assert (reply.status_code, "<Code>InvalidArgument</Code>" in reply.text) == (400, True)


@pytest.mark.anyio
async def test_only_reading(linking: Bench) -> None:
    """A URL can be read and asked for its headers, and nothing else."""
    url = await _url(linking)
    replies = [await linking.fetch(url, method=method) for method in ("HEAD", "POST", "DELETE")]
    assert [reply.status_code for reply in replies] == [200, 405, 405]


@pytest.mark.anyio
async def test_oldest_picture_makes_room(make_bench: Callable[..., Bench]) -> None:
    """Once the memory that is set aside is full, the oldest picture is gone and its URL answers 404."""
    bench = make_bench(reply_form="url", max_result_bytes=1)
    first, second = await _url(bench), await _url(bench)
    assert (await bench.fetch(second)).status_code == 200
    reply = await bench.fetch(first)
    assert (reply.status_code, "<Code>NoSuchKey</Code>" in reply.text) == (404, True)


@pytest.mark.anyio
async def test_url_follows_the_host(linking: Bench) -> None:
    """A URL leads to where the request came, whatever name the sandbox was called by."""
    async with linking.client() as client:
        form: Any = {"prompt": (None, "x"), "style": (None, "anime")}
        reply = await client.post("https://box.test:8443/v2/image/generations", files=form)
    assert reply.json()["url"].startswith("https://box.test:8443/_results/")


def test_over_sockets(clock: Ticks) -> None:
    """On a real port a URL leads back to that port, ranges work, and the clock that was brought is kept."""
    settings = SandboxSettings(side=32, reply_form="url")
    form: Any = {"prompt": (None, "x"), "style": (None, "anime")}
    with running_sandbox(settings, engine=FlatEngine(), clock=clock) as sandbox:
        headers = {"authorization": f"Bearer {sandbox.key}"}
        url = httpx.post(f"{sandbox.base_url}/v2/image/generations", files=form, headers=headers).json()["url"]
        assert url.startswith(f"{sandbox.base_url}/_results/")
        whole = httpx.get(url)
        part = httpx.get(url, headers={"range": "bytes=2-5"})
        head = httpx.head(url)
        clock.now += 301
        late = httpx.get(url)
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))
    assert late.status_code == 403


RESULT = Result(bytes(range(10)), "video/mp4")


@pytest.mark.parametrize(
    ("asked", "expected", "told"),
    [
        ("bytes=0-3", RESULT.content[:4], "bytes 0-3/10"),
        ("bytes=7-", RESULT.content[7:], "bytes 7-9/10"),
        ("bytes=7-99", RESULT.content[7:], "bytes 7-9/10"),
        ("bytes=-2", RESULT.content[8:], "bytes 8-9/10"),
        ("bytes=-99", RESULT.content, "bytes 0-9/10"),
        ("bytes=9-9", RESULT.content[9:], "bytes 9-9/10"),
    ],
)
def test_ranges(asked: str, expected: bytes, told: str) -> None:
    """One range of bytes is answered with these bytes and their place."""
    reply = reply_with(RESULT, asked)
    assert (reply.status_code, reply.body, reply.headers["content-range"]) == (206, expected, told)
    assert reply.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("asked", [None, "", "bytes=", "bytes=-", "bytes=0-1,4-5", "pages=1-2", "bytes=a-b"])
def test_no_range(asked: str | None) -> None:
    """Several ranges, other units and nonsense get the whole result, which offers ranges of bytes."""
    reply = reply_with(RESULT, asked)
    assert (reply.status_code, reply.body, reply.headers["accept-ranges"]) == (200, RESULT.content, "bytes")


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_impossible_range(asked: str) -> None:
    """A range beyond the end, or of nothing, answers 416 with the length."""
    reply = reply_with(RESULT, asked)
    assert (reply.status_code, reply.headers["content-range"], reply.body) == (416, "bytes */10", b"")


def test_store_counts_bytes() -> None:
    """The store keeps as many bytes as it may, counts a replaced result once, and always keeps the newest."""
    store = ResultStore(10)
    for name, size in (("a", 6), ("a", 4), ("b", 6)):
        store.put(name, Result(bytes(size), "x"))
    assert [store.get(name) is not None for name in "ab"] == [True, True]
    store.put("c", Result(bytes(5), "x"))
    assert [store.get(name) is not None for name in "abc"] == [False, False, True]
    store.put("d", Result(bytes(50), "x"))
    assert [store.get(name) is not None for name in "cd"] == [False, True]


@given(st.dictionaries(st.sampled_from(["X-Amz-Date", "X-Amz-Expires", "X-Amz-Signature"]), st.text(max_size=80)))
def test_no_made_up_signature(members: dict[str, str]) -> None:
    """Whatever a stranger makes up, the signature is refused and nothing breaks."""
    signer = Signer(Timeline(lambda: 0.0), 300)
    assert signer.objection("x.jpg", members) == "The request's signature is missing or does not match."
