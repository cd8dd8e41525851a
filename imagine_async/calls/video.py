"""The calls of v2 that make videos: begin a job, follow it, fetch what comes of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING

from imagine_async import requests
from imagine_async.calls.base import AsyncCalls
from imagine_async.errors import ImagineError
from imagine_async.requests import built_off_the_loop

if TYPE_CHECKING:
    # Loaded on use, as the classes of the requests are: most programs make no videos.
    from imagine_async.inputs import ImageInput
    from imagine_async.timeout import Timeout
    from imagine_async.video import Video, VideoJob
    from imagine_async.video.following import VideoFollower

__all__ = ["AsyncVideoCalls"]


class AsyncVideoCalls(AsyncCalls):
    """The calls of v2 that make videos."""

    @property
    @abstractmethod
    def _videos(self) -> VideoFollower:
        """What follows video jobs."""

    async def text_to_video(
        self,
        prompt: str,
        *,
        style: str,
        aspect_ratio: str | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> VideoJob:
        """Begin to make a video from a prompt.

        Args:
            prompt: What to show.
            style: The model: a `VideoStyle`, or any other's name. No default is documented.
            aspect_ratio: A `VideoAspectRatio`, or any other ratio as `width:height`; `None` leaves it to the API.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The job, for `wait_for_video`. Keep its id: with it the video can be found again from anywhere.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = requests.TextToVideo(prompt=prompt, style=style, aspect_ratio=aspect_ratio, extra=extra)
        return await self.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def image_to_video(
        self,
        image: ImageInput,
        prompt: str,
        *,
        style: str,
        aspect_ratio: str | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
        priority: int | None = None,
        tag: str | None = None,
        resend_unknown: bool | None = None,
    ) -> VideoJob:
        """Begin to make a video from a picture and a prompt.

        No official page about this call could be read; the fields are those that several callers send.

        Args:
            image: A path, bytes, a file, a URL, a PIL image or any other form of `ImageInput`: the first frame.
            prompt: What is to happen.
            style: The model: a `VideoStyle`, or any other's name. No default is documented.
            aspect_ratio: A `VideoAspectRatio`, or any other ratio as `width:height`; `None` leaves it to the API.
            extra: Further form fields by name.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.
            priority: Calls of a higher one pass the rate limit first, 0 is usual; `None` takes the client's.
            tag: What the call is booked under; `None` takes the client's.
            resend_unknown: Whether to send again what may have been charged; `None` leaves it to the client's policy.

        Returns:
            The job, for `wait_for_video`. Keep its id: with it the video can be found again from anywhere.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            ImagineError: The call failed; `outcome` tells whether it may have been charged.
        """
        request = await built_off_the_loop(
            lambda: requests.ImageToVideo(
                image=image, prompt=prompt, style=style, aspect_ratio=aspect_ratio, extra=extra
            )
        )
        return await self.send(
            request,
            headers=headers,
            timeout=timeout,
            priority=priority,
            tag=tag,
            resend_unknown=resend_unknown,
        )

    async def video_status(
        self,
        job: VideoJob | str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
    ) -> VideoJob:
        """Ask how a video job stands. It costs nothing.

        Three paths are documented; the first that answers is kept for the life of the client.

        Args:
            job: The job, or its id.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.

        Returns:
            The job as it stands now, with URLs signed anew if it is done.

        Raises:
            NotFoundError: There is no such job under this key.
            ImagineError: The call failed.
        """
        return await self._videos.status(job, headers=headers, timeout=timeout)

    async def delete_video(
        self,
        job: VideoJob | str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
    ) -> None:
        """Delete a video for good.

        Args:
            job: The job, or its id.
            headers: Further HTTP headers for this call.
            timeout: Seconds for this call, or a `Timeout`; `None` takes the client's.

        Raises:
            NotFoundError: There is no such job under this key.
            ImagineError: The call failed.
        """
        await self._videos.delete(job, headers=headers, timeout=timeout)

    def watch_video(
        self,
        job: VideoJob | str,
        *,
        deadline: float = 1800.0,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[VideoJob]:
        """Follow a video job: yield it whenever something about it has changed, until it is done or has failed.

        It asks after about 5 seconds, then ever more seldom up to about 20, within the client's rate limit. Failures of
        the network or the service are sat out until the deadline.

        Args:
            job: The job, or its id.
            deadline: Seconds from now; the vendor names 10 to 15 minutes for a video.
            headers: Further HTTP headers for every question.

        Returns:
            An iterator of the job as it stands. The last one is done or has failed.

        Raises:
            VideoNotReadyError: The deadline passed; the job runs on.
            ImagineError: A question was refused.

        Example:
            async for update in client.watch_video(job):
                print(update.state, update.word)
        """
        return self._videos.watch(job, deadline=deadline, headers=headers)

    async def wait_for_video(
        self,
        job: VideoJob | str,
        *,
        deadline: float = 1800.0,
        on_update: Callable[[VideoJob], object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> VideoJob:
        """Wait until a video job is done.

        Args:
            job: The job, or its id.
            deadline: Seconds from now; the vendor names 10 to 15 minutes for a video.
            on_update: Called with the job whenever something about it has changed; it must not block.
            headers: Further HTTP headers for every question.

        Returns:
            The job, done; `download_video` fetches the video.

        Raises:
            VideoFailedError: The API gave the job up.
            VideoNotReadyError: The deadline passed; the job runs on, and can be waited for again.
            ImagineError: A question was refused.
        """
        return await self._videos.wait(job, deadline=deadline, on_update=on_update, headers=headers)

    async def download_video(
        self,
        job: VideoJob | str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = None,
    ) -> Video:
        """Fetch a finished video to a temporary file. The key never goes where the video lies.

        Args:
            job: The job, or its id. Where its URL has expired, the API is asked for another.
            headers: Further HTTP headers for questions to the API; none go with the download.
            timeout: Seconds for all of it, or a `Timeout`; `None` takes the client's.

        Returns:
            The video.

        Raises:
            VideoNotReadyError: The job is not done.
            VideoFailedError: The API gave the job up.
            DownloadError: The video could not be fetched; its `url` may still be good.
            ImagineError: A question was refused.
        """
        return await self._videos.download(job, headers=headers, timeout=timeout)

    async def generate_video(
        self,
        prompt: str,
        *,
        style: str,
        image: ImageInput | None = None,
        aspect_ratio: str | None = None,
        deadline: float = 1800.0,
        on_update: Callable[[VideoJob], object] | None = None,
        extra: Mapping[str, str | int | float] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Video:
        """Make a video: begin the job, wait until it is done, and fetch it.

        Args:
            prompt: What to show, or, with an image, what is to happen.
            style: The model: a `VideoStyle`, or any other's name. No default is documented.
            image: The first frame, in any form of `ImageInput`; `None` for a video from the prompt alone.
            aspect_ratio: A `VideoAspectRatio`, or any other ratio as `width:height`; `None` leaves it to the API.
            deadline: Seconds for all of it; the vendor names 10 to 15 minutes for a video.
            on_update: Called with the job when it has begun, and whenever something about it has changed; it must
                not block.
            extra: Further form fields by name.
            headers: Further HTTP headers for every call.

        Returns:
            The video.

        Raises:
            InvalidRequestError: A field was refused; nothing was sent.
            VideoFailedError: The API gave the job up.
            VideoNotReadyError: The deadline passed; the job runs on, and `wait_for_video` finds it by its id.
            DownloadError: The video is made, but could not be fetched.
            ImagineError: A call failed; `outcome` tells whether it may have been charged.

        Example:
            video = await client.generate_video("waves at dusk", style="kling-1.5", aspect_ratio="16:9")
            await video.asave("waves.mp4")
        """
        end = self._videos.end_of(deadline)
        timeout = self._videos.within(end)
        if image is None:
            job = await self.text_to_video(
                prompt, style=style, aspect_ratio=aspect_ratio, extra=extra, headers=headers, timeout=timeout
            )
        else:
            job = await self.image_to_video(
                image, prompt, style=style, aspect_ratio=aspect_ratio, extra=extra, headers=headers, timeout=timeout
            )
        try:
            return await self._videos.finish(job, end=end, on_update=on_update, headers=headers)
        except ImagineError as error:
            error.add_note(f"The video job is {job.id}: wait_for_video and download_video find it by this id.")
            raise
