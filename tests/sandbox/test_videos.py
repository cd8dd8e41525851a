"""Video jobs: how they are asked for, paid, watched and deleted."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from imagine_async.catalog import VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS, Invented, VideoStyle

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench, Ticks

pytestmark = pytest.mark.anyio

TEXT = "/v2/video/text-to-video"
IMAGE = "/v2/video/image-to-video"
NUMBERS, ASSETS, DEPRECATED = VIDEO_STATUS_PATHS
FORM = {"prompt": "a red fox", "style": "fast-svd"}
every_status_path = pytest.mark.parametrize("path", VIDEO_STATUS_PATHS)


async def _begin(bench: Bench, **changes: str | None) -> str:
    """Begin a video and return its id."""
    form = {name: value for name, value in (FORM | changes).items() if value is not None}
    reply = await bench.post(TEXT, form=form)
    assert reply.status_code == 200
    return str(reply.json()["id"])


async def _status(bench: Bench, job: str, path: str = ASSETS) -> dict[str, Any]:
    reply = await bench.ask(path.format(id=job))
    assert (reply.status_code, reply.json()["status"]) == (200, "success")
    video: dict[str, Any] = reply.json()["video"]
    return video


async def test_creation(bench: Bench) -> None:
    """A job answers its id, which is no other's, and the documented word."""
    replies = [(await bench.post(TEXT, form=FORM)).json() for _ in range(2)]
    assert [reply["status"] for reply in replies] == ["processing"] * 2
    assert replies[0].keys() == {"id", "status"}
    assert replies[0]["id"] != replies[1]["id"]


@pytest.mark.parametrize("path", [ASSETS, DEPRECATED])
async def test_words(make_bench: Callable[..., Bench], clock: Ticks, path: str) -> None:
    """Two paths tell the stage as a word: pending for half of the time, then processing, then finished."""
    bench = make_bench(video_seconds=10)
    job = await _begin(bench)
    words = []
    for passed in (0, 4.75, 0.25, 4.75):
        clock.now += passed
        video = await _status(bench, job, path)
        words.append(video["status"])
        assert video["url"] == {"generation": None, "thumbnail": None}
    assert words == ["pending", "pending", "processing", "processing"]
    clock.now += 0.25
    video = await _status(bench, job, path)
    assert (video["uuid"], video["status"]) == (job, "finished")
    assert video.keys() == {"uuid", "created_at", "status", "url"}
    assert video["url"]["generation"].startswith(f"http://sandbox/_results/{job}.mp4?X-Amz-Algorithm=")
    assert video["url"]["thumbnail"].startswith(f"http://sandbox/_results/{job}.jpg?X-Amz-Algorithm=")


async def test_numbers(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """The current path tells the stage as a number, has no URL before the end, and then lists of them."""
    bench = make_bench(video_seconds=10)
    job = await _begin(bench)
    codes = []
    for passed in (0, 5):
        clock.now += passed
        video = await _status(bench, job, NUMBERS)
        codes.append((video["code"], video["url"]))
    assert codes == [(0, None), (1, None)]
    clock.now += 5
    video = await _status(bench, job, NUMBERS)
    assert (video["code"], video["id"]) == (2, 1265)
    assert video.keys() == {"code", "created_at", "id", "settings", "url"}
    assert video["settings"] == {"prompt": "a red fox", "style_id": "11001", "variation": "text_to_video"}
    assert [len(video["url"][name]) for name in ("generation", "thumbnail")] == [1, 1]
    assert video["url"]["generation"][0].startswith(f"http://sandbox/_results/{job}.mp4?")


async def test_creation_date(bench: Bench, clock: Ticks) -> None:
    """A job's date is that of its creation, on every path and at any time, and later jobs have later ones."""
    first = await _begin(bench)
    dates = {(await _status(bench, first, path))["created_at"] for path in VIDEO_STATUS_PATHS}
    clock.now += 60
    dates.add((await _status(bench, first))["created_at"])
    assert len(dates) == 1
    assert dates.pop() < (await _status(bench, await _begin(bench)))["created_at"]


@pytest.mark.parametrize(("seconds", "word"), [(0, "finished"), (float("inf"), "pending")])
async def test_extreme_times(make_bench: Callable[..., Bench], clock: Ticks, seconds: float, word: str) -> None:
    """A video of no seconds is finished at once, one of infinitely many never."""
    bench = make_bench(video_seconds=seconds)
    job = await _begin(bench)
    clock.now += 0 if word == "finished" else 1e9
    assert (await _status(bench, job))["status"] == word


async def test_post_asks_as_well(bench: Bench) -> None:
    """The path whose page says POST in its text takes one; the others do not."""
    job = await _begin(bench)
    replies = [await bench.ask(path.format(id=job), method="POST") for path in VIDEO_STATUS_PATHS]
    assert [reply.status_code for reply in replies] == [405, 200, 405]
    assert replies[1].json()["video"]["uuid"] == job


@every_status_path
async def test_path_switched_off(make_bench: Callable[..., Bench], path: str) -> None:
    """Status paths that are not served answer 404 with a page in HTML, after the key; the others go on."""
    bench = make_bench(status_paths=(path,))
    job = await _begin(bench)
    replies = {known: await bench.ask(known.format(id=job)) for known in VIDEO_STATUS_PATHS}
    assert [known for known in replies if replies[known].status_code == 200] == [path]
    off = next(known for known in VIDEO_STATUS_PATHS if known != path)
    assert (replies[off].status_code, replies[off].headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Page not found" in replies[off].text
    assert (await bench.ask(off.format(id=job), key=None)).status_code == 400


@every_status_path
async def test_unknown_id(bench: Bench, path: str) -> None:
    """An id that is nobody's answers 404 with the usual body; the number of a reply is no id."""
    await _begin(bench)
    for job in ("1265", "00000000-0000-0000-0000-000000000000"):
        reply = await bench.ask(path.format(id=job))
        assert (reply.status_code, reply.json()["status"], reply.json()["code"]) == (404, "error", 1100)


async def test_jobs_belong_to_an_account(make_bench: Callable[..., Bench]) -> None:
    """Another key neither sees nor deletes a job."""
    bench = make_bench(keys=("vk-sandbox", "vk-other"))
    job = await _begin(bench)
    for method, path in (("GET", NUMBERS), ("GET", ASSETS), ("DELETE", VIDEO_DELETE_PATHS[0])):
        assert (await bench.ask(path.format(id=job), method=method, key="vk-other")).status_code == 404
    assert (await _status(bench, job))["uuid"] == job


@pytest.mark.parametrize("path", VIDEO_DELETE_PATHS)
async def test_deletion(bench: Bench, path: str) -> None:
    """Every path of deletion forgets a job, once, and neither its status nor its film is there afterwards."""
    job = await _begin(bench)
    reply = await bench.ask(path.format(id=job), method="DELETE")
    assert (reply.status_code, reply.json()) == (200, {"message": "video deleted", "status": "success"})
    assert (await bench.ask(ASSETS.format(id=job))).status_code == 404
    assert (await bench.ask(path.format(id=job), method="DELETE")).json()["code"] == 1100


async def test_post_deletes_as_well(bench: Bench) -> None:
    """The path whose page says POST in its endpoint line takes one; the others do not."""
    job = await _begin(bench)
    replies = [await bench.ask(path.format(id=job), method="POST") for path in reversed(VIDEO_DELETE_PATHS)]
    assert [reply.status_code for reply in replies] == [405, 405, 200]


async def test_deletion_switched_off(make_bench: Callable[..., Bench]) -> None:
    """Paths of deletion that are not served answer 404 with a page, and delete nothing."""
    bench = make_bench(delete_paths=())
    job = await _begin(bench)
    for path in VIDEO_DELETE_PATHS:
        reply = await bench.ask(path.format(id=job), method="DELETE")
        assert (reply.status_code, "Page not found" in reply.text) == (404, True)
    assert (await _status(bench, job))["uuid"] == job


async def test_charged_when_accepted(make_bench: Callable[..., Bench]) -> None:
    """A job is charged at once, under its style's own price where there is one."""
    bench = make_bench(prices={**Invented.PRICES, "text_to_video/veo-2": 80}, credits=140)
    await _begin(bench)
    await _begin(bench, style="veo-2")
    refused = await bench.post(TEXT, form=FORM)
    assert (refused.status_code, refused.json()["code"]) == (402, 1101)
    books = bench.books()
    assert (books["credits_left"], books["tokens"], books["tokens_reserved"]) == (10, 130, 0)
    assert books["lines"]["text_to_video/veo-2"] == {"calls": 1, "tokens": 80}


async def test_failure(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """A prompt with the marker, in whatever case, fails in the end; its tokens come back and its line is gone."""
    bench = make_bench(video_seconds=10)
    job = await _begin(bench, prompt="Please FAIL this job, fox")
    assert (bench.books()["credits_left"], bench.books()["calls"]) == (950, 1)
    clock.now += 5
    assert (await _status(bench, job))["status"] == "processing"
    clock.now += 5
    video = await _status(bench, job)
    assert (video["status"], video["url"]["generation"]) == ("failed", None)
    numbers = await _status(bench, job, NUMBERS)
    assert (numbers["code"], numbers["url"]) == (3, None)
    books = bench.books()
    assert (books["credits_left"], books["calls"], books["tokens"], books["calls_refunded"]) == (1000, 0, 0, 1)
    assert books["lines"] == {}


async def test_refund_can_be_spent(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """Tokens that came back pay for the next call, without anybody having looked at the books."""
    bench = make_bench(video_seconds=10, credits=50)
    await _begin(bench, prompt="fail this job")
    assert (await bench.post(TEXT, form=FORM)).status_code == 402
    clock.now += 10
    assert (await bench.post(TEXT, form=FORM)).status_code == 200


async def test_no_refund(make_bench: Callable[..., Bench]) -> None:
    """Without refunds a failed job stays charged."""
    bench = make_bench(video_seconds=0, refund_failed_jobs=False)
    job = await _begin(bench, prompt="fail this job")
    assert (await _status(bench, job))["status"] == "failed"
    assert (bench.books()["credits_left"], bench.books()["calls_refunded"]) == (950, 0)


async def test_own_markers(make_bench: Callable[..., Bench]) -> None:
    """The settings choose which prompts fail."""
    bench = make_bench(video_seconds=0, fail_prompts=("fox",))
    assert (await _status(bench, await _begin(bench)))["status"] == "failed"
    assert (await _status(bench, await _begin(bench, prompt="fail this job")))["status"] == "finished"


async def test_every_request_counts(make_bench: Callable[..., Bench]) -> None:
    """Creation, status and deletion all count against the rate limit."""
    bench = make_bench(rate_limit="3/60s")
    job = await _begin(bench)
    await _status(bench, job)
    assert (await bench.ask(VIDEO_DELETE_PATHS[0].format(id="x"), method="DELETE")).status_code == 404
    asked = [("POST", TEXT), ("GET", ASSETS), ("DELETE", VIDEO_DELETE_PATHS[0])]
    replies = [await bench.ask(path.format(id=job), method=method) for method, path in asked]
    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(429, 1202)] * 3


@pytest.mark.parametrize("style", [*VideoStyle, "kling-v1.6-standard-text-to-video"])
async def test_any_style(make_bench: Callable[..., Bench], style: str) -> None:
    """Every name of a model is taken; the number in the status is one that nobody documented."""
    bench = make_bench(video_seconds=0)
    video = await _status(bench, await _begin(bench, style=style), NUMBERS)
    assert video["settings"]["style_id"].startswith("11")


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"prompt": None}, 1103, "No prompt was provided."),
        ({"style": None}, 1103, "No style was provided."),
        ({"style": "no such/model"}, 1100, "The style is not the name of a model."),
        ({"style": "x" * 101}, 1100, "The style is not the name of a model."),
        ({"aspect_ratio": "4:3"}, 1100, "The aspect_ratio must be one of 1:1, 16:9, 9:16."),
    ],
)
async def test_bad_forms(bench: Bench, changes: dict[str, str | None], code: int, message: str) -> None:
    """A form that is not whole or holds what is not documented is refused, and costs nothing."""
    form = {name: value for name, value in (FORM | changes).items() if value is not None}
    reply = await bench.post(TEXT, form=form)
    assert (reply.status_code, reply.json()["code"], reply.json()["message"]) == (400, code, message)
    assert bench.books()["credits_left"] == 1000


async def test_image_to_video(make_bench: Callable[..., Bench], picture: Callable[..., bytes]) -> None:
    """A picture and a prompt begin a job of the other kind."""
    bench = make_bench(video_seconds=0)
    reply = await bench.post(IMAGE, form=FORM, files={"file": picture()})
    assert reply.json()["status"] == "processing"
    video = await _status(bench, reply.json()["id"], NUMBERS)
    assert video["settings"]["variation"] == "image_to_video"
    assert bench.books()["lines"] == {"image_to_video/fast-svd": {"calls": 1, "tokens": 50}}


async def test_alias(bench: Bench, picture: Callable[..., bytes], caplog: pytest.LogCaptureFixture) -> None:
    """A picture that comes as `image` is taken, with a warning, unless one comes as `file` too."""
    assert (await bench.post(IMAGE, form=FORM, files={"image": picture()})).status_code == 200
    assert "takes its picture as `file`" in caplog.text
    caplog.clear()
    files = {"image": b"no picture", "file": picture()}
    assert (await bench.post(IMAGE, form=FORM, files=files)).status_code == 200
    assert not caplog.records


@pytest.mark.parametrize(
    ("files", "code", "message"),
    [
        ({}, 1103, "No file was provided."),
        ({"file": b"no picture"}, 1100, "The file is not a whole JPEG, PNG or WebP picture."),
        ({"image": b"no picture"}, 1100, "The file is not a whole JPEG, PNG or WebP picture."),
    ],
)
async def test_bad_pictures(bench: Bench, files: dict[str, bytes], code: int, message: str) -> None:
    """A picture that is missing or none is refused, and costs nothing."""
    reply = await bench.post(IMAGE, form=FORM, files=files)
    assert (reply.status_code, reply.json()["code"], reply.json()["message"]) == (400, code, message)
    assert bench.books()["credits_left"] == 1000


async def test_oldest_finished_job_makes_room(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """With as many jobs as are remembered the oldest one that is over is forgotten; others stay."""
    bench = make_bench(max_jobs=2, video_seconds=10)
    first = await _begin(bench, prompt="fail this job")
    clock.now += 10
    second, third = await _begin(bench), await _begin(bench)
    found = [(await bench.ask(ASSETS.format(id=job))).status_code for job in (first, second, third)]
    assert found == [404, 200, 200]


async def test_too_many_running_jobs(make_bench: Callable[..., Bench], clock: Ticks) -> None:
    """Where all remembered jobs are running, the next one answers 429, costs nothing, and may come later."""
    bench = make_bench(max_jobs=1, video_seconds=10)
    await _begin(bench)
    refused = await bench.post(TEXT, form=FORM)
    assert (refused.status_code, refused.json()["code"]) == (429, 1202)
    books = bench.books()
    assert (books["credits_left"], books["calls_released"]) == (950, 1)
    clock.now += 10
    await _begin(bench)


async def test_large_picture_is_kept_small(make_bench: Callable[..., Bench], picture: Callable[..., bytes]) -> None:
    """Of a large picture only what the film needs is kept, and a transparent one stands on white."""
    bench = make_bench(video_seconds=0)
    reply = await bench.post(IMAGE, form=FORM, files={"file": picture((2000, 1000), mode="RGBA")})
    video = await _status(bench, reply.json()["id"])
    thumbnail = Image.open(BytesIO((await bench.fetch(video["url"]["thumbnail"])).content))
    assert (thumbnail.size, thumbnail.getpixel((5, 5))) == ((46, 22), (255, 255, 255))
