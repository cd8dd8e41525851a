"""Pictures come back as the documented bytes, the same for the same request, on any event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import trio
from PIL import Image

from imagine_async.catalog import ENDPOINTS, V1_ENDPOINTS, Endpoint
from imagine_async.sandbox import SandboxSettings, create_app
from imagine_async.sandbox.painting import PAINTERS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
Ask = Callable[["Bench", Endpoint], Any]


@pytest.fixture
def ask(picture: Callable[..., bytes]) -> Ask:
    """Send the smallest whole form an endpoint takes."""

    async def send(bench: Bench, endpoint: Endpoint) -> Any:
        needed = [field for field in endpoint.fields if field.required]
        form = {field.name: field.default or "a red fox" for field in needed if field.kind == "text"}
        form |= {"seed": "7"} if endpoint.field("seed") else {}
        return await bench.post(
            endpoint.path, form=form, files={field.name: picture() for field in needed if field.kind == "file"}
        )

    return send


def test_every_endpoint_has_a_painter() -> None:
    """Every picture endpoint of the catalog has a painter, and no painter is without an endpoint."""
    assert set(PAINTERS) == {endpoint.name for endpoint in (*ENDPOINTS, *V1_ENDPOINTS)}


@pytest.mark.anyio
@every_endpoint
async def test_reply(bench: Bench, ask: Ask, endpoint: Endpoint) -> None:
    """Each endpoint answers with the bytes of a picture in its format, with their length, as an octet stream."""
    reply = await ask(bench, endpoint)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/octet-stream"
    assert int(reply.headers["content-length"]) == len(reply.content)
    result = Image.open(BytesIO(reply.content))
    assert result.format == endpoint.reply.upper()
    assert result.size == bench.engine.calls[0][1]["size"]
    assert bench.engine.calls[0][0] == endpoint.name


@pytest.mark.anyio
@every_endpoint
async def test_image_content_type(make_bench: Callable[..., Bench], ask: Ask, endpoint: Endpoint) -> None:
    """Where the settings say so, the content type names the picture's format."""
    reply = await ask(make_bench(image_content_type=True), endpoint)
    assert reply.headers["content-type"] == f"image/{endpoint.reply}"


@pytest.mark.anyio
@every_endpoint
async def test_real_engine(ask: Ask, endpoint: Endpoint, make_bench: Callable[..., Bench]) -> None:
    """The engine that ships with the sandbox serves every endpoint, twice with the same bytes."""
    bench = make_bench()
    bench.app = create_app(SandboxSettings(side=64))
    first, second = await ask(bench, endpoint), await ask(bench, endpoint)
    assert first.status_code == 200
    assert Image.open(BytesIO(first.content)).format == endpoint.reply.upper()
    assert first.content == second.content


@pytest.mark.anyio
async def test_edits_hardly_blur(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A JPEG of an edit keeps the pixels outside the mask within a few grey levels, at full colour resolution."""
    noise = Image.effect_noise((64, 64), 40).convert("RGB")
    noise.putpixel((5, 5), (255, 0, 0))
    monkeypatch.setattr(bench.engine, "retouch", lambda image, mask: image)
    upload = BytesIO()
    noise.save(upload, "PNG")
    reply = await bench.post("/v2/image/edits/remove", files={"image": upload.getvalue(), "mask": upload.getvalue()})
    picture: Any = Image.open(BytesIO(reply.content))
    before, after = noise.tobytes(), picture.tobytes()
    assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) / len(before) < 3
    assert picture.layer[0][1:3] == (1, 1)


@pytest.mark.anyio
async def test_transparency_becomes_white(bench: Bench, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    """A transparent result of an endpoint that answers with JPEG stands on white."""
    clear = Image.new("RGBA", (16, 16), (255, 0, 0, 0))
    monkeypatch.setattr(bench.engine, "upscale", lambda image: clear)
    reply = await bench.post("/v2/image/enhance", files={"image": _png(clear)})
    assert Image.open(BytesIO(reply.content)).getpixel((8, 8)) == (255, 255, 255)


def _png(picture: Image.Image) -> bytes:
    target = BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def test_one_app_on_many_loops(bench: Bench) -> None:
    """One application serves asyncio and trio loops one after the other and at the same time."""
    barrier = threading.Barrier(4)

    def on_asyncio() -> int:
        barrier.wait(10)
        return asyncio.run(bench.generate()).status_code

    def on_trio() -> int:
        barrier.wait(10)
        return trio.run(bench.generate).status_code

    for _ in range(2):
        with ThreadPoolExecutor(4) as threads:
            runs = [threads.submit(run) for run in (on_asyncio, on_trio) * 2]
            assert [run.result() for run in runs] == [200] * 4
    assert bench.books()["calls"] == 8
