"""URLs of results, over sockets."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import av
import httpx
import pytest
from PIL import Image

from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine

if TYPE_CHECKING:
    from tests.sandbox.conftest import Ticks

SECONDS = 20


@pytest.fixture
def sandbox(clock: Ticks) -> Iterator[RunningSandbox]:
    """A sandbox on a port whose videos are there at once and whose clock can be set."""
    settings = SandboxSettings(side=64, video_seconds=0, result_url_seconds=SECONDS)
    with running_sandbox(settings, engine=FlatEngine(), clock=clock) as running:
        yield running


def _headers(sandbox: RunningSandbox) -> dict[str, str]:
    return {"authorization": f"Bearer {sandbox.key}"}


@pytest.fixture
def job(sandbox: RunningSandbox) -> str:
    """Begin a video and return its id."""
    form: Any = {"prompt": (None, "waves"), "style": (None, "fast-svd")}
    reply = httpx.post(f"{sandbox.base_url}/v2/video/text-to-video", files=form, headers=_headers(sandbox))
    return str(reply.json()["id"])


def _urls(sandbox: RunningSandbox, job: str) -> dict[str, str]:
    reply = httpx.get(f"{sandbox.base_url}/v2/assets/{job}/status", headers=_headers(sandbox))
    urls: dict[str, str] = reply.json()["video"]["url"]
    return urls


def test_f32_presigned(sandbox: RunningSandbox, job: str) -> None:
    """F32: A result's URL carries a signature and its life in seconds, and needs no key."""
    url = _urls(sandbox, job)["generation"]
    query = parse_qs(urlsplit(url).query)
    assert {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"} < query.keys()
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], [str(SECONDS)])
    assert httpx.get(url).status_code == 200


def test_f32_expiry(sandbox: RunningSandbox, job: str, clock: Ticks) -> None:
    """F32: Once its seconds are over the URL answers 403, and a new status brings one that works."""
    old = _urls(sandbox, job)["generation"]
    clock.now += SECONDS
    assert httpx.get(old).status_code == 200
    clock.now += 1
    fresh = _urls(sandbox, job)["generation"]
    assert [httpx.get(url).status_code for url in (old, fresh)] == [403, 200]


def test_f32_changed(sandbox: RunningSandbox, job: str) -> None:
    """F32: A URL without its signature, or with a longer life than was signed, answers 403."""
    url = _urls(sandbox, job)["generation"]
    changed = [url.partition("?")[0], url.replace(f"Expires={SECONDS}", "Expires=9999")]
    assert [httpx.get(each).status_code for each in changed] == [403, 403]


def test_f55_mp4(sandbox: RunningSandbox, job: str) -> None:
    """F55: A video is an MP4 file, and its thumbnail a picture."""
    urls = _urls(sandbox, job)
    film = httpx.get(urls["generation"])
    assert film.headers["content-type"] == "video/mp4"
    with av.open(BytesIO(film.content), "r") as container:
        assert "mp4" in container.format.name.split(",")
        assert len(container.streams.video) == 1
    assert Image.open(BytesIO(httpx.get(urls["thumbnail"]).content)).format == "JPEG"
