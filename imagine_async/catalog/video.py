"""The video endpoints of v2, and what is known of a job's replies."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from imagine_async.catalog.endpoint import Endpoint, FormField
from imagine_async.catalog.video_paths import VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS

__all__ = [
    "DELETE_VIDEO",
    "IMAGE_TO_VIDEO",
    "TEXT_TO_VIDEO",
    "VIDEO_CODES",
    "VIDEO_ENDPOINTS",
    "VIDEO_STATES",
    "VIDEO_STATUS",
    "VideoAspectRatio",
    "VideoState",
    "VideoStyle",
]


class VideoStyle(StrEnum):
    """Video models whose `style` value was seen somewhere; the API knows more, and any string is accepted.

    Only `fast-svd` stands on an official page that could be read (source: platform); the others come from callers, who
    say that they took them from the official documentation. Which model takes text, which an image, is seldom said.
    """

    FAST_SVD = "fast-svd"
    HAILUO_AI = "hailuo-ai"
    HAILUO_LIVE_AI = "hailuo-live-ai"
    IMAGINE_V1 = "imagine-v1"
    IMAGINE_V2 = "imagine-v2"
    KLING_1_0_PRO = "kling-1.0-pro"
    KLING_1_0_STANDARD = "kling-1.0-standard"
    KLING_1_5 = "kling-1.5"
    LUMA_RAY_2 = "luma-dream-machine-ray-2"
    VEO_2 = "veo-2"


class VideoAspectRatio(StrEnum):
    """Aspect ratios, width to height, that the platform's page lists for videos; any string is accepted."""

    SQUARE = "1:1"
    WIDE_16_9 = "16:9"
    TALL_9_16 = "9:16"


class VideoState(StrEnum):
    """Where a video job stands, whichever word or number the API uses for it."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_PROMPT = FormField("prompt", required=True)
_STYLE = FormField("style", required=True)
_RATIO = FormField("aspect_ratio", allowed=tuple(VideoAspectRatio))

TEXT_TO_VIDEO = Endpoint(
    "text_to_video",
    "/v2/video/text-to-video",
    (_PROMPT, _STYLE, _RATIO),
    "job",
    "platform",
    "Begin to make a video from a prompt.",
)
IMAGE_TO_VIDEO = Endpoint(
    "image_to_video",
    "/v2/video/image-to-video",
    # Callers name the part `file`; no official page could be read.
    (_PROMPT, _STYLE, FormField("file", "file", required=True), _RATIO),
    "job",
    "callers",
    "Begin to make a video from a picture and a prompt.",
)
VIDEO_STATUS = Endpoint(
    "video_status", VIDEO_STATUS_PATHS[0], (), "job", "reference", "Ask how a video job stands.", "GET", paid=False
)
DELETE_VIDEO = Endpoint(
    "delete_video", VIDEO_DELETE_PATHS[0], (), "job", "delete page", "Delete a video.", "DELETE", paid=False
)

VIDEO_ENDPOINTS: tuple[Endpoint, ...] = (TEXT_TO_VIDEO, IMAGE_TO_VIDEO, VIDEO_STATUS, DELETE_VIDEO)

VIDEO_STATES: Mapping[str, VideoState] = MappingProxyType(
    {
        **dict.fromkeys(
            ("pending", "queued", "processing", "generating", "running", "in_progress"), VideoState.RUNNING
        ),
        **dict.fromkeys(("finished", "completed", "complete", "succeeded", "success"), VideoState.DONE),
        **dict.fromkeys(("failed", "error", "cancelled", "canceled", "rejected"), VideoState.FAILED),
    }
)
"""The job's `status` words, of the vendor's pages, its newer gateway and callers; any other word means: keep asking."""

VIDEO_CODES: Mapping[int, VideoState] = MappingProxyType(
    {0: VideoState.RUNNING, 1: VideoState.RUNNING, 2: VideoState.DONE, 3: VideoState.FAILED}
)
"""The job's `code`: 2 stands in the reference; the others are one caller's reading."""
