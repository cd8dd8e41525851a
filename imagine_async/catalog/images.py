"""The image endpoints of v2."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from imagine_async.catalog.endpoint import Endpoint, FormField

__all__ = [
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
]


class Style(StrEnum):
    """Styles that the reference lists for text to image; the API may know more, and any string is accepted."""

    ANIME = "anime"
    FLUX_DEV = "flux-dev"
    FLUX_DEV_FAST = "flux-dev-fast"
    FLUX_SCHNELL = "flux-schnell"
    IMAGINE_TURBO = "imagine-turbo"
    REALISTIC = "realistic"
    SDXL = "sdxl-1.0"


class AspectRatio(StrEnum):
    """Aspect ratios, width to height, that the reference lists; any string is accepted."""

    SQUARE = "1:1"
    LANDSCAPE_3_2 = "3:2"
    LANDSCAPE_4_3 = "4:3"
    PORTRAIT_3_4 = "3:4"
    WIDE_16_9 = "16:9"
    TALL_9_16 = "9:16"


_PROMPT = FormField("prompt", required=True)
_IMAGE = FormField("image", "file", required=True)
_MASK = FormField("mask", "file", required=True)
_SEED = FormField("seed", "integer")
_RATIO = FormField("aspect_ratio", allowed=tuple(AspectRatio), default=AspectRatio.SQUARE.value)
_STYLE = FormField("style", required=True, allowed=tuple(Style), default=Style.IMAGINE_TURBO.value)
_PRODUCT_STYLE = FormField("style", allowed=("product-shoot",), default="product-shoot")

TEXT_TO_IMAGE = Endpoint(
    "text_to_image",
    "/v2/image/generations",
    (_PROMPT, _STYLE, _RATIO, _SEED),
    "jpeg",
    "reference",
    "Make a picture from a prompt.",
)
TEXT_TO_PNG = Endpoint(
    "text_to_png",
    "/v2/image/generations/transparent",
    (_PROMPT, _RATIO, _SEED),
    "png",
    "reference",
    "Make a picture with a transparent background from a prompt.",
)
REMOVE_BACKGROUND = Endpoint(
    "remove_background",
    "/v2/image/background/remover",
    (_IMAGE,),
    "png",
    "transcription",
    "Cut the subject out of a picture.",
)
UPSCALE = Endpoint(
    "upscale", "/v2/image/enhance", (_IMAGE,), "jpeg", "transcription", "Make a picture larger and sharper."
)
GENERATIVE_FILL = Endpoint(
    "generative_fill",
    "/v2/image/edits/generative-fill",
    (_PROMPT, _IMAGE, _MASK),
    "jpeg",
    "reference",
    "Paint what the prompt says where the mask is white.",
)
AI_RESIZE = Endpoint(
    "ai_resize",
    "/v2/image/edits/ai-resize",
    (_IMAGE, FormField("prompt"), FormField("mask", "file")),
    "jpeg",
    "callers",
    "Extend a picture beyond its borders.",
)
RETOUCH = Endpoint(
    "retouch",
    "/v2/image/edits/remove",
    (_IMAGE, _MASK),
    "jpeg",
    "callers",
    "Remove what the mask marks.",
)
AI_BACKGROUND = Endpoint(
    "ai_background",
    "/v2/image/generations/ai-background",
    (_PROMPT, _IMAGE, _PRODUCT_STYLE, _SEED),
    "jpeg",
    "reference",
    "Place a product in front of a new background.",
)

ENDPOINTS: tuple[Endpoint, ...] = (
    TEXT_TO_IMAGE,
    TEXT_TO_PNG,
    REMOVE_BACKGROUND,
    UPSCALE,
    GENERATIVE_FILL,
    AI_RESIZE,
    RETOUCH,
    AI_BACKGROUND,
)

PRICES: Mapping[str, int] = MappingProxyType(
    {
        "text_to_image/imagine-turbo": 1,
        "text_to_image/anime": 5,
        "text_to_image/realistic": 5,
        "text_to_image/flux-schnell": 5,
        "text_to_image/flux-dev-fast": 5,
        "text_to_image/flux-dev": 15,
    }
)
"""Tokens a call, by `endpoint/style`; source: billing. Nothing else is priced in any page that could be read."""
