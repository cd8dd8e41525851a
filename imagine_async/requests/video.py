"""The video calls of v2: two that begin a job, and two about a job that runs or has ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from attrs import field, frozen

from imagine_async import catalog
from imagine_async.fields import to_image, to_optional_aspect_ratio, to_prompt, to_style, to_video_id
from imagine_async.inputs import AnySource
from imagine_async.requests.base import Request

if TYPE_CHECKING:
    from imagine_async.video import VideoJob  # noqa: F401 - named in strings below

__all__ = ["DeleteVideo", "ImageToVideo", "TextToVideo", "VideoRequest", "VideoStatus"]


@frozen(kw_only=True)
class VideoRequest(Request["VideoJob"]):
    """A call that begins to make a video.

    Args:
        extra: Further form fields by name.
    """


@frozen(kw_only=True)
class TextToVideo(VideoRequest):
    """Begin to make a video from a prompt.

    Args:
        prompt: What to show.
        style: The model: a `VideoStyle`, or any other's name. No default is documented.
        aspect_ratio: A `VideoAspectRatio`, or any other ratio as `width:height`; `None` leaves it to the API.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse.
    """

    endpoint = catalog.TEXT_TO_VIDEO

    prompt: str = field(converter=to_prompt)
    style: str = field(converter=to_style)
    aspect_ratio: str | None = field(default=None, converter=to_optional_aspect_ratio)


@frozen(kw_only=True)
class ImageToVideo(VideoRequest):
    """Begin to make a video from a picture and a prompt.

    No official page about this endpoint could be read: the fields are those that several callers send.

    Args:
        image: The picture to begin with; it travels in a part named `file`.
        prompt: What is to happen.
        style: The model: a `VideoStyle`, or any other's name. No default is documented.
        aspect_ratio: A `VideoAspectRatio`, or any other ratio as `width:height`; `None` leaves it to the API.
        extra: Further form fields by name.

    Raises:
        InvalidRequestError: A field has a value that the API would refuse, or the image is no picture.
    """

    endpoint = catalog.IMAGE_TO_VIDEO

    prompt: str = field(converter=to_prompt)
    style: str = field(converter=to_style)
    image: AnySource = field(converter=to_image)
    aspect_ratio: str | None = field(default=None, converter=to_optional_aspect_ratio)

    def form(self) -> Iterator[tuple[str, str | AnySource]]:
        """Yield the parts of the form; the picture's is named `file`."""
        for name, value in super().form():
            yield ("file" if name == "image" else name), value


@frozen(kw_only=True)
class _AboutVideo(Request["VideoJob"]):
    video_id: str = field(converter=to_video_id)
    template: str

    @property
    def path(self) -> str:
        """The path below the host's root, with the id in its place."""
        return self.template.replace("{id}", quote(self.video_id, safe=""))

    def form(self) -> Iterator[tuple[str, str | AnySource]]:
        """Yield nothing: the call has no body."""
        return iter(())


@frozen(kw_only=True)
class VideoStatus(_AboutVideo):
    """Ask how a video job stands.

    Args:
        video_id: The id that the creating call answered with.
        template: The path, with `{id}`; one of `VIDEO_STATUS_PATHS`.
    """

    endpoint = catalog.VIDEO_STATUS

    template: str = catalog.VIDEO_STATUS.path


@frozen(kw_only=True)
class DeleteVideo(_AboutVideo):
    """Delete a video for good.

    Args:
        video_id: The id that the creating call answered with.
        template: The path, with `{id}`; one of `VIDEO_DELETE_PATHS`.
    """

    endpoint = catalog.DELETE_VIDEO

    template: str = catalog.DELETE_VIDEO.path
