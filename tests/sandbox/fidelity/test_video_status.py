"""Beginning videos, and asking how they stand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from imagine_async.catalog import VIDEO_STATUS_PATHS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench, Ticks

pytestmark = pytest.mark.anyio

TEXT, IMAGE = "/v2/video/text-to-video", "/v2/video/image-to-video"
CURRENT, ASSETS, DEPRECATED = VIDEO_STATUS_PATHS
FORM = {"prompt": "a red fox", "style": "fast-svd"}
every_path = pytest.mark.parametrize("path", VIDEO_STATUS_PATHS)


async def _begin(bench: Bench, **changes: str) -> str:
    return str((await bench.post(TEXT, form=FORM | changes)).json()["id"])


async def _video(bench: Bench, path: str, job: str) -> dict[str, Any]:
    video: dict[str, Any] = (await bench.ask(path.format(id=job))).json()["video"]
    return video


def test_f08_paths() -> None:
    """F8: The three paths are those that were documented."""
    assert set(VIDEO_STATUS_PATHS) == {"/v2/video/{id}/status", "/v2/video/status/{id}", "/v2/assets/{id}/status"}


@every_path
async def test_f08_get(bench: Bench, path: str) -> None:
    """F8: Each of the three paths answers a GET without a body."""
    reply = await bench.ask(path.format(id=await _begin(bench)))
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")


async def test_f08_post(bench: Bench) -> None:
    """F8: Only the path whose page speaks of POST takes one."""
    job = await _begin(bench)
    statuses = [(await bench.ask(path.format(id=job), method="POST")).status_code for path in VIDEO_STATUS_PATHS]
    assert statuses == [405, 200, 405]


@pytest.mark.parametrize("path", [ASSETS, DEPRECATED])
async def test_f09_words(make_bench: Callable[..., Bench], path: str) -> None:
    """F9: Two paths name the job by its id and its state by a word, with single URLs."""
    bench = make_bench(video_seconds=0)
    job = await _begin(bench)
    video = await _video(bench, path, job)
    assert video.keys() == {"uuid", "created_at", "status", "url"}
    assert (video["uuid"], video["status"]) == (job, "finished")
    assert {name: type(url) for name, url in video["url"].items()} == {"generation": str, "thumbnail": str}


async def test_f09_numbers(make_bench: Callable[..., Bench]) -> None:
    """F9: The current path has numbers for job and state, what was asked for, and lists of URLs."""
    bench = make_bench(video_seconds=0)
    video = await _video(bench, CURRENT, await _begin(bench))
    assert video.keys() == {"code", "created_at", "id", "settings", "url"}
    assert (video["code"], type(video["id"])) == (2, int)
    assert (video["settings"]["prompt"], video["settings"]["variation"]) == ("a red fox", "text_to_video")
    assert video["settings"]["style_id"].isdigit()
    assert [type(url) for url in video["url"]["generation"]] == [str]


@every_path
async def test_f09_dates(bench: Bench, path: str) -> None:
    """F9: Dates have microseconds and end in Z."""
    date = (await _video(bench, path, await _begin(bench)))["created_at"]
    assert (len(date), date[10], date[19], date[-1]) == (27, "T", ".", "Z")


@pytest.mark.parametrize(
    ("path", "member", "states"),
    [
        (ASSETS, "status", ["pending", "processing", "finished"]),
        (DEPRECATED, "status", ["pending", "processing", "finished"]),
        (CURRENT, "code", [0, 1, 2]),
    ],
)
async def test_f10_states(
    make_bench: Callable[..., Bench], clock: Ticks, path: str, member: str, states: list[Any]
) -> None:
    """F10: A job waits, is worked on and ends, in the words of the one shape and the numbers of the other."""
    bench = make_bench(video_seconds=10)
    job = await _begin(bench)
    seen = []
    for _ in range(3):
        seen.append((await _video(bench, path, job))[member])
        clock.now += 5
    assert seen == states


@every_path
@pytest.mark.parametrize("prompt", ["a red fox", "fail this job"])
async def test_f11_request_status(make_bench: Callable[..., Bench], clock: Ticks, path: str, prompt: str) -> None:
    """F11: The outer status is the request's: success from the first answer on, also when the job has failed."""
    bench = make_bench(video_seconds=10)
    job = await _begin(bench, prompt=prompt)
    for _ in range(3):
        reply = await bench.ask(path.format(id=job))
        assert (reply.status_code, reply.json()["status"]) == (200, "success")
        clock.now += 5


async def test_f15_file(bench: Bench, picture: Callable[..., bytes], caplog: pytest.LogCaptureFixture) -> None:
    """F15: A video of a picture takes it as `file`, without a word in the log."""
    with caplog.at_level(logging.WARNING):
        reply = await bench.post(IMAGE, form=FORM, files={"file": picture()})
    assert (reply.status_code, caplog.messages) == (200, [])


async def test_f15_image(bench: Bench, picture: Callable[..., bytes], caplog: pytest.LogCaptureFixture) -> None:
    """F15: A picture named `image` is taken with a warning, because the live API may want `file`."""
    with caplog.at_level(logging.WARNING):
        reply = await bench.post(IMAGE, form=FORM, files={"image": picture()})
    assert reply.status_code == 200
    assert any("`file`" in message for message in caplog.messages)


async def test_f15_neither(bench: Bench) -> None:
    """F15: Without a picture the call is refused."""
    reply = await bench.post(IMAGE, form=FORM)
    assert (reply.status_code, reply.json()["message"]) == (400, "No file was provided.")


@pytest.mark.parametrize("path", [TEXT, IMAGE])
async def test_f43_creation(bench: Bench, picture: Callable[..., bytes], path: str) -> None:
    """F43: A begun video is JSON of its id and the word processing, at once."""
    reply = await bench.post(path, form=FORM, files={"file": picture()} if path == IMAGE else {})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert (reply.json().keys(), reply.json()["status"]) == ({"id", "status"}, "processing")
    assert isinstance(reply.json()["id"], str)
