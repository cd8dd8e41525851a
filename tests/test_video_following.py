"""Following a video job: when it asks, where, what it sits out, and how it ends. The wire does not matter here."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from attrs import define, evolve, field

from imagine_async import errors
from imagine_async.catalog import VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS, VideoState
from imagine_async.clock import Clock
from imagine_async.errors import DownloadError, Outcome, ResultStorageError, VideoFailedError, VideoNotReadyError
from imagine_async.requests import DeleteVideo, Request, TextToVideo, VideoStatus
from imagine_async.spool import MakeSpool, Spool
from imagine_async.timeout import Timeout
from imagine_async.video import Video, VideoJob
from imagine_async.video.download import VideoDownloader
from imagine_async.video.following import VideoFollower
from imagine_async.video.polling import PathMemory, poll_waits
from tests.clocks import FakeClock
from tests.test_video_sniff import MP4

URL = "https://cdn.example.com/1?signature=abc"
pytestmark = pytest.mark.anyio


@define
class Api:
    """Answers questions in order; the last answer is for all that follow."""

    answers: list[VideoJob | Exception]
    asked: list[str] = field(factory=list)
    deleted: list[str] = field(factory=list)
    timeouts: list[float] = field(factory=list)
    fetched: list[str] = field(factory=list)
    bodies: list[bytes | Exception] = field(factory=lambda: [MP4])
    only_path: str | None = None

    async def send(
        self, request: Request[Any], *, headers: Mapping[str, str] | None, timeout: float | Timeout | None
    ) -> Any:
        self.timeouts.append(timeout.total if isinstance(timeout, Timeout) else float(timeout or 0))
        if isinstance(request, DeleteVideo):
            self.deleted.append(request.path)
            return self._on_path(request.template, VideoJob(id=request.video_id))
        assert isinstance(request, VideoStatus)
        self.asked.append(request.path)
        return self._on_path(request.template, self.answers[0] if len(self.answers) == 1 else self.answers.pop(0))

    def _on_path(self, template: str, answer: VideoJob | Exception) -> VideoJob:
        if self.only_path not in (None, template):
            raise errors.NotFoundError("no such path", status=404)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @asynccontextmanager
    async def open_url(self, url: str, timeout: Timeout) -> AsyncIterator[AsyncIterator[bytes]]:
        self.fetched.append(url)
        body = self.bodies[0] if len(self.bodies) == 1 else self.bodies.pop(0)
        if isinstance(body, Exception):
            raise body
        yield _pieces(body)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 50):
        yield body[start : start + 50]


def follower(api: Api, clock: Clock | None = None, make_spool: MakeSpool = Spool) -> VideoFollower:
    clock = clock or FakeClock()
    return VideoFollower(
        cast("Any", api.send),
        VideoDownloader(cast("Any", api.open_url), clock=clock, make_spool=make_spool),
        clock=clock,
        timeout=Timeout(300.0),
        status_paths=PathMemory(VIDEO_STATUS_PATHS),
        delete_paths=PathMemory(VIDEO_DELETE_PATHS),
    )


def job(state: VideoState = VideoState.RUNNING, word: str | None = None, **changes: Any) -> VideoJob:
    return VideoJob(id="7c9e", state=state, word=word, **changes)


RUNNING = job(word="processing")
DONE = job(VideoState.DONE, "finished", urls=(URL,))
FAILED = job(VideoState.FAILED, "failed", reason="too dark")
BUSY = errors.ServiceUnavailableError("busy", status=503)


async def wait(api: Api, start: VideoJob | str = RUNNING, *, clock: Clock | None = None, **options: Any) -> VideoJob:
    known = {"deadline": 1800.0, "on_update": None, "headers": None, **options}
    return await follower(api, clock).wait(start, **known)


async def test_waits_until_done_and_tells_what_is_new() -> None:
    """Each state is told once, the last one is the result, and what is known of the making is kept."""
    request = TextToVideo(prompt="waves", style="fast-svd")
    began = evolve(RUNNING, request=request, tokens=50.0, word="pending")
    told: list[VideoJob] = []
    api = Api([began, RUNNING, RUNNING, DONE])
    done = await wait(api, began, on_update=told.append)
    assert [update.word for update in told] == ["pending", "processing", "finished"]
    assert done == told[-1]
    assert (done.request, done.tokens, done.urls) == (request, 50.0, (URL,))


async def test_intervals_grow_from_five_to_twenty_seconds() -> None:
    """It asks after about 5 s, then ever more seldom up to about 20 s."""
    clock = FakeClock()
    await wait(Api([*[RUNNING] * 14, DONE]), clock=clock)
    assert 4.5 <= clock.waits[0] <= 5.5
    assert all(18 <= wait <= 22 for wait in clock.waits[8:])
    usual = [wait for _, wait in zip(range(12), poll_waits(lambda: 0.5), strict=False)]
    assert usual == sorted(usual)
    assert max(usual) == 20


async def test_an_id_is_asked_about_at_once() -> None:
    """A job that is known by its id alone may have been done long ago."""
    clock = FakeClock()
    assert await wait(Api([DONE]), "7c9e", clock=clock) == DONE
    assert clock.waits == [0.0]


async def test_failures_of_the_service_are_sat_out() -> None:
    """Network, service and rate limit say nothing about the job, and nor does a first 404."""
    hiccups = [BUSY, errors.DisconnectedError("gone"), errors.RateLimitedError("slow", status=429)]
    unknown = [errors.NotFoundError("who", status=404)] * 3
    assert await wait(Api([*hiccups, DONE])) == DONE
    api = Api([*unknown, DONE], only_path=None)
    assert await wait(api) == DONE


async def test_a_job_that_stays_unknown_is_not_found() -> None:
    """Past the first questions a 404 is believed; for an id that the caller names, at once."""
    api = Api([errors.NotFoundError("who", status=404)])
    with pytest.raises(errors.NotFoundError):
        await wait(api)
    assert len(api.asked) == 3 * len(VIDEO_STATUS_PATHS)
    api = Api([errors.NotFoundError("who", status=404)])
    with pytest.raises(errors.NotFoundError):
        await wait(api, "7c9e")
    assert len(api.asked) == len(VIDEO_STATUS_PATHS)


async def test_refusals_end_the_wait() -> None:
    """A key that is refused will be refused again."""
    api = Api([errors.AuthenticationError("no", status=401)])
    with pytest.raises(errors.AuthenticationError):
        await wait(api)
    assert len(api.asked) == 1


async def test_failed_job() -> None:
    """A job that failed raises, with what the API says about it; the error survives pickling."""
    with pytest.raises(VideoFailedError, match="too dark") as caught:
        await wait(Api([evolve(FAILED, request=None)]))
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.job.id, copy.outcome) == ("7c9e", Outcome.UNKNOWN)


async def test_failed_job_without_a_reason() -> None:
    """Where no reason is given, the state's word stands in."""
    with pytest.raises(VideoFailedError, match="'rejected'"):
        await wait(Api([job(VideoState.FAILED, "rejected")]))


async def test_deadline() -> None:
    """The deadline ends the wait, tells how to go on, and never asks beyond it."""
    clock = FakeClock()
    api = Api([RUNNING])
    with pytest.raises(VideoNotReadyError, match=r"wait_for_video\('7c9e'\)") as caught:
        await wait(api, clock=clock, deadline=60.0)
    assert clock.time == 1060.0
    assert all(seconds <= 60.0 for seconds in api.timeouts)
    assert caught.value.job.word == "processing"
    assert isinstance(caught.value, TimeoutError)


async def test_deadline_while_the_service_is_down() -> None:
    """A failure at the deadline is the cause of the error."""
    with pytest.raises(VideoNotReadyError) as caught:
        await wait(Api([BUSY]), deadline=9.0)
    assert caught.value.__cause__ is BUSY


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), True, "soon"])
async def test_bad_deadline(deadline: Any) -> None:
    """A deadline is a number over 0."""
    with pytest.raises(errors.ConfigurationError, match="deadline"):
        await wait(Api([DONE]), deadline=deadline)


async def test_done_without_a_url_goes_on() -> None:
    """A job that claims to be done and names no URL is asked about again."""
    api = Api([job(VideoState.DONE, "finished"), DONE])
    assert await wait(api) == DONE
    assert len(api.asked) == 2


async def test_watch_can_be_left_at_any_point() -> None:
    """The iterator is an object that nobody has to close, and ends after the last state."""
    updates = follower(Api([RUNNING, DONE])).watch(RUNNING, deadline=100.0, headers=None)
    assert (await anext(updates)).word == "processing"
    assert (await anext(updates)).word == "finished"
    with pytest.raises(StopAsyncIteration):
        await anext(updates)


async def test_watch_ends_with_a_failed_job() -> None:
    """Watching shows a failure as the last state and raises nothing."""
    updates = follower(Api([FAILED])).watch(RUNNING, deadline=100.0, headers=None)
    assert [update async for update in updates] == [FAILED]


@pytest.mark.parametrize("path", VIDEO_STATUS_PATHS)
async def test_paths_fall_back_and_the_winner_is_kept(path: str) -> None:
    """Each documented path is tried in turn; from then on only the one that answered."""
    api = Api([RUNNING], only_path=path)
    known = follower(api)
    for _ in range(3):
        assert (await known.status("a/b", headers=None, timeout=5)).word == "processing"
    tried = [template.replace("{id}", "a%2Fb") for template in VIDEO_STATUS_PATHS]
    wanted = path.replace("{id}", "a%2Fb")
    assert api.asked == [*tried[: tried.index(wanted) + 1], wanted, wanted]


@pytest.mark.parametrize("path", VIDEO_DELETE_PATHS)
async def test_deletion_falls_back_too(path: str) -> None:
    """The path that is written down first, then those that can be inferred."""
    api = Api([RUNNING], only_path=path)
    await follower(api).delete(RUNNING, headers=None, timeout=5)
    assert api.deleted[-1] == path.replace("{id}", "7c9e")


@pytest.mark.parametrize(
    "error",
    [
        errors.AuthenticationError("key", status=404),
        errors.RateLimitedError("slow", status=429),
        BUSY,
        errors.BadRequestError("odd", status=422),
        errors.ConnectError("gone"),
    ],
)
async def test_other_errors_try_no_other_path(error: errors.ImagineError) -> None:
    """Only what an API without the path could answer leads to the next one."""
    api = Api([error])
    with pytest.raises(type(error)):
        await follower(api).status("1", headers=None, timeout=5)
    assert len(api.asked) == 1


async def test_unknown_id_on_every_path_reports_the_first() -> None:
    """Where all refuse, the error is that of the path which the reference documents."""
    first = errors.NotFoundError("first", status=404)
    api = Api([first, errors.BadRequestError("second", status=405), errors.BadRequestError("third", status=400)])
    with pytest.raises(errors.NotFoundError, match="first"):
        await follower(api).status("1", headers=None, timeout=5)


@pytest.mark.parametrize("video_id", ["", " ", "..", ".", None, 7])
async def test_bad_ids(video_id: Any) -> None:
    """An id that is none, or that would lead to another path, is refused before anything is sent."""
    api = Api([DONE])
    with pytest.raises(errors.InvalidRequestError, match="job="):
        await follower(api).status(video_id, headers=None, timeout=5)
    assert api.asked == []


async def fetch(api: Api, start: VideoJob | str = DONE, **options: Any) -> Video:
    return await follower(api, **options).download(start, headers=None, timeout=None)


async def test_download() -> None:
    """A job that is done is fetched without another question."""
    api = Api([DONE])
    video = await fetch(api)
    assert (video.content, video.size, video.format, video.job) == (MP4, len(MP4), "mp4", DONE)
    assert (api.asked, api.fetched) == ([], [URL])


async def test_download_to_a_place_of_ones_own(tmp_path: Path) -> None:
    """The video lies on the spool that the caller makes; one that came cut is closed."""
    made: list[Spool] = []

    def make_spool() -> Spool:
        made.append(Spool(tmp_path))
        return made[-1]

    video = await fetch(Api([DONE], bodies=[MP4[:-5], MP4]), make_spool=make_spool)
    assert (video.body, video.content) == (made[1], MP4)
    with pytest.raises(ValueError, match="closed"):
        made[0].file()


async def test_a_disk_that_does_not_take_it_is_told(tmp_path: Path) -> None:
    """A video that cannot be kept is an error of its own, and is not fetched again for that."""
    api = Api([DONE])
    with pytest.raises(ResultStorageError, match=r"^the video 7c9e cannot be kept on disk: No such file") as caught:
        await fetch(api, make_spool=lambda: Spool(tmp_path / "gone"))
    assert (caught.value.outcome, api.fetched) == (Outcome.COMPLETED, [])


async def test_download_by_id() -> None:
    """By its id alone, the job is asked about first."""
    api = Api([DONE])
    assert (await fetch(api, "7c9e")).content == MP4
    assert len(api.asked) == 1


@pytest.mark.parametrize(("state", "error"), [(RUNNING, VideoNotReadyError), (FAILED, VideoFailedError)])
async def test_nothing_to_download(state: VideoJob, error: type[Exception]) -> None:
    """A job that runs or failed has no video."""
    with pytest.raises(error):
        await fetch(Api([state]), state)


async def test_expired_url_is_asked_anew() -> None:
    """After a 403 the API is asked for another URL, at once."""
    clock = FakeClock()
    fresh = evolve(DONE, urls=(URL + "2",))
    api = Api([fresh], bodies=[DownloadError("expired", url=URL, status=403), MP4])
    video = await fetch(api, clock=clock)
    assert (api.fetched, video.job, clock.waits) == ([URL, URL + "2"], fresh, [0.0])


@pytest.mark.parametrize("status", [None, 200, 408, 429, 500, 503])
async def test_download_is_tried_again(status: int | None) -> None:
    """What may come whole at another try is tried again after a pause, with a fresh URL."""
    clock = FakeClock()
    api = Api([DONE], bodies=[DownloadError("gone", url=URL, status=status), MP4])
    assert (await fetch(api, clock=clock)).content == MP4
    assert clock.waits == [1.0]


@pytest.mark.parametrize("error", [DownloadError("no", url=URL, status=404), errors.UnsafeUrlError("private", url=URL)])
async def test_download_that_is_not_tried_again(error: DownloadError) -> None:
    """What will not come at another try is reported at once."""
    api = Api([DONE], bodies=[error])
    with pytest.raises(DownloadError):
        await fetch(api)
    assert api.fetched == [URL]


@pytest.mark.parametrize("body", [b"<html>not here</html>", MP4[:-5], b""], ids=["html", "cut", "empty"])
async def test_bodies_that_are_no_video(body: bytes) -> None:
    """HTML or half a video is never handed out; the error keeps the URL, and the video counts as made."""
    api = Api([DONE], bodies=[body])
    with pytest.raises(DownloadError) as caught:
        await fetch(api)
    assert (caught.value.url, caught.value.outcome) == (URL, Outcome.COMPLETED)
    assert "signature" not in str(caught.value)
    assert len(api.fetched) == 4


async def test_renewal_that_says_nothing_keeps_the_url() -> None:
    """A status that names no URL for a moment leaves the old one in place."""
    api = Api([RUNNING], bodies=[DownloadError("gone", url=URL), MP4])
    assert (await fetch(api)).content == MP4
    assert api.fetched == [URL, URL]


async def test_finish_tells_of_the_beginning_first() -> None:
    """The job is told before anything is awaited, so that its id is known whatever happens then."""
    told: list[Any] = []
    clock = FakeClock()
    api = Api([RUNNING, DONE])
    video = await follower(api, clock).finish(RUNNING, end=clock.time + 100, on_update=told.append, headers=None)
    assert [update.word for update in told] == ["processing", "processing", "finished"]
    assert video.elapsed == clock.time - 1000 > 0
