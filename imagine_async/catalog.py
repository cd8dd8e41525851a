"""What the vendor documents about the Imagine API, as data that names its source.

Facts carry the short name of the page they come from (`SOURCES`). What nobody published and the sandbox had to invent
(pixel sizes, prices of the edits) stands apart under `Invented`, so that no reader takes it for the vendor's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from attrs import field, frozen

__all__ = [
    "AI_BACKGROUND",
    "AI_RESIZE",
    "DEFAULT_BASE_URL",
    "ENDPOINTS",
    "ERROR_CODES",
    "GENERATIVE_FILL",
    "PRICES",
    "REMOVE_BACKGROUND",
    "RETOUCH",
    "SOURCES",
    "TEXT_TO_IMAGE",
    "TEXT_TO_PNG",
    "UPSCALE",
    "AspectRatio",
    "Endpoint",
    "ErrorCode",
    "FormField",
    "Invented",
    "Style",
]

DEFAULT_BASE_URL = "https://api.vyro.ai"

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "reference": "https://reference.imagine.art (API reference, page of the endpoint)",
        "errors": "https://docs.imagine.art/troubleshooting/error-documentation",
        "billing": "https://docs.imagine.art/getting-started/api-call-billing-and-token-usage",
        "transcription": "a third party's OpenAPI transcription of the reference",
        "callers": "code of third parties that call the API; no official page could be read",
        "observed": "a third party's record of what the live service answered",
    }
)


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


@frozen
class FormField:
    """One part of an endpoint's multipart form.

    Args:
        name: The part's name on the wire.
        kind: What the part carries.
        required: Whether the API refuses a form without it.
        allowed: The documented values; empty where nothing is listed.
        default: What the API takes when the part is missing, as wire text.
    """

    name: str
    kind: Literal["text", "integer", "file"] = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    default: str | None = None


@frozen
class Endpoint:
    """One creating call of the API.

    Args:
        name: The name of the SDK's method, for example `text_to_image`.
        path: The path below the host's root.
        fields: The parts of the form.
        reply: The format that callers were seen to get.
        source: A key of `SOURCES`.
        summary: What the endpoint does, in one line.
    """

    name: str
    path: str
    fields: tuple[FormField, ...]
    reply: Literal["jpeg", "png"]
    source: str
    summary: str

    def field(self, name: str) -> FormField | None:
        """Look up a part of the form by its wire name.

        Args:
            name: The part's name.

        Returns:
            The field, or `None` where the endpoint has no such part.
        """
        return next((known for known in self.fields if known.name == name), None)


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


@frozen
class ErrorCode:
    """One row of the documented error table.

    Args:
        code: The number in the reply's `code` member.
        status: The HTTP status it comes with.
        name: The text of the reply's `error` member.
        meaning: What went wrong.
        status_inferred: True where the page's sample shows no status.
    """

    code: int
    status: int
    name: str
    meaning: str
    status_inferred: bool = field(default=False, kw_only=True)


ERROR_CODES: Mapping[int, ErrorCode] = MappingProxyType(
    {
        row.code: row
        for row in (
            ErrorCode(1000, 400, "BadRequest", "bearer token missing"),
            ErrorCode(1001, 401, "Unauthorized", "bearer token invalid"),
            ErrorCode(1002, 406, "NotAcceptable", "bearer token expired"),
            ErrorCode(1003, 400, "BadRequest", "captcha could not be validated"),
            ErrorCode(1004, 400, "BadRequest", "captcha required"),
            ErrorCode(1005, 401, "Unauthorized", "application could not be validated"),
            ErrorCode(1006, 401, "Unauthorized", "device validation failed"),
            ErrorCode(1007, 401, "Unauthorized", "account could not be validated"),
            ErrorCode(1100, 400, "BadRequest", "request invalid"),
            ErrorCode(1101, 402, "PaymentRequired", "not enough tokens"),
            ErrorCode(1103, 400, "InvalidBody", "a field of the body is missing or wrong", status_inferred=True),
            ErrorCode(1200, 503, "ServiceUnavailable", "service not available"),
            ErrorCode(1201, 503, "ServiceUnavailable", "a part of the service cannot be reached"),
            ErrorCode(1202, 429, "TooManyRequests", "too many requests"),
            ErrorCode(1208, 401, "Unauthorized", "API key invalid", status_inferred=True),
        )
    }
)
"""The documented codes; source: errors. The table is cut after 1202 in the copy that could be read."""


class Invented:
    """What the sandbox needs and nobody published. Never the vendor's word."""

    SIZES: Mapping[str, tuple[int, int]] = MappingProxyType(
        {
            "1:1": (1024, 1024),
            "3:2": (1216, 832),
            "4:3": (1152, 896),
            "3:4": (896, 1152),
            "16:9": (1344, 768),
            "9:16": (768, 1344),
        }
    )
    """Pixels, width x height, of a sandbox picture by aspect ratio."""

    PRICES: Mapping[str, int] = MappingProxyType(
        {
            **PRICES,
            "text_to_image": 5,
            "text_to_png": 5,
            "remove_background": 2,
            "upscale": 4,
            "generative_fill": 5,
            "ai_resize": 5,
            "retouch": 4,
            "ai_background": 5,
        }
    )
    """What the sandbox charges: the documented prices, and made-up ones for the rest, by endpoint."""
