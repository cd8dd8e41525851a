# Generated from calls/video.py by `python -m imagine_async.codegen`; do not edit.
"""Part of the sync client: `VideoCalls` does what `AsyncVideoCalls` does, for code that does not await."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from imagine_async.bridge.calls import run
from imagine_async.bridge.iteration import iterate
from imagine_async.bridge.loop_thread import PerProcess

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine
    from imagine_async.inputs import ImageInput
    from imagine_async.timeout import Timeout
    from imagine_async.video import Video, VideoJob

__all__ = ["VideoCalls"]


class VideoCalls:
    """The calls of v2 that make videos."""

    _client: PerProcess[AsyncImagine]

    def text_to_video(
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
        return run(
            lambda: self._client.get().text_to_video(
                prompt,
                style=style,
                aspect_ratio=aspect_ratio,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )

    def image_to_video(
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
        return run(
            lambda: self._client.get().image_to_video(
                image,
                prompt,
                style=style,
                aspect_ratio=aspect_ratio,
                extra=extra,
                headers=headers,
                timeout=timeout,
                priority=priority,
                tag=tag,
                resend_unknown=resend_unknown,
            )
        )

    def video_status(
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
        return run(lambda: self._client.get().video_status(job, headers=headers, timeout=timeout))

    def delete_video(
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
        return run(lambda: self._client.get().delete_video(job, headers=headers, timeout=timeout))

    def watch_video(
        self,
        job: VideoJob | str,
        *,
        deadline: float = 1800.0,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[VideoJob]:
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
            for update in client.watch_video(job):
                print(update.state, update.word)
        """
        return iterate(lambda feed: self._client.get().watch_video(job, deadline=deadline, headers=headers))

    def wait_for_video(
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
        return run(
            lambda: self._client.get().wait_for_video(job, deadline=deadline, on_update=on_update, headers=headers)
        )

    def download_video(
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
        return run(lambda: self._client.get().download_video(job, headers=headers, timeout=timeout))

    def generate_video(
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
            video = client.generate_video("waves at dusk", style="kling-1.5", aspect_ratio="16:9")
            video.save("waves.mp4")
        """
        return run(
            lambda: self._client.get().generate_video(
                prompt,
                style=style,
                image=image,
                aspect_ratio=aspect_ratio,
                deadline=deadline,
                on_update=on_update,
                extra=extra,
                headers=headers,
            )
        )
