"""Fetching a finished video: piece by piece to disk, with a new URL where the old one has expired."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread

from imagine_async.clock import Clock
from imagine_async.errors import DownloadError
from imagine_async.fetching import OpenUrl, fetch_with_tries
from imagine_async.spool import MakeSpool, Spool, keeping
from imagine_async.timeout import Timeout
from imagine_async.video import Video, VideoJob
from imagine_async.video.sniff import sniff_video, video_is_complete

__all__ = ["VideoDownloader"]


class VideoDownloader:
    """Fetches videos.

    Args:
        open_url: Opens a URL.
        clock: The time.
        make_spool: Makes what a video is kept on.
    """

    def __init__(self, open_url: OpenUrl, *, clock: Clock, make_spool: MakeSpool = Spool) -> None:
        self._open_url = open_url
        self._clock = clock
        self._make_spool = make_spool

    async def fetch(
        self,
        job: VideoJob,
        *,
        timeout: Timeout,
        renewed: Callable[[VideoJob], Awaitable[VideoJob]],
    ) -> Video:
        """Fetch a job's video.

        Args:
            job: A job that is done.
            timeout: The time for all tries together.
            renewed: Asks about the job anew, for a URL that has not expired.

        Returns:
            The video.

        Raises:
            DownloadError: It could not be fetched.
            ResultStorageError: The disk does not take it.
            ImagineError: The API refused to tell another URL.
        """

        async def fetch() -> Video:
            return await self._fetch(job, timeout)

        async def renew() -> None:
            nonlocal job
            again = await renewed(job)
            job = again if again.is_done else job

        with anyio.move_on_after(timeout.total):
            return await fetch_with_tries(fetch, clock=self._clock, renew=renew)
        raise DownloadError(
            f"the video {job.id} was not fetched within {timeout.total:g} s; download_video tries again",
            url=job.urls[0],
        )

    async def _fetch(self, job: VideoJob, timeout: Timeout) -> Video:
        with keeping(f"the video {job.id}"):
            spool = await anyio.to_thread.run_sync(self._make_spool)
        try:
            async with self._open_url(job.urls[0], timeout) as pieces:
                async for piece in pieces:
                    with keeping(f"the video {job.id}"):
                        await anyio.to_thread.run_sync(spool.append, piece)
            return await anyio.to_thread.run_sync(_video, spool, job)
        except BaseException:
            spool.close()
            raise


def _video(spool: Spool, job: VideoJob) -> Video:
    kind = sniff_video(spool.beginning)
    if kind is None:
        raise DownloadError(
            f"{spool.size} bytes that are no video lie where the video {job.id} should be", url=job.urls[0], status=200
        )
    if not video_is_complete(spool.file(), kind):
        raise DownloadError(f"the video {job.id} is cut after {spool.size} bytes", url=job.urls[0], status=200)
    return Video(body=spool, format=kind, digest=spool.digest, job=job)
