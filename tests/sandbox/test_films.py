"""The films and thumbnails of finished jobs, decoded again."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import anyio
import av
import pytest
import trio
from anyio import to_thread
from PIL import Image, ImageChops, ImageSequence

from imagine_async.sandbox import SandboxSettings, create_app
from imagine_async.sandbox.videos.camera import FRAMES, frames
from imagine_async.sandbox.videos.encoding import MP4, best_format
from imagine_async.sandbox.videos.framing import film_size, nearest_film_size

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

FORM = {"prompt": "a red fox", "style": "fast-svd"}


@pytest.fixture
def quick(make_bench: Callable[..., Bench]) -> Bench:
    """A sandbox whose videos are finished at once."""
    return make_bench(video_seconds=0, rate_limit=None)


async def _urls(bench: Bench, *, form: dict[str, str] | None = None, picture: bytes | None = None) -> dict[str, str]:
    """Begin a video and return the URLs of its film and thumbnail."""
    path = "text-to-video" if picture is None else "image-to-video"
    files = {} if picture is None else {"file": picture}
    reply = await bench.post(f"/v2/video/{path}", form=FORM | (form or {}), files=files)
    status = await bench.ask(f"/v2/assets/{reply.json()['id']}/status")
    urls: dict[str, str] = status.json()["video"]["url"]
    return urls


def _decoded(film: bytes) -> tuple[list[Image.Image], str, float]:
    with av.open(BytesIO(film), "r") as container:
        stream = container.streams.video[0]
        assert stream.average_rate is not None
        shown: Iterable[Any] = container.decode(video=0)
        pictures = [frame.to_image() for frame in shown]
        return pictures, stream.codec_context.name, float(stream.average_rate)


def _difference(first: Image.Image, second: Image.Image) -> int:
    """Return the largest difference of any value."""
    return max(ImageChops.difference(first, second).tobytes())


def _grain(size: tuple[int, int]) -> bytes:
    """Code a picture in which every movement shows; WebP makes one frame of two that look alike."""
    target = BytesIO()
    Image.frombytes("RGB", size, random.Random(1).randbytes(3 * size[0] * size[1])).save(target, "PNG")
    return target.getvalue()


def _gradient(size: tuple[int, int]) -> bytes:
    target = BytesIO()
    channels = [Image.linear_gradient("L").rotate(angle).resize(size) for angle in (0, 90, 180)]
    Image.merge("RGB", channels).save(target, "PNG")
    return target.getvalue()


@pytest.mark.anyio
async def test_mp4(quick: Bench) -> None:
    """A film of text is two seconds of H.264 in which the camera moves slowly over a painted picture."""
    quick.app = create_app(SandboxSettings(side=256, video_seconds=0))
    urls = await _urls(quick, form={"aspect_ratio": "16:9"})
    reply = await quick.fetch(urls["generation"])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "video/mp4")
    pictures, codec, rate = _decoded(reply.content)
    assert (len(pictures), codec, rate) == (48, "h264", 24)
    assert {picture.size for picture in pictures} == {(168, 96)}
    assert _difference(pictures[0], pictures[-1]) > 50
    assert all(_difference(first, second) > 0 for first, second in pairwise(pictures[5:41]))


@pytest.mark.anyio
async def test_thumbnail(quick: Bench) -> None:
    """The thumbnail is a JPEG of the whole picture, which the film begins with."""
    urls = await _urls(quick, picture=_gradient((300, 200)))
    reply = await quick.fetch(urls["thumbnail"])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/jpeg")
    thumbnail = Image.open(BytesIO(reply.content))
    first = _decoded((await quick.fetch(urls["generation"])).content)[0][0]
    assert (thumbnail.format, thumbnail.size) == ("JPEG", first.size)
    assert _difference(thumbnail, first) < 60


@pytest.mark.anyio
async def test_film_of_a_picture(quick: Bench) -> None:
    """A film of a picture shows that picture in its own ratio, and nothing is painted."""
    source = _gradient((300, 200))
    urls = await _urls(quick, picture=source)
    pictures, *_ = _decoded((await quick.fetch(urls["generation"])).content)
    assert pictures[0].size == (40, 26)
    assert _difference(pictures[0], Image.open(BytesIO(source)).resize((40, 26))) < 60
    assert _difference(pictures[0], pictures[-1]) > 20
    assert not quick.engine.calls


@pytest.mark.anyio
async def test_asked_ratio_of_a_picture(quick: Bench) -> None:
    """A film of a picture takes the ratio that is asked for and cuts off what stands over."""
    urls = await _urls(quick, form={"aspect_ratio": "9:16"}, picture=_gradient((300, 200)))
    pictures, *_ = _decoded((await quick.fetch(urls["generation"])).content)
    assert pictures[0].size == (24, 42)


@pytest.mark.anyio
async def test_webp_without_pyav(make_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyAV a film is an animated WebP of the same length, and its URL says so."""
    monkeypatch.setitem(sys.modules, "av", None)
    bench = make_bench(video_seconds=0, side=512)
    urls = await _urls(bench, picture=_grain((300, 200)))
    assert ".webp?" in urls["generation"]
    reply = await bench.fetch(urls["generation"])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/webp")
    film = Image.open(BytesIO(reply.content))
    assert (film.format, film.size) == ("WEBP", (314, 208))
    pictures, lengths = _played(film)
    assert lengths == [42] * 48
    assert _difference(pictures[0], pictures[-1]) > 20


def _played(film: Image.Image) -> tuple[list[Image.Image], list[int]]:
    frames = [(frame.convert("RGB"), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
    return [picture for picture, _ in frames], [length for _, length in frames]


def test_without_x264(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build of FFmpeg without x264 makes MPEG-4 instead."""
    monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    picture = Image.open(BytesIO(_gradient((80, 40))))
    pictures, codec, _ = _decoded(MP4.encode(frames(picture, (64, 32), seed=1), (64, 32)))
    assert (len(pictures), pictures[0].size, codec) == (48, (64, 32), "mpeg4")
    assert best_format() is MP4


@pytest.mark.anyio
async def test_made_once(quick: Bench) -> None:
    """Readers who come at once get one film, which is painted once; a later one gets it again."""
    urls = await _urls(quick)
    quick.engine.gate = threading.Event()
    contents: list[bytes] = []

    async def fetch(url: str) -> None:
        contents.append((await quick.fetch(url)).content)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(fetch, urls["generation"])
        await to_thread.run_sync(quick.engine.entered.wait)
        quick.engine.gate.set()
    await fetch(urls["generation"])
    assert len(set(contents)) == 1
    assert (await quick.fetch(urls["thumbnail"])).status_code == 200
    assert len(quick.engine.calls) == 1
    assert quick.engine.calls[0][1]["size"] == (40, 40)


@pytest.mark.anyio
async def test_made_again(make_bench: Callable[..., Bench]) -> None:
    """A film that had to make room is made again with the same picture."""
    bench = make_bench(video_seconds=0, max_result_bytes=1)
    urls = await _urls(bench)
    for _ in range(2):
        assert (await bench.fetch(urls["generation"])).status_code == 200
    assert len(bench.engine.calls) == 2
    assert bench.engine.calls[0] == bench.engine.calls[1]


@pytest.mark.anyio
async def test_deleted_film(quick: Bench) -> None:
    """The URL of a deleted job answers 404, even if it is still good and its film was made."""
    urls = await _urls(quick)
    await quick.fetch(urls["generation"])
    job = urls["generation"].rpartition("/")[2].partition(".")[0]
    assert (await quick.ask(f"/v2/video/{job}", method="DELETE")).status_code == 200
    reply = await quick.fetch(urls["generation"])
    assert (reply.status_code, "<Code>NoSuchKey</Code>" in reply.text) == (404, True)


@pytest.mark.anyio
async def test_failing_engine(quick: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """A film that cannot be made answers 500 in XML and is logged; the next reader may have more luck."""
    urls = await _urls(quick)
    quick.engine.failure = RuntimeError("out of paint")
    reply = await quick.fetch(urls["generation"])
    assert (reply.status_code, "<Code>InternalError</Code>" in reply.text) == (500, True)
    assert "out of paint" in caplog.text
    assert "out of paint" not in reply.text
    quick.engine.failure = None
    assert (await quick.fetch(urls["generation"])).status_code == 200


def test_any_loop(quick: Bench) -> None:
    """A job that was begun on one event loop can be asked for and fetched on others."""
    urls = asyncio.run(_urls(quick))
    replies = [trio.run(quick.fetch, urls["generation"]), asyncio.run(quick.fetch(urls["thumbnail"]))]
    assert [reply.status_code for reply in replies] == [200, 200]


@pytest.mark.parametrize("seed", [0, 90, 180, 359])
def test_camera(seed: int) -> None:
    """Whatever its direction, the camera begins with the whole picture and never leaves it."""
    target = BytesIO(_gradient((80, 60)))
    pictures = list(frames(Image.open(target), (64, 48), seed=seed))
    assert len(pictures) == FRAMES
    assert pictures[0].tobytes() == Image.open(target).resize((64, 48), Image.Resampling.BICUBIC).tobytes()
    assert pictures[-1].tobytes() != pictures[0].tobytes()


@pytest.mark.parametrize(
    ("source", "size"),
    [((1000, 1000), (512, 512)), ((1000, 500), (724, 362)), ((1, 9000), (296, 888)), ((9000, 1), (888, 296))],
)
def test_sizes(source: tuple[int, int], size: tuple[int, int]) -> None:
    """A film keeps its picture's ratio and the usual area, in even numbers, but is never a mere line."""
    assert nearest_film_size(source, (1024, 1024)) == size


def test_smallest_size() -> None:
    """The smallest sandbox still makes films that the codecs take."""
    assert film_size((16, 16)) == (16, 16)
