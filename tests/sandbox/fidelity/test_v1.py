"""The first generation of the API."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from imagine_async.catalog import V1_ENDPOINTS, Endpoint, V1AspectRatio, V1Style

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio

ROOT = "/v1/imagine/api"
GENERATIONS, REMIX = f"{ROOT}/generations", f"{ROOT}/edits/remix"
KNOWN_STATUSES = {200, 400, 401, 402, 422, 424, 429, 500, 503}
every_endpoint = pytest.mark.parametrize("endpoint", V1_ENDPOINTS, ids=lambda endpoint: endpoint.name)


async def _whole(bench: Bench, endpoint: Endpoint, picture: bytes, **changes: str) -> Any:
    """Send the smallest whole form that an endpoint takes; files are labelled as the vendor's Python client does."""
    files = {
        field.name: (f"{field.name}.jpeg", picture, "image/jpeg")
        for field in endpoint.fields
        if field.required and field.kind == "file"
    }
    return await bench.post(endpoint.path, form={"prompt": "a red fox", **changes}, files=files)


async def _status_with(bench: Bench, headers: dict[str, str]) -> int:
    async with bench.client(None) as client:
        reply = await client.post(GENERATIONS, headers=headers, files={"prompt": (None, "x")})
    return reply.status_code


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Bearer vk-sandbox"}, {"Bearer": "vk-sandbox"}, {"bearer": "vk-sandbox"}]
)
async def test_f30_either_header(bench: Bench, headers: dict[str, str]) -> None:
    """F30: The first generation takes the key as `Authorization: Bearer` and as a header named `Bearer`."""
    assert await _status_with(bench, headers) == 200


@pytest.mark.parametrize(
    ("path", "part", "value"),
    [(GENERATIONS, "cfg", "99"), (GENERATIONS, "style_id", "999"), (REMIX, "strength", "101"), (REMIX, "steps", "x")],
)
@pytest.mark.parametrize(("switch", "status"), [(False, 400), (True, 422)])
async def test_f31_wrong_values(
    make_bench: Callable[..., Bench],
    picture: Callable[..., bytes],
    path: str,
    part: str,
    value: str,
    *,
    switch: bool,
    status: int,
) -> None:
    """F31: A wrong value is refused with the 400 of the pages, or by a switch with the 422 that the clients know."""
    bench = make_bench(v1_unprocessable=switch)
    reply = await bench.post(path, form={"prompt": "x", part: value}, files={"image": picture()})
    assert (reply.status_code, reply.json()["code"]) == (status, status)


async def test_f31_not_elsewhere(make_bench: Callable[..., Bench]) -> None:
    """F31: The switch makes no 422 of a missing part, of a ratio that fails, or in the second generation."""
    bench = make_bench(v1_unprocessable=True)
    assert (await bench.post(GENERATIONS, form={"cfg": "7"})).status_code == 400
    assert (await bench.post(GENERATIONS, form={"prompt": "x", "aspect_ratio": "7:5"})).status_code == 500
    assert (await bench.generate(seed="x")).status_code == 400


@every_endpoint
async def test_f46_png(bench: Bench, picture: Callable[..., bytes], endpoint: Endpoint) -> None:
    """F46: Each endpoint answers the bytes of one PNG, and calls them so."""
    reply = await _whole(bench, endpoint, picture())
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/png")
    assert Image.open(BytesIO(reply.content)).format == "PNG"


@pytest.mark.parametrize("path", [f"{ROOT}/upscale", f"{ROOT}/upscale/"])
async def test_f47_slash(bench: Bench, picture: Callable[..., bytes], path: str) -> None:
    """F47: Upscale is there with and without a slash at the end, as the vendor's two clients call it."""
    assert (await bench.post(path, files={"image": picture()})).status_code == 200


async def test_f48_error_body(bench: Bench) -> None:
    """F48: An error is JSON of a number, a list of details and a text, unlike the second generation's."""
    body = (await bench.post(GENERATIONS, form={"style_id": "27"})).json()
    assert {name: type(value) for name, value in body.items()} == {"code": int, "details": list, "error": str}
    assert [type(detail) for detail in body["details"]] == [str]


@pytest.mark.parametrize("key", [None, "vk-wrong", "vk-old"])
async def test_f49_key(make_bench: Callable[..., Bench], key: str | None) -> None:
    """F49: A missing, wrong or expired key answers 401: the clients know no 406."""
    bench = make_bench(expired_keys=("vk-old",))
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    assert await _status_with(bench, headers) == 401


async def test_f49_all_statuses(make_bench: Callable[..., Bench]) -> None:
    """F49: Success, no tokens, too many requests and a failing service have numbers that the clients know."""
    bench = make_bench(credits=8, rate_limit="3/60s")
    seen = [(await bench.post(GENERATIONS, form={"prompt": "x"})).status_code for _ in range(2)]
    bench.engine.failure = RuntimeError("out of paint")
    broken = make_bench()
    broken.engine.failure = RuntimeError("out of paint")
    seen.append((await broken.post(GENERATIONS, form={"prompt": "x"})).status_code)
    seen.extend([(await bench.post(GENERATIONS, form={})).status_code for _ in range(2)])
    assert seen == [200, 424, 503, 400, 429]
    assert set(seen) <= KNOWN_STATUSES


async def test_f50_ratio_that_fails(bench: Bench) -> None:
    """F50: Text to image answers 500, not 400, to a ratio that is not listed."""
    assert (await bench.post(GENERATIONS, form={"prompt": "x", "aspect_ratio": "7:5"})).status_code == 500


@pytest.mark.parametrize("ratio", V1AspectRatio)
async def test_f51_ratios(bench: Bench, ratio: str) -> None:
    """F51: Text to image takes the eleven listed ratios."""
    assert len(V1AspectRatio) == 11
    assert (await bench.post(GENERATIONS, form={"prompt": "x", "aspect_ratio": ratio})).status_code == 200


@pytest.mark.parametrize("style", V1Style)
async def test_f51_styles(bench: Bench, style: int) -> None:
    """F51: Text to image takes every number of a style that was seen."""
    assert (await bench.post(GENERATIONS, form={"prompt": "x", "style_id": str(int(style))})).status_code == 200


async def test_f51_default_style(bench: Bench) -> None:
    """F51: Without a number the style is 27."""
    await bench.post(GENERATIONS, form={"prompt": "x"})
    assert list(bench.books()["lines"]) == ["v1.generations/27"]


@pytest.mark.parametrize(("part", "low", "high"), [("cfg", "3", "15"), ("steps", "30", "50")])
async def test_f51_ranges(bench: Bench, part: str, low: str, high: str) -> None:
    """F51: The ends of a documented range belong to it; what lies beyond is refused."""
    asked = [low, high, str(int(low) - 1), str(int(high) + 1)]
    replies = [await bench.post(GENERATIONS, form={"prompt": "x", part: value}) for value in asked]
    assert [reply.status_code for reply in replies] == [200, 200, 400, 400]


async def test_f52_remix(bench: Bench, picture: Callable[..., bytes]) -> None:
    """F52: A remix without a picture, or of what is none, answers 400; it takes three styles and five ratios."""
    form = {"prompt": "x"}
    assert (await bench.post(REMIX, form=form)).status_code == 400
    assert (await bench.post(REMIX, form=form, files={"image": b"GIF89a"})).status_code == 400
    changes = [{"style_id": "21"}, {"aspect_ratio": "3:2"}, {"style_id": "27"}, {"aspect_ratio": "2:3"}]
    replies = [await bench.post(REMIX, form=form | change, files={"image": picture()}) for change in changes]
    assert [reply.status_code for reply in replies] == [200, 200, 400, 400]


async def test_f53_inpaint_fields(bench: Bench, picture: Callable[..., bytes]) -> None:
    """F53: Inpaint takes what either of the vendor's clients sends."""
    files = {"image": picture(), "mask": picture()}
    sent = [
        {"model_version": "1"},
        {"style_id": "1", "cfg": "7.5", "neg_prompt": "dogs", "inpaint_strength": "0.5"},
    ]
    replies = [await bench.post(f"{ROOT}/edits/inpaint", form={"prompt": "x"} | form, files=files) for form in sent]
    assert [reply.status_code for reply in replies] == [200, 200]


@pytest.mark.parametrize("path", ["/background/remover", "/generations/background", "/face/headshot", "/edits/filters"])
async def test_f54_unreleased(bench: Bench, picture: Callable[..., bytes], path: str) -> None:
    """F54: What stands in unreleased versions of the clients only is not there."""
    reply = await bench.post(f"{ROOT}{path}", form={"prompt": "x"}, files={"image": picture()})
    assert reply.status_code == 404


@pytest.mark.parametrize(
    ("path", "part", "good", "bad"),
    [
        ("/generations/variations", "strength", ["0", "0.85", "1"], "1.01"),
        ("/generations/guided", "generation_bias", ["0.2", "1.2"], "1.21"),
        ("/generations/guided", "artistic_noise", ["0.1", "0.2"], "0.21"),
        ("/generations/guided", "aesthetics_weight", ["0.4", "1"], "0.39"),
        ("/edits/remix", "strength", ["0", "100"], "-1"),
    ],
)
async def test_f57_ranges_of_pictures(
    bench: Bench, picture: Callable[..., bytes], path: str, part: str, good: list[str], bad: str
) -> None:
    """F57: The calls that start from a picture have ranges of their own."""
    replies = [
        await bench.post(f"{ROOT}{path}", form={"prompt": "x", part: value}, files={"image": picture()})
        for value in (*good, bad)
    ]
    assert [reply.status_code for reply in replies] == [200] * len(good) + [400]
