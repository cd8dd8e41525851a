"""Following a video job to its end: status, waiting, download and deletion."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Protocol

from attrs import evolve

from imagine_async.clock import Clock
from imagine_async.errors import ImagineError, VideoFailedError, VideoNotReadyError
from imagine_async.options import positive
from imagine_async.requests import DeleteVideo, Request, ResultT, VideoStatus
from imagine_async.timeout import Timeout
from imagine_async.video import Video, VideoJob
from imagine_async.video.download import VideoDownloader
from imagine_async.video.polling import PathMemory, poll_waits, worth_asking_again

__all__ = ["Send", "VideoFollower", "VideoWatch"]


class Send(Protocol):
    """The client's way of making a call."""

    async def __call__(
        self, request: Request[ResultT], *, headers: Mapping[str, str] | None, timeout: float | Timeout | None
    ) -> ResultT:
        """Make a call."""
        ...


class VideoFollower:
    """What a client does about video jobs.

    Args:
        send: The client's way of making a call, so that questions share its limiter, retries and observers.
        downloader: Fetches finished videos.
        clock: The time.
        timeout: The client's timeout.
        status_paths: Where the status is asked for; shared by clients that share connections.
        delete_paths: The same for deletion.
    """

    def __init__(
        self,
        send: Send,
        downloader: VideoDownloader,
        *,
        clock: Clock,
        timeout: Timeout,
        status_paths: PathMemory,
        delete_paths: PathMemory,
    ) -> None:
        self._send = send
        self._downloader = downloader
        self._clock = clock
        self._timeout = timeout
        self._status_paths = status_paths
        self._delete_paths = delete_paths

    def end_of(self, deadline: float) -> float:
        """Return the moment, on the client's clock, that lies so many seconds from now."""
        return self._clock.now() + positive("deadline", deadline)

    def within(self, end: float) -> Timeout:
        """Return the client's timeout, shortened to end in time."""
        return self._timeout.with_total(max(0.001, min(self._timeout.total, end - self._clock.now())))

    async def status(
        self, job: VideoJob | str, *, headers: Mapping[str, str] | None, timeout: float | Timeout | None
    ) -> VideoJob:
        """Ask how a job stands; what is known of its making is kept."""
        video_id, known = _known(job)
        answer = await self._status_paths.first_that_answers(
            lambda path: self._send(VideoStatus(video_id=video_id, template=path), headers=headers, timeout=timeout)
        )
        return evolve(answer, request=known.request, tokens=known.tokens)

    async def delete(
        self, job: VideoJob | str, *, headers: Mapping[str, str] | None, timeout: float | Timeout | None
    ) -> None:
        """Delete a video."""
        video_id, _ = _known(job)
        await self._delete_paths.first_that_answers(
            lambda path: self._send(DeleteVideo(video_id=video_id, template=path), headers=headers, timeout=timeout)
        )

    def watch(self, job: VideoJob | str, *, deadline: float, headers: Mapping[str, str] | None) -> VideoWatch:
        """Follow a job."""
        return VideoWatch(self, self._clock, job, end=self.end_of(deadline), headers=headers)

    async def wait(
        self,
        job: VideoJob | str,
        *,
        deadline: float,
        on_update: Callable[[VideoJob], object] | None,
        headers: Mapping[str, str] | None,
    ) -> VideoJob:
        """Wait until a job is done."""
        return await self._wait(job, self.end_of(deadline), on_update, headers)

    async def finish(
        self,
        job: VideoJob,
        *,
        end: float,
        on_update: Callable[[VideoJob], object] | None,
        headers: Mapping[str, str] | None,
    ) -> Video:
        """Wait for a job that has just begun, and fetch its video."""
        started = self._clock.now()
        if on_update is not None:
            on_update(job)
        done = await self._wait(job, end, on_update, headers)
        video = await self._download(done, end, headers)
        return evolve(video, elapsed=self._clock.now() - started)

    async def download(
        self, job: VideoJob | str, *, headers: Mapping[str, str] | None, timeout: float | Timeout | None
    ) -> Video:
        """Fetch a finished video."""
        started = self._clock.now()
        end = started + (self._timeout if timeout is None else Timeout.of(timeout)).total
        if not (isinstance(job, VideoJob) and job.is_done):
            job = await self.status(job, headers=headers, timeout=self.within(end))
        video = await self._download(_ready(job), end, headers)
        return evolve(video, elapsed=self._clock.now() - started)

    async def _wait(
        self,
        job: VideoJob | str,
        end: float,
        on_update: Callable[[VideoJob], object] | None,
        headers: Mapping[str, str] | None,
    ) -> VideoJob:
        _, last = _known(job)
        async for last in VideoWatch(self, self._clock, job, end=end, headers=headers):
            if on_update is not None:
                on_update(last)
        return _ready(last)

    async def _download(self, job: VideoJob, end: float, headers: Mapping[str, str] | None) -> Video:
        return await self._downloader.fetch(
            job,
            timeout=self.within(end),
            renewed=lambda stale: self.status(stale, headers=headers, timeout=self.within(end)),
        )


class VideoWatch(AsyncIterator[VideoJob]):
    """The states of one job, each when it is new; an object and no generator, so that it may be left at any point.

    Args:
        follower: Asks.
        clock: The time.
        job: The job, or its id, about which it asks at once.
        end: When to give up, in seconds on the clock.
        headers: Further HTTP headers for every question.
    """

    def __init__(
        self,
        follower: VideoFollower,
        clock: Clock,
        job: VideoJob | str,
        *,
        end: float,
        headers: Mapping[str, str] | None,
    ) -> None:
        self._follower = follower
        self._clock = clock
        _, self._job = _known(job)
        self._end = end
        self._headers = headers
        self._waits = poll_waits()
        self._asked = 0
        self._fresh = isinstance(job, VideoJob)
        self._at_once = not self._fresh
        self._shown: object = None

    async def __anext__(self) -> VideoJob:
        """Wait for the next state that is new."""
        if self._shown is not None and (self._job.is_done or self._job.is_failed):
            raise StopAsyncIteration
        while True:
            await self._pause()
            answered = await self._ask()
            seen = (self._job.state, self._job.word, self._job.is_done, self._job.reason)
            if answered and seen != self._shown:
                self._shown = seen
                return self._job

    async def _pause(self) -> None:
        wait = 0.0 if self._at_once else next(self._waits)
        self._at_once = False
        left = self._end - self._clock.now()
        if left <= 0:
            raise _not_ready(self._job)
        await self._clock.sleep(min(wait, left))

    async def _ask(self) -> bool:
        """Ask; tell whether there was an answer."""
        self._asked += 1
        try:
            self._job = await self._follower.status(
                self._job, headers=self._headers, timeout=self._follower.within(self._end)
            )
        except ImagineError as error:
            if self._clock.now() >= self._end:
                raise _not_ready(self._job) from error
            if not worth_asking_again(error, asked=self._asked, fresh=self._fresh):
                raise
            return False
        return True


def _known(job: VideoJob | str) -> tuple[str, VideoJob]:
    """Return the id, and a job of which at least that is known."""
    if isinstance(job, VideoJob):
        return job.id, job
    video_id = VideoStatus(video_id=job).video_id
    return video_id, VideoJob(id=video_id)


def _ready(job: VideoJob) -> VideoJob:
    if job.is_failed:
        raise VideoFailedError(job, call_id=job.call_id or None)
    if not job.is_done:
        raise _not_ready(job)
    return job


def _not_ready(job: VideoJob) -> VideoNotReadyError:
    return VideoNotReadyError(
        f"the video job {job.id} is not done, its state is {job.word or job.state!r}; it runs on and is probably "
        f"charged: wait_for_video({job.id!r}) goes on waiting for it",
        job=job,
        call_id=job.call_id or None,
    )
