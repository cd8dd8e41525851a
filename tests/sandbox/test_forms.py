"""What a form must hold, and how it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from imagine_async.catalog import ENDPOINTS, AspectRatio, Style

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio

FILL = "/v2/image/edits/generative-fill"
RESIZE = "/v2/image/edits/ai-resize"
UPSCALE = "/v2/image/enhance"
REMOVER = "/v2/image/background/remover"


@pytest.mark.parametrize("style", Style)
async def test_every_style(bench: Bench, style: str) -> None:
    """Every documented style is taken and handed to the engine."""
    assert (await bench.generate(style=style)).status_code == 200
    assert bench.engine.calls[0][1]["style"] == style


@pytest.mark.parametrize("ratio", AspectRatio)
async def test_every_ratio(bench: Bench, ratio: str) -> None:
    """Every documented ratio is taken, and gives a picture of about that shape."""
    assert (await bench.generate(aspect_ratio=ratio)).status_code == 200
    width, height = bench.engine.calls[0][1]["size"]
    across, _, down = ratio.partition(":")
    assert width / height == pytest.approx(int(across) / int(down), rel=0.05)


@pytest.mark.parametrize(
    ("part", "value", "code", "message"),
    [
        ("prompt", None, 1103, "No prompt was provided."),
        ("prompt", " \n", 1103, "No prompt was provided."),
        ("style", None, 1103, "No style was provided."),
        ("style", "", 1103, "No style was provided."),
        ("style", "cubist", 1100, "The style must be one of anime, "),
        ("style", "Anime", 1100, "The style must be one of anime, "),
        ("aspect_ratio", "2:3", 1100, "The aspect_ratio must be one of 1:1, "),
        ("aspect_ratio", "", 1100, "The aspect_ratio is empty."),
        ("seed", "0", 1100, "The seed must be 1 or more."),
        ("seed", "-5", 1100, "The seed must be 1 or more."),
        ("seed", "1.5", 1100, "The seed must be an integer."),
        ("seed", "1_000", 1100, "The seed must be an integer."),
        ("seed", "\u0665", 1100, "The seed must be an integer."),
        ("seed", "9" * 5000, 1100, "The seed must be an integer."),
        ("seed", "", 1100, "The seed is empty."),
    ],
)
async def test_bad_text(bench: Bench, part: str, value: str | None, code: int, message: str) -> None:
    """A missing part answers 1103, a part with a bad value 1100, both with 400 and a message that names the part."""
    reply = await bench.generate(**{part: value})
    assert (reply.status_code, reply.json()["code"]) == (400, code)
    assert reply.json()["message"].startswith(message)
    assert not bench.engine.calls


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
async def test_missing_parts(bench: Bench, picture: Callable[..., bytes], endpoint: Any) -> None:
    """Each required part of each endpoint is named when it is missing."""
    for missing in (field for field in endpoint.fields if field.required):
        others = [field for field in endpoint.fields if field.required and field is not missing]
        form = {field.name: field.default or "x" for field in others if field.kind == "text"} | {"unknown": "x"}
        files = {field.name: picture() for field in others if field.kind == "file"}
        reply = await bench.post(endpoint.path, form=form, files=files)
        assert (reply.status_code, reply.json()["code"]) == (400, 1103)
        assert reply.json()["message"] == f"No {missing.name} was provided."


@pytest.mark.parametrize("seed", ["1", "+7", "123456789", "9" * 30])
async def test_good_seeds(bench: Bench, seed: str) -> None:
    """Seeds have no upper bound that anybody documented."""
    assert (await bench.generate(seed=seed)).status_code == 200
    assert bench.engine.calls[0][1]["seed"] == int(seed)


@pytest.mark.parametrize("seed", ["0", "-5"])
async def test_any_seed(make_bench: Callable[..., Bench], seed: str) -> None:
    """Seeds of zero or less are let through where the settings say so."""
    bench = make_bench(accept_any_seed=True)
    assert (await bench.generate(seed=seed)).status_code == 200
    assert bench.engine.calls[0][1]["seed"] == int(seed)


async def test_missing_seed(bench: Bench) -> None:
    """Without a seed each call draws one of its own."""
    for _ in range(3):
        await bench.generate(seed=None)
    seeds = {asked["seed"] for _, asked in bench.engine.calls}
    assert len(seeds) == 3
    assert min(seeds) >= 1


async def test_unknown_parts_are_ignored(bench: Bench, picture: Callable[..., bytes]) -> None:
    """Parts that the endpoint does not know are ignored, files and pictures too."""
    form = {"prompt": "x", "style": "anime", "negative_prompt": "y", "cfg": "7"}
    reply = await bench.post("/v2/image/generations", form=form, files={"image": b"no picture", "file": picture()})
    assert reply.status_code == 200


async def test_last_of_twins_counts(bench: Bench) -> None:
    """Of two parts with one name the last counts."""
    twins: Any = [("prompt", (None, "a")), ("style", (None, "x")), ("style", (None, "anime"))]
    async with bench.client() as client:
        assert (await client.post("/v2/image/generations", files=twins)).status_code == 200


async def test_text_as_file(bench: Bench) -> None:
    """A text part that comes as a file is refused."""
    reply = await bench.post("/v2/image/generations", form={"style": "anime"}, files={"prompt": b"a fox"})
    assert (reply.status_code, reply.json()["message"]) == (400, "The prompt must be text, not a file.")


async def test_file_as_text(bench: Bench) -> None:
    """A file part that comes as text is refused."""
    reply = await bench.post(UPSCALE, form={"image": "a fox"})
    assert (reply.status_code, reply.json()["message"]) == (400, "The image must be a file.")


async def test_unicode_prompt(bench: Bench) -> None:
    """A prompt arrives at the engine letter for letter, whatever its script."""
    prompt = "ein Fuchs im Schnee \u72d0 \U0001f98a \u0442\u0440\u043e\u0439\r\nline two"
    assert (await bench.generate(prompt=prompt)).status_code == 200
    assert bench.engine.calls[0][1]["prompt"] == prompt


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_formats(bench: Bench, picture: Callable[..., bytes], kind: str) -> None:
    """PNG, JPEG and WebP are pictures, whatever the file's name and type say."""
    reply = await bench.post(UPSCALE, files={"image": ("../../evil.exe", picture(kind=kind), "text/html")})
    assert reply.status_code == 200
    assert bench.engine.calls[0][1]["image"].size == (20, 10)


@pytest.mark.parametrize(
    ("mode", "expected"), [("L", "RGB"), ("P", "RGB"), ("I;16", "RGB"), ("RGBA", "RGBA"), ("LA", "RGBA")]
)
async def test_modes(bench: Bench, picture: Callable[..., bytes], mode: str, expected: str) -> None:
    """The engine gets RGB, or RGBA where the picture has transparency."""
    assert (await bench.post(UPSCALE, files={"image": picture(mode=mode)})).status_code == 200
    assert bench.engine.calls[0][1]["image"].mode == expected


@pytest.mark.parametrize("damage", ["text", "empty", "cut", "gif", "half header"])
async def test_no_picture(bench: Bench, picture: Callable[..., bytes], damage: str) -> None:
    """Text, nothing, a cut picture and formats that are not taken answer 400 with code 1100 and cost nothing."""
    whole = picture((400, 300))
    bad = {
        "text": b"a red fox",
        "empty": b"",
        "cut": whole[: len(whole) * 2 // 3],
        "gif": picture(kind="GIF"),
        "half header": whole[:20],
    }
    reply = await bench.post(UPSCALE, files={"image": bad[damage]})
    assert (reply.status_code, reply.json()["code"]) == (400, 1100)
    assert reply.json()["message"] == "The image is not a whole JPEG, PNG or WebP picture."
    assert bench.books()["credits_left"] == 1000


async def test_cut_jpeg(bench: Bench, picture: Callable[..., bytes]) -> None:
    """A cut JPEG is refused too, although much of it can be decoded."""
    reply = await bench.post(UPSCALE, files={"image": picture((400, 300), kind="JPEG")[:-200]})
    assert (reply.status_code, reply.json()["code"]) == (400, 1100)


async def test_too_many_pixels(make_bench: Callable[..., Bench], picture: Callable[..., bytes]) -> None:
    """A picture of more pixels than allowed is refused; one of exactly as many is not."""
    bench = make_bench(max_pixels=200)
    assert (await bench.post(REMOVER, files={"image": picture((20, 10))})).status_code == 200
    reply = await bench.post(REMOVER, files={"image": picture((21, 10))})
    assert (reply.status_code, reply.json()["message"]) == (400, "The image has more than 200 pixels.")


@pytest.mark.parametrize("side", [10_000, 20_000])
async def test_decompression_bomb(bench: Bench, picture: Callable[..., bytes], side: int) -> None:
    """A small file of an enormous picture is refused from its header, past Pillow's own limits too."""
    reply = await bench.post(UPSCALE, files={"image": picture((side, side), mode="1")})
    assert (reply.status_code, reply.json()["message"]) == (400, "The image has more than 40000000 pixels.")


@pytest.mark.parametrize("path", [FILL, "/v2/image/edits/remove"])
async def test_unequal_mask(bench: Bench, picture: Callable[..., bytes], path: str) -> None:
    """A mask of another size than its picture answers 400 with code 1100."""
    files = {"image": picture((20, 10)), "mask": picture((10, 20))}
    reply = await bench.post(path, form={"prompt": "x"}, files=files)
    assert (reply.status_code, reply.json()["code"]) == (400, 1100)
    assert reply.json()["message"] == "The mask must have the same width and height as the image."


async def test_mask_is_grey(bench: Bench, picture: Callable[..., bytes]) -> None:
    """A mask of any mode reaches the engine as grey values."""
    files = {"image": picture(), "mask": picture(mode="RGBA")}
    assert (await bench.post(FILL, form={"prompt": "x"}, files=files)).status_code == 200
    assert bench.engine.calls[0][1]["mask"].mode == "L"


async def test_large_upload(bench: Bench, picture: Callable[..., bytes]) -> None:
    """A picture that is too large for memory's share of an upload arrives whole by way of the disk."""
    large = picture() + b"\0" * 3_000_000
    assert (await bench.post(UPSCALE, files={"image": large})).status_code == 200


@pytest.mark.parametrize(
    ("size", "form", "expected"),
    [
        ((100, 100), {}, (134, 100)),
        ((120, 100), {}, (134, 100)),
        ((160, 90), {}, (160, 107)),
        ((300, 100), {}, (300, 169)),
        ((10, 100), {}, (57, 100)),
        ((100, 100), {"aspect_ratio": "9:16"}, (100, 178)),
        ((100, 100), {"aspect_ratio": "16:9"}, (178, 100)),
        ((100, 100), {"aspect_ratio": "1:1"}, (100, 100)),
        ((100, 100), {"width": "64", "height": "32"}, (64, 32)),
    ],
)
async def test_resize_target(
    bench: Bench, picture: Callable[..., bytes], size: tuple[int, int], form: dict[str, str], expected: tuple[int, int]
) -> None:
    """AI Resize extends to the asked size or ratio, or else to the nearest wider documented ratio."""
    reply = await bench.post(RESIZE, form=form, files={"image": picture(size)})
    assert reply.status_code == 200
    assert bench.engine.calls[0][1]["size"] == expected


@pytest.mark.parametrize(
    "form",
    [
        {"width": "64"},
        {"height": "64"},
        {"width": "64", "height": "64", "aspect_ratio": "1:1"},
        {"width": "0", "height": "64"},
        {"width": "-64", "height": "-64"},
        {"width": "64", "height": "tall"},
        {"width": "100000", "height": "100000"},
        {"aspect_ratio": "2:3"},
    ],
)
async def test_bad_resize_target(bench: Bench, picture: Callable[..., bytes], form: dict[str, str]) -> None:
    """A target that is half given, contradictory, empty or enormous answers 400 with code 1100."""
    reply = await bench.post(RESIZE, form=form, files={"image": picture()})
    assert (reply.status_code, reply.json()["code"]) == (400, 1100)


async def test_resize_takes_prompt_and_mask(bench: Bench, picture: Callable[..., bytes]) -> None:
    """AI Resize takes the prompt and mask that a caller was seen to send; the mask may have any size."""
    files = {"image": picture(), "mask": picture((5, 5))}
    assert (await bench.post(RESIZE, form={"prompt": "more snow"}, files=files)).status_code == 200
    assert bench.engine.calls[0][1]["prompt"] == "more snow"
