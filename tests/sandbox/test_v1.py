"""The first generation of the API: keys, ranges, refusals, and pictures of each call."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageChops, ImageStat

from imagine_async.catalog import V1_ENDPOINTS, Endpoint, FormField, V1AspectRatio, V1Style
from imagine_async.sandbox import SandboxSettings, create_app
from imagine_async.sandbox.field_checks import check_part
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.v1.blending import draw_edges, recolour, vary

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

ROOT = "/v1/imagine/api"
GENERATIONS = f"{ROOT}/generations"
every_endpoint = pytest.mark.parametrize("endpoint", V1_ENDPOINTS, ids=lambda endpoint: endpoint.name)


async def _ask(bench: Bench, path: str, image: bytes | None = None, mask: bytes | None = None, **form: str) -> Any:
    files = {name: content for name, content in (("image", image), ("mask", mask)) if content is not None}
    return await bench.post(f"{ROOT}{path}", form={"prompt": "a red fox", **form}, files=files)


async def _whole(bench: Bench, endpoint: Endpoint, picture: bytes, **changes: str) -> Any:
    """Send the smallest whole form that an endpoint takes."""
    files = {field.name: picture for field in endpoint.fields if field.required and field.kind == "file"}
    return await bench.post(endpoint.path, form={"prompt": "a red fox", **changes}, files=files)


@pytest.mark.anyio
@every_endpoint
async def test_reply(bench: Bench, picture: Callable[..., bytes], endpoint: Endpoint) -> None:
    """Each endpoint answers with a PNG that is called one."""
    reply = await _whole(bench, endpoint, picture())
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/png")
    assert Image.open(BytesIO(reply.content)).format == "PNG"
    assert reply.headers["x-ratelimit-limit"] == "50"


@pytest.mark.anyio
@every_endpoint
async def test_real_engine(make_bench: Callable[..., Bench], picture: Callable[..., bytes], endpoint: Endpoint) -> None:
    """The engine that ships with the sandbox serves every endpoint, twice with the same bytes for the same seed."""
    bench = make_bench()
    bench.app = create_app(SandboxSettings(side=64))
    first, second = [await _whole(bench, endpoint, picture(), seed="7") for _ in range(2)]
    assert first.status_code == 200
    assert first.content == second.content


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer vk-sandbox"},
        {"Bearer": "vk-sandbox"},
        {"bearer": " vk-sandbox "},
        {"authorization": "Basic x", "bearer": "vk-sandbox"},
    ],
)
async def test_keys(bench: Bench, headers: dict[str, str]) -> None:
    """The key may stand in `Authorization`, or naked in a header named `Bearer`."""
    async with bench.client(None) as client:
        reply = await client.post(GENERATIONS, headers=headers, files={"prompt": (None, "x")})
    assert reply.status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [{}, {"bearer": " "}, {"bearer": "vk-wrong"}, {"authorization": "Bearer vk-wrong"}])
@pytest.mark.parametrize("path", [GENERATIONS, f"{ROOT}/invented"])
async def test_no_key(bench: Bench, headers: dict[str, str], path: str) -> None:
    """A missing or wrong key answers 401 on every path, in the body of v1, and is not repeated."""
    async with bench.client(None) as client:
        reply = await client.post(path, headers=headers)
    assert reply.status_code == 401
    assert reply.json()["code"] == 401
    assert reply.json()["error"] == "Unauthorized"
    assert "vk-wrong" not in reply.text


@pytest.mark.anyio
async def test_slash(bench: Bench, picture: Callable[..., bytes]) -> None:
    """Only upscale may end in a slash, which the vendor's Python client sends; its page has none."""
    replies = [await _ask(bench, path, picture()) for path in ("/upscale", "/upscale/", "/edits/remix/")]
    assert [reply.status_code for reply in replies] == [200, 200, 404]


@pytest.mark.anyio
async def test_error_body(bench: Bench) -> None:
    """A refused form answers 400 with a number, details and a text."""
    reply = await bench.post(GENERATIONS, form={"style_id": "27"})
    assert reply.status_code == 400
    assert reply.json() == {"code": 400, "details": ["No prompt was provided."], "error": "Bad Request"}


@pytest.mark.anyio
async def test_no_tokens(make_bench: Callable[..., Bench]) -> None:
    """Too few tokens answer 424, the number that the vendor's clients know for it."""
    reply = await _ask(make_bench(credits=4), "/generations")
    assert (reply.status_code, reply.json()["code"], reply.json()["details"]) == (424, 424, ["Not enough tokens."])


@pytest.mark.anyio
async def test_rate_limit(make_bench: Callable[..., Bench]) -> None:
    """Both generations share the rate limit; v1 refuses in its own body."""
    bench = make_bench(rate_limit="1/60s", retry_after=True)
    assert (await bench.generate()).status_code == 200
    reply = await _ask(bench, "/generations")
    assert (reply.status_code, reply.json()["code"], reply.headers["retry-after"]) == (429, 429, "60")


@pytest.mark.anyio
async def test_failing_engine(bench: Bench) -> None:
    """A call whose engine fails answers 503 and costs nothing."""
    bench.engine.failure = RuntimeError("out of paint")
    reply = await _ask(bench, "/generations")
    assert (reply.status_code, reply.json()["code"]) == (503, 503)
    assert bench.books()["credits_left"] == 1000


@pytest.mark.anyio
async def test_too_large(make_bench: Callable[..., Bench]) -> None:
    """A body over the cap answers 413 in v1's body too."""
    reply = await _ask(make_bench(max_body_bytes=10), "/generations")
    assert (reply.status_code, reply.json()["code"]) == (413, 413)


@pytest.mark.anyio
async def test_books(bench: Bench, picture: Callable[..., bytes]) -> None:
    """Calls are booked by endpoint and number of the style, where there is one."""
    await _ask(bench, "/generations")
    await _ask(bench, "/generations", style_id="+027")
    await _ask(bench, "/generations", style_id="21")
    await _ask(bench, "/edits/inpaint", picture(), picture())
    await _ask(bench, "/edits/inpaint", picture(), picture(), style_id="1")
    await _ask(bench, "/upscale", picture())
    assert {line: row["calls"] for line, row in bench.books()["lines"].items()} == {
        "v1.generations/27": 2,
        "v1.generations/21": 1,
        "v1.inpaint": 1,
        "v1.inpaint/1": 1,
        "v1.upscale": 1,
    }


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "part", "value", "message"),
    [
        ("/generations", "cfg", "2.9", "The cfg must be from 3 to 15."),
        ("/generations", "cfg", "15.1", "The cfg must be from 3 to 15."),
        ("/generations", "cfg", "nan", "The cfg must be a number."),
        ("/generations", "cfg", "1_0", "The cfg must be a number."),
        ("/generations", "cfg", "", "The cfg is empty."),
        ("/generations", "steps", "29", "The steps must be from 30 to 50."),
        ("/generations", "steps", "30.5", "The steps must be an integer."),
        ("/generations", "high_res_results", "2", "The high_res_results must be one of 0, 1."),
        ("/generations", "style_id", "anime", "The style_id must be an integer."),
        ("/generations", "style_id", "999", "The style_id is not known."),
        ("/generations", "seed", "x", "The seed must be an integer."),
        ("/generations/variations", "strength", "1.01", "The strength must be from 0 to 1."),
        ("/generations/variations", "aspect_ratio", "7:5", "The aspect_ratio must be one of 1:1, 4:3, "),
        ("/edits/remix", "style_id", "27", "The style_id must be one of 21, 22, 29."),
        ("/edits/remix", "control", "pose", "The control must be one of openpose, "),
        ("/edits/remix", "strength", "101", "The strength must be from 0 to 100."),
        ("/edits/remix", "aspect_ratio", "3:4", "The aspect_ratio must be one of 1:1, 9:16, 16:9, 4:3, 3:2."),
        ("/edits/inpaint", "model_version", "2", "The model_version must be one of 1."),
        ("/edits/inpaint", "inpaint_strength", "strong", "The inpaint_strength must be a number."),
        ("/upscale", "model_version", "2", "The model_version must be one of 1."),
        ("/generations/guided", "generation_bias", "0.1", "The generation_bias must be from 0.2 to 1.2."),
        ("/generations/guided", "artistic_noise", "0.3", "The artistic_noise must be from 0.1 to 0.2."),
        ("/generations/guided", "aesthetics_weight", "1.1", "The aesthetics_weight must be from 0.4 to 1."),
        ("/generations/guided", "aspect_ratio", "wide", "The aspect_ratio must be one of 1:1, 4:3, "),
    ],
)
async def test_bad_values(
    bench: Bench, picture: Callable[..., bytes], path: str, part: str, value: str, message: str
) -> None:
    """A value that no page or client of the vendor knows answers 400, names its part and costs nothing."""
    reply = await _ask(bench, path, picture(), picture(), **{part: value})
    assert (reply.status_code, reply.json()["code"]) == (400, 400)
    assert reply.json()["details"][0].startswith(message)
    assert not bench.engine.calls
    assert bench.books()["credits_left"] == 1000


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["3", "15", "7.5", "+7.", ".5e1", "75E-1"])
async def test_numbers(bench: Bench, value: str) -> None:
    """A number may be written in every usual way, and the ends of a range belong to it."""
    assert (await _ask(bench, "/generations", cfg=value, steps="30", seed="0")).status_code == 200


@pytest.mark.anyio
async def test_unlisted_ratio(bench: Bench) -> None:
    """Text to image fails with 500 over an unlisted ratio, as the live service was seen to."""
    reply = await _ask(bench, "/generations", aspect_ratio="7:5")
    assert (reply.status_code, reply.json()["code"], reply.json()["error"]) == (500, 500, "Internal Server Error")
    assert bench.books()["credits_left"] == 1000


@pytest.mark.anyio
@pytest.mark.parametrize("ratio", V1AspectRatio)
async def test_every_ratio(bench: Bench, ratio: str) -> None:
    """Every documented ratio is taken by text to image, and gives a picture of about that shape."""
    assert (await _ask(bench, "/generations", aspect_ratio=ratio)).status_code == 200
    width, height = bench.engine.calls[0][1]["size"]
    across, _, down = ratio.partition(":")
    assert width / height == pytest.approx(int(across) / int(down), rel=0.05)


@pytest.mark.anyio
@pytest.mark.parametrize("style", V1Style)
async def test_every_style(bench: Bench, style: int) -> None:
    """Every known style is taken, and painted in a look that the engine has."""
    assert (await _ask(bench, "/generations", style_id=str(int(style)))).status_code == 200
    looks = {21: "anime", 29: "realistic", 110: "realistic", 115: "realistic", 119: "realistic", 27: "imagine-turbo"}
    painted = bench.engine.calls[0][1]["style"]
    assert painted == looks.get(style, painted)


@pytest.mark.anyio
async def test_high_resolution(bench: Bench) -> None:
    """High resolution makes a larger picture."""
    for wish in ("0", "1"):
        await _ask(bench, "/generations", high_res_results=wish)
    assert [asked["size"] for _, asked in bench.engine.calls] == [(64, 64), (96, 96)]


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/generations/variations", "/edits/remix", "/generations/guided"])
async def test_picture_to_picture(bench: Bench, picture: Callable[..., bytes], path: str) -> None:
    """A call that starts from a picture answers in the asked ratio, and another picture or seed leads elsewhere."""
    pictures = [picture((40, 10)), picture((40, 10)), picture((40, 10), mode="RGBA")]
    for content, seed in zip([*pictures, pictures[0]], ("7", "7", "7", "8"), strict=True):
        reply = await _ask(bench, path, content, seed=seed, aspect_ratio="16:9")
        assert Image.open(BytesIO(reply.content)).size == (84, 48)
    seeds = [asked["seed"] for _, asked in bench.engine.calls]
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 3


@pytest.mark.anyio
async def test_edits(bench: Bench, picture: Callable[..., bytes]) -> None:
    """Inpaint and upscale are the engine's fill and upscale."""
    await _ask(bench, "/edits/inpaint", picture(), picture(), model_version="1", inpaint_strength="0.5")
    await _ask(bench, "/upscale", picture(), model_version="1")
    assert [name for name, _ in bench.engine.calls] == ["generative_fill", "upscale"]


@pytest.mark.anyio
@every_endpoint
async def test_missing_parts(bench: Bench, picture: Callable[..., bytes], endpoint: Endpoint) -> None:
    """Each required part of each endpoint is named when it is missing."""
    needed = [field for field in endpoint.fields if field.required]
    for missing in needed:
        form = {field.name: "x" for field in needed if field.kind == "text" and field is not missing}
        files = {field.name: picture() for field in needed if field.kind == "file" and field is not missing}
        reply = await bench.post(endpoint.path, form={"unknown": "x", **form}, files=files)
        assert (reply.status_code, reply.json()["details"]) == (400, [f"No {missing.name} was provided."])


@pytest.mark.anyio
async def test_unequal_mask(bench: Bench, picture: Callable[..., bytes]) -> None:
    """A mask of another size than its picture answers 400."""
    reply = await _ask(bench, "/edits/inpaint", picture((20, 10)), picture((10, 20)))
    assert (reply.status_code, "same width" in reply.json()["details"][0]) == (400, True)


@pytest.mark.anyio
async def test_json_reply(make_bench: Callable[..., Bench]) -> None:
    """The form of the replies is that of the settings in v1 as well."""
    bench = make_bench(reply_form="url")
    reply = await _ask(bench, "/generations")
    assert (await bench.fetch(reply.json()["url"])).headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("low", "high", "value", "message"),
    [(2, None, "1", "The x must be 2 or more."), (None, 2, "3", "The x must be 2 or less.")],
)
def test_open_ranges(low: float | None, high: float | None, value: str, message: str) -> None:
    """A range may be open at one end."""
    field = FormField("x", "number", low=low, high=high)
    check_part(field, "2")
    with pytest.raises(RefusedError, match=message):
        check_part(field, value)


def _halves(left: str, right: str) -> Image.Image:
    picture = Image.new("RGB", (64, 64), left)
    picture.paste(Image.new("RGB", (32, 64), right), (32, 0))
    return picture


SOURCE = _halves("navy", "white")
PAINTED = _halves("gold", "maroon").rotate(90)


def _likeness(first: Image.Image, second: Image.Image) -> float:
    """Return how much two pictures differ, in grey levels on average; small is alike."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean)


def test_vary() -> None:
    """A variation goes from the picture to the painting, and keeps the shapes of one of the two."""
    assert vary(SOURCE, PAINTED, 0).tobytes() == SOURCE.tobytes()
    assert vary(SOURCE, PAINTED, 1).tobytes() == PAINTED.tobytes()
    near, far = vary(SOURCE, PAINTED, 0.3), vary(SOURCE, PAINTED, 0.85)
    assert 0 < _likeness(near, SOURCE) < _likeness(near, PAINTED)
    assert 0 < _likeness(far, PAINTED) < _likeness(far, SOURCE)
    assert near.getpixel((5, 5)) == near.getpixel((5, 60))
    assert far.getpixel((5, 5)) == far.getpixel((60, 5))


def test_recolour() -> None:
    """Recolouring keeps the shapes of the picture and takes on the colours of the painting."""
    slightly, wholly = recolour(SOURCE, PAINTED, 0.2), recolour(SOURCE, PAINTED, 1)
    assert 0 < _likeness(slightly, SOURCE) < _likeness(wholly, SOURCE)
    light = wholly.convert("L")
    assert light.getpixel((5, 32)) != light.getpixel((60, 32))


def test_draw_edges() -> None:
    """Edges of the picture are dark lines on the painting, and elsewhere the painting stays."""
    drawn = draw_edges(SOURCE, PAINTED, 1)
    assert drawn.getpixel((16, 10)) == PAINTED.getpixel((16, 10))
    assert drawn.getpixel((32, 10)) != PAINTED.getpixel((32, 10))


def test_flat_picture() -> None:
    """A picture of one colour, which has no spread, can be varied."""
    flat = Image.new("RGB", (64, 64), "navy")
    assert vary(flat, PAINTED, 0.3).size == vary(PAINTED, flat, 0.3).size == (64, 64)
