"""Pictures: their bytes, their formats, and what each endpoint takes."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from imagine_async.catalog import (
    AI_BACKGROUND,
    AI_RESIZE,
    ENDPOINTS,
    GENERATIVE_FILL,
    RETOUCH,
    TEXT_TO_IMAGE,
    TEXT_TO_PNG,
    Endpoint,
)
from imagine_async.sandbox import SandboxSettings, create_app

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio

FILL = "/v2/image/edits/generative-fill"
PNGS = {"text_to_png", "remove_background"}
PROMPTED = (TEXT_TO_IMAGE, TEXT_TO_PNG, GENERATIVE_FILL, AI_BACKGROUND)
every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


async def _whole(bench: Bench, endpoint: Endpoint, picture: bytes, **changes: str) -> Any:
    """Send the smallest whole form that an endpoint takes."""
    needed = [field for field in endpoint.fields if field.required]
    form = {field.name: field.default or "a red fox" for field in needed if field.kind == "text"}
    files = {field.name: picture for field in needed if field.kind == "file"}
    return await bench.post(endpoint.path, form=form | changes, files=files)


async def _refusal(bench: Bench, path: str, form: dict[str, str], files: dict[str, bytes]) -> tuple[int, int, str]:
    reply = await bench.post(path, form=form, files=files)
    return reply.status_code, reply.json()["code"], reply.json()["message"]


def _half(size: tuple[int, int] = (64, 64)) -> bytes:
    """Code a mask whose left half is white."""
    mask, target = Image.new("L", size), BytesIO()
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    mask.save(target, "PNG")
    return target.getvalue()


@every_endpoint
async def test_f01_bytes(make_bench: Callable[..., Bench], picture: Callable[..., bytes], endpoint: Endpoint) -> None:
    """F1: A picture is the body itself, as octets by default and under the name of its format by a switch."""
    plain = await _whole(make_bench(), endpoint, picture())
    named = await _whole(make_bench(image_content_type=True), endpoint, picture())
    types = [reply.headers["content-type"] for reply in (plain, named)]
    assert types == ["application/octet-stream", "image/png" if endpoint.name in PNGS else "image/jpeg"]
    assert plain.content == named.content
    assert Image.open(BytesIO(plain.content)).format


@every_endpoint
async def test_f02_formats(bench: Bench, picture: Callable[..., bytes], endpoint: Endpoint) -> None:
    """F2: Pictures are JPEG, but PNG with transparency where the background is gone."""
    image = Image.open(BytesIO((await _whole(bench, endpoint, picture())).content))
    assert (image.format, image.mode) == (("PNG", "RGBA") if endpoint.name in PNGS else ("JPEG", "RGB"))


async def test_f16_ai_resize(bench: Bench, picture: Callable[..., bytes]) -> None:
    """F16: AI Resize needs a picture; prompt and mask may come with it."""
    assert await _refusal(bench, AI_RESIZE.path, {"prompt": "x"}, {}) == (400, 1103, "No image was provided.")
    alone = await bench.post(AI_RESIZE.path, files={"image": picture()})
    full = await bench.post(AI_RESIZE.path, form={"prompt": "x"}, files={"image": picture(), "mask": picture()})
    assert [reply.status_code for reply in (alone, full)] == [200, 200]


async def test_f17_retouch(bench: Bench, picture: Callable[..., bytes]) -> None:
    """F17: Retouch needs a picture and a mask, and no prompt."""
    for missing, given in (("mask", "image"), ("image", "mask")):
        refusal = await _refusal(bench, RETOUCH.path, {"prompt": "x"}, {given: picture()})
        assert refusal == (400, 1103, f"No {missing} was provided.")
    assert (await bench.post(RETOUCH.path, files={"image": picture(), "mask": picture()})).status_code == 200


async def test_f25_equal_sizes(bench: Bench, picture: Callable[..., bytes]) -> None:
    """F25: A mask has the width and height of its picture, or the call is refused as invalid."""
    status, code, message = await _refusal(
        bench, FILL, {"prompt": "x"}, {"image": picture((20, 10)), "mask": picture((10, 20))}
    )
    assert (status, code, "same width and height" in message) == (400, 1100, True)


async def test_f25_white_changes(bench: Bench, picture: Callable[..., bytes]) -> None:
    """F25: White marks what is filled; where the mask is black the picture stays."""
    bench.app = create_app(SandboxSettings(side=64))
    source = picture((64, 64))
    reply = await bench.post(FILL, form={"prompt": "snow"}, files={"image": source, "mask": _half()})
    filled = Image.open(BytesIO(reply.content)).convert("L")
    white, black = (max(filled.crop(box).tobytes()) for box in ((0, 0, 24, 64), (40, 0, 64, 64)))
    assert (white > 60, black < 20) == (True, True)


async def test_f33_observed_size(make_bench: Callable[..., Bench]) -> None:
    """F33: A picture of text is, without a ratio, 1024 pixels wide and high."""
    reply = await make_bench(side=1024).generate()
    assert Image.open(BytesIO(reply.content)).size == (1024, 1024)


@every_endpoint
async def test_f34_nothing_else(bench: Bench, picture: Callable[..., bytes], endpoint: Endpoint) -> None:
    """F34: Each call makes one picture; no header tells a seed, a price, a balance or an id."""
    reply = await _whole(bench, endpoint, picture())
    assert len(bench.engine.calls) == 1
    known = {"content-length", "content-type", "vary"}
    assert {name for name in reply.headers if not name.startswith("x-ratelimit-")} == known


@pytest.mark.parametrize("path", ["/v2/image/background/remover", "/v2/image/enhance"])
async def test_f35_picture_alone(bench: Bench, picture: Callable[..., bytes], path: str) -> None:
    """F35: Background removal and upscale need a picture and take nothing else."""
    assert await _refusal(bench, path, {"prompt": "x"}, {}) == (400, 1103, "No image was provided.")
    assert (await bench.post(path, files={"image": picture()})).status_code == 200


async def test_f36_ai_background(bench: Bench, picture: Callable[..., bytes]) -> None:
    """F36: AI Backgrounds needs prompt and picture; the only style is product-shoot, and it may be missing."""
    form, files = {"prompt": "a beach"}, {"image": picture(mode="RGBA")}
    asked = [form, form | {"style": "product-shoot", "seed": "12"}, form | {"style": "anime"}]
    replies = [await bench.post(AI_BACKGROUND.path, form=each, files=files) for each in asked]
    assert [reply.status_code for reply in replies] == [200, 200, 400]
    assert await _refusal(bench, AI_BACKGROUND.path, {}, files) == (400, 1103, "No prompt was provided.")


async def test_f37_transparent(bench: Bench) -> None:
    """F37: Text to PNG takes prompt, ratio and seed, and has no style."""
    form = {"prompt": "a red fox", "aspect_ratio": "16:9", "seed": "12", "style": "no style at all"}
    reply = await bench.post("/v2/image/generations/transparent", form=form)
    width, height = Image.open(BytesIO(reply.content)).size
    assert width > height
    assert list(bench.books()["lines"]) == ["text_to_png"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_f38_labels(bench: Bench, picture: Callable[..., bytes], kind: str) -> None:
    """F38: What a file is does not depend on its part's name or content type: clients call everything a JPEG."""
    part = ("image.jpeg", picture(kind=kind), "image/jpeg")
    assert (await bench.post("/v2/image/enhance", files={"image": part})).status_code == 200


@pytest.mark.parametrize("endpoint", PROMPTED, ids=lambda endpoint: endpoint.name)
async def test_f44_prompt(bench: Bench, picture: Callable[..., bytes], endpoint: Endpoint) -> None:
    """F44: A call that paints from words is refused without any."""
    reply = await _whole(bench, endpoint, picture(), prompt="")
    assert (reply.status_code, reply.json()["message"]) == (400, "No prompt was provided.")
    assert (await _whole(bench, endpoint, picture())).status_code == 200
