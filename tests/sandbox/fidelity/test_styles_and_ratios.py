"""Styles, aspect ratios, prices by style, and fields that nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from imagine_async.catalog import PRICES, AspectRatio, Invented, Style, VideoAspectRatio, VideoStyle

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio

IMAGES = ("/v2/image/generations", "/v2/image/generations/transparent")
VIDEO = "/v2/video/text-to-video"


async def _statuses(bench: Bench, path: str, ratios: tuple[str, ...]) -> set[tuple[int, int | None]]:
    form = {"prompt": "a red fox", "style": "anime" if path.startswith("/v2/image") else "fast-svd"}
    replies = [await bench.post(path, form=form | {"aspect_ratio": ratio}) for ratio in ratios]
    return {(reply.status_code, reply.json()["code"] if reply.is_error else None) for reply in replies}


async def test_f03_missing_style(bench: Bench) -> None:
    """F3: Text to image without a style is refused in the words and with the code of the published sample."""
    reply = await bench.generate(style=None)
    assert (reply.status_code, reply.json()) == (
        400,
        {"status": "error", "code": 1103, "error": "InvalidBody", "message": "No style was provided."},
    )


@pytest.mark.parametrize("style", Style)
async def test_f03_known_styles(bench: Bench, style: str) -> None:
    """F3: Every listed style is painted."""
    assert (await bench.generate(style=style)).status_code == 200


async def test_f03_unknown_style(bench: Bench) -> None:
    """F3: A style that does not exist is an invalid request."""
    reply = await bench.generate(style="imagine-v9")
    assert (reply.status_code, reply.json()["code"], reply.json()["error"]) == (400, 1100, "BadRequest")


@pytest.mark.parametrize("path", IMAGES)
async def test_f04_picture_ratios(bench: Bench, path: str) -> None:
    """F4: Pictures have six ratios; another one is an invalid request, 2:3 of the first generation too."""
    assert await _statuses(bench, path, tuple(AspectRatio)) == {(200, None)}
    assert await _statuses(bench, path, ("2:3", "5:4", "square", "1024x1024")) == {(400, 1100)}


async def test_f04_video_ratios(bench: Bench) -> None:
    """F4: Videos have three ratios; another one is an invalid request, those of pictures too."""
    assert await _statuses(bench, VIDEO, tuple(VideoAspectRatio)) == {(200, None)}
    assert await _statuses(bench, VIDEO, ("4:3", "3:2", "3:4", "wide")) == {(400, 1100)}


async def test_f04_default_ratio(bench: Bench) -> None:
    """F4: A picture without a ratio is square."""
    reply = await bench.generate()
    assert len(set(Image.open(BytesIO(reply.content)).size)) == 1


async def test_f06_unknown_fields(bench: Bench) -> None:
    """F6: Fields that an endpoint does not know change nothing, a negative prompt and a file neither."""
    plain = await bench.generate()
    stranger = await bench.generate(negative_prompt="dogs", high_res_results="1", cfg="99", steps="x", seed2="")
    form = {"prompt": "a red fox", "style": "anime", "seed": "7"}
    filed = await bench.post(IMAGES[0], form=form, files={"image": b"no picture", "file": b""})
    assert plain.content == stranger.content == filed.content
    assert bench.engine.calls[0] == bench.engine.calls[1] == bench.engine.calls[2]


async def test_f07_price_of_sdxl(make_bench: Callable[..., Bench]) -> None:
    """F7: The style without a published price costs what the settings say."""
    line = f"text_to_image/{Style.SDXL}"
    assert line not in PRICES
    bench = make_bench(prices={**Invented.PRICES, line: 8})
    await bench.generate(style=Style.SDXL)
    assert bench.books()["lines"][line] == {"calls": 1, "tokens": 8}


@pytest.mark.parametrize(
    ("style", "tokens"),
    [("imagine-turbo", 1), ("anime", 5), ("realistic", 5), ("flux-schnell", 5), ("flux-dev-fast", 5), ("flux-dev", 15)],
)
async def test_f39_published_prices(bench: Bench, style: str, tokens: int) -> None:
    """F39: Each style of the price table costs what stands there."""
    await bench.generate(style=style)
    assert bench.books()["tokens"] == tokens


@pytest.mark.parametrize("style", VideoStyle)
async def test_f40_video_styles(bench: Bench, style: str) -> None:
    """F40: Every video style that was seen anywhere is taken."""
    reply = await bench.post(VIDEO, form={"prompt": "waves", "style": style})
    assert reply.status_code == 200


@pytest.mark.parametrize("missing", ["prompt", "style"])
async def test_f40_video_needs_a_style(bench: Bench, missing: str) -> None:
    """F40: A video without prompt or style is refused: there is no default."""
    form = {"prompt": "waves", "style": "fast-svd"}
    del form[missing]
    reply = await bench.post(VIDEO, form={"unknown": "x"} | form)
    assert (reply.status_code, reply.json()["code"]) == (400, 1103)
