"""The multipart forms: every part with its kind, its values and its default, as far as the sandbox checks them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from imagine_async.catalog import (
    ENDPOINTS,
    V1_ENDPOINTS,
    VIDEO_ENDPOINTS,
    Endpoint,
    FormField,
    V1AspectRatio,
    V1Style,
    VideoStyle,
)
from imagine_async.sandbox.forms import UPSCALES
from imagine_async.sandbox.multipart import MAX_TEXT_BYTES
from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.v1.rules import is_v1
from imagine_async.sandbox.videos.creating import STYLE

__all__ = ["form_of"]

Schema = dict[str, Any]

_CATALOG = {endpoint.name: endpoint for endpoint in (*ENDPOINTS, *V1_ENDPOINTS, *VIDEO_ENDPOINTS)}
# `\\S` alone is not read alike everywhere: Python takes these for blanks, other dialects of regular expressions do not.
_NOT_BLANK = r"[^\s\u001c-\u001f\u0085]"
_FILE_TYPES = "image/jpeg, image/png, image/webp"
_MORE_RULES: Mapping[str, Schema] = MappingProxyType(
    {
        # `resizing.resized` in the words of JSON Schema.
        RESIZE_WITH_SIZE.name: {
            "dependentRequired": {"width": ["height"], "height": ["width"]},
            "not": {"required": ["width", "aspect_ratio"]},
        }
    }
)


def form_of(endpoint: Endpoint, settings: SandboxSettings) -> Schema:
    """Describe the body of a creating call.

    Args:
        endpoint: The endpoint as it is served.
        settings: What is let through, and how large.
    """
    files = [field.name for field in endpoint.fields if field.kind == "file"]
    content: Schema = {"schema": _schema(endpoint, settings)}
    if files:
        content["encoding"] = {name: {"contentType": _FILE_TYPES} for name in files}
    return {
        "required": True,
        "description": f"Parts that are not listed are ignored. At most {settings.max_body_bytes} bytes (invented).",
        "content": {"multipart/form-data": content},
    }


def _schema(endpoint: Endpoint, settings: SandboxSettings) -> Schema:
    return {
        "type": "object",
        "required": [field.name for field in endpoint.fields if field.required],
        "properties": {field.name: _part(endpoint, field, settings) for field in endpoint.fields},
        **_MORE_RULES.get(endpoint.name, {}),
    }


def _part(endpoint: Endpoint, field: FormField, settings: SandboxSettings) -> Schema:
    known = _CATALOG[endpoint.name].field(field.name) is not None
    return {
        **_kind(endpoint, field, settings),
        **_values(endpoint, field),
        **_bounds(endpoint, field, settings),
        **({} if field.default is None else {"default": _value(field, field.default)}),
        **_sizes(endpoint, field, settings),
        **({} if known else INVENTED),
    }


def _kind(endpoint: Endpoint, field: FormField, settings: SandboxSettings) -> Schema:
    if field.kind == "file":
        return {"contentMediaType": "application/octet-stream", "description": _file(endpoint, field, settings)}
    if field.kind != "text":
        return {"type": field.kind}
    if field.allowed:
        return {"type": "string"}
    return {
        "type": "string",
        "maxLength": MAX_TEXT_BYTES,
        **({"minLength": 1, "pattern": _NOT_BLANK} if field.required else {}),
    }


def _file(endpoint: Endpoint, field: FormField, settings: SandboxSettings) -> str:
    what = "A mask, white where something is to change;" if field.name == "mask" else "A picture;"
    # The result of an upscale, too, has so many at most.
    most = settings.max_pixels // (4 if endpoint.name in UPSCALES else 1)
    size = "" if settings.max_file_bytes is None else f" and {settings.max_file_bytes} bytes"
    return f"{what} JPEG or PNG of at most {most} pixels{size}, or WebP of half as many pixels (invented)."


def _values(endpoint: Endpoint, field: FormField) -> Schema:
    if endpoint.reply == "job" and field.name == "style":
        return {"pattern": f"^{STYLE.pattern}$", "description": f"Known: {', '.join(VideoStyle)}."}
    if field.allowed:
        return {"enum": [_value(field, text) for text in field.allowed]}
    if is_v1(endpoint) and field.name == "style_id":
        return {"enum": [int(style) for style in V1Style]}
    if is_v1(endpoint) and field.name == "aspect_ratio":
        return {"enum": list(V1AspectRatio)}
    return {}


def _bounds(endpoint: Endpoint, field: FormField, settings: SandboxSettings) -> Schema:
    low, high = field.low, field.high
    if field.name == "seed" and not (settings.accept_any_seed or is_v1(endpoint)):
        low = 1
    if endpoint.name == RESIZE_WITH_SIZE.name and field.kind == "integer":
        low, high = 1, settings.max_pixels
    return {name: value for name, value in (("minimum", low), ("maximum", high)) if value is not None}


def _sizes(endpoint: Endpoint, field: FormField, settings: SandboxSettings) -> Schema:
    """Tell the pixels of each ratio, where the result has no others."""
    if field.name != "aspect_ratio" or endpoint.reply == "job" or endpoint.name == RESIZE_WITH_SIZE.name:
        return {}
    ratios = field.allowed or tuple(V1AspectRatio)
    return {"x-sizes": {**INVENTED, **{ratio: list(settings.size(ratio)) for ratio in ratios}}}


def _value(field: FormField, text: str) -> Any:
    return {"integer": int, "number": float}.get(field.kind, str)(text)
