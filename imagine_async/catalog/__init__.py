"""What the vendor documents about the Imagine API, as data that names its source.

Facts carry the short name of the page they come from (`SOURCES`). What nobody published and the sandbox had to invent
(pixel sizes, prices of the edits) stands apart under `Invented`, so that no reader takes it for the vendor's word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagine_async.on_use import loaded_on_use

if TYPE_CHECKING:
    from imagine_async.catalog.dialects import DEFAULT_DIALECT, DIALECTS, Dialect, dialect_named
    from imagine_async.catalog.endpoint import Endpoint, FormField
    from imagine_async.catalog.error_codes import ERROR_CODES, ErrorCode
    from imagine_async.catalog.images import (
        AI_BACKGROUND,
        AI_RESIZE,
        ENDPOINTS,
        GENERATIVE_FILL,
        PRICES,
        REMOVE_BACKGROUND,
        RETOUCH,
        TEXT_TO_IMAGE,
        TEXT_TO_PNG,
        UPSCALE,
        AspectRatio,
        Style,
    )
    from imagine_async.catalog.invented import Invented
    from imagine_async.catalog.sources import DEFAULT_BASE_URL, SOURCES
    from imagine_async.catalog.v1 import (
        V1_ENDPOINTS,
        V1_GENERATIONS,
        V1_GUIDED,
        V1_INPAINT,
        V1_REMIX,
        V1_UPSCALE,
        V1_VARIATIONS,
        V1AspectRatio,
        V1Control,
        V1Style,
    )
    from imagine_async.catalog.video import (
        DELETE_VIDEO,
        IMAGE_TO_VIDEO,
        TEXT_TO_VIDEO,
        VIDEO_CODES,
        VIDEO_ENDPOINTS,
        VIDEO_STATES,
        VIDEO_STATUS,
        VideoAspectRatio,
        VideoState,
        VideoStyle,
    )
    from imagine_async.catalog.video_paths import VIDEO_DELETE_PATHS, VIDEO_STATUS_PATHS
else:
    __getattr__ = loaded_on_use(
        __name__,
        {
            "dialects": ("DEFAULT_DIALECT", "DIALECTS", "Dialect", "dialect_named"),
            "endpoint": ("Endpoint", "FormField"),
            "error_codes": ("ERROR_CODES", "ErrorCode"),
            "images": (
                "AI_BACKGROUND",
                "AI_RESIZE",
                "ENDPOINTS",
                "GENERATIVE_FILL",
                "PRICES",
                "REMOVE_BACKGROUND",
                "RETOUCH",
                "TEXT_TO_IMAGE",
                "TEXT_TO_PNG",
                "UPSCALE",
                "AspectRatio",
                "Style",
            ),
            "invented": ("Invented",),
            "sources": ("DEFAULT_BASE_URL", "SOURCES"),
            "v1": (
                "V1_ENDPOINTS",
                "V1_GENERATIONS",
                "V1_GUIDED",
                "V1_INPAINT",
                "V1_REMIX",
                "V1_UPSCALE",
                "V1_VARIATIONS",
                "V1AspectRatio",
                "V1Control",
                "V1Style",
            ),
            "video_paths": ("VIDEO_DELETE_PATHS", "VIDEO_STATUS_PATHS"),
            "video": (
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
            ),
        },
    )

__all__ = [
    "AI_BACKGROUND",
    "AI_RESIZE",
    "DEFAULT_BASE_URL",
    "DEFAULT_DIALECT",
    "DELETE_VIDEO",
    "DIALECTS",
    "ENDPOINTS",
    "ERROR_CODES",
    "GENERATIVE_FILL",
    "IMAGE_TO_VIDEO",
    "PRICES",
    "REMOVE_BACKGROUND",
    "RETOUCH",
    "SOURCES",
    "TEXT_TO_IMAGE",
    "TEXT_TO_PNG",
    "TEXT_TO_VIDEO",
    "UPSCALE",
    "V1_ENDPOINTS",
    "V1_GENERATIONS",
    "V1_GUIDED",
    "V1_INPAINT",
    "V1_REMIX",
    "V1_UPSCALE",
    "V1_VARIATIONS",
    "VIDEO_CODES",
    "VIDEO_DELETE_PATHS",
    "VIDEO_ENDPOINTS",
    "VIDEO_STATES",
    "VIDEO_STATUS",
    "VIDEO_STATUS_PATHS",
    "AspectRatio",
    "Dialect",
    "Endpoint",
    "ErrorCode",
    "FormField",
    "Invented",
    "Style",
    "V1AspectRatio",
    "V1Control",
    "V1Style",
    "VideoAspectRatio",
    "VideoState",
    "VideoStyle",
    "dialect_named",
]
