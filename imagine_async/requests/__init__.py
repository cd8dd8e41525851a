"""One frozen class for each call of v2; those of v1 stand in `imagine_async.requests_v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.on_use import loaded_on_use

if TYPE_CHECKING:
    from imagine_async.requests.base import (
        ImageRequest,
        ImageRequestT,
        Request,
        RequestT,
        ResultT,
        built_off_the_loop,
        check_same_size,
    )
    from imagine_async.requests.images import (
        AiBackground,
        AiResize,
        GenerativeFill,
        RemoveBackground,
        Retouch,
        Upscale,
    )
    from imagine_async.requests.prompts import TextToImage, TextToPng
    from imagine_async.requests.video import DeleteVideo, ImageToVideo, TextToVideo, VideoRequest, VideoStatus
else:
    __getattr__ = loaded_on_use(
        __name__,
        {
            "base": (
                "ImageRequest",
                "ImageRequestT",
                "Request",
                "RequestT",
                "ResultT",
                "built_off_the_loop",
                "check_same_size",
            ),
            "images": ("AiBackground", "AiResize", "GenerativeFill", "RemoveBackground", "Retouch", "Upscale"),
            "prompts": ("TextToImage", "TextToPng"),
            "video": ("DeleteVideo", "ImageToVideo", "TextToVideo", "VideoRequest", "VideoStatus"),
        },
    )

__all__ = [
    "AiBackground",
    "AiResize",
    "DeleteVideo",
    "GenerativeFill",
    "ImageRequest",
    "ImageRequestT",
    "ImageToVideo",
    "RemoveBackground",
    "Request",
    "RequestT",
    "ResultT",
    "Retouch",
    "TextToImage",
    "TextToPng",
    "TextToVideo",
    "Upscale",
    "VideoRequest",
    "VideoStatus",
    "built_off_the_loop",
    "check_same_size",
]
