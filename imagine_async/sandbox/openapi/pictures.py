"""The replies of the picture endpoints, in the form that the settings name."""

from __future__ import annotations

from typing import Any

from imagine_async.catalog import Endpoint
from imagine_async.sandbox.openapi.headers import QUOTA
from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.v1.rules import is_v1

__all__ = ["picture_reply"]


def picture_reply(endpoint: Endpoint, settings: SandboxSettings) -> dict[str, Any]:
    """Describe the reply with a picture.

    Args:
        endpoint: The endpoint.
        settings: Which form, and which content type.
    """
    kind = endpoint.reply.upper()
    if settings.reply_form != "bytes":
        return {
            "description": f"A {kind} picture within JSON.",
            "headers": QUOTA,
            "content": {"application/json": {"schema": _envelope(endpoint, settings)}},
            **INVENTED,
        }
    media_type = f"image/{endpoint.reply}" if _is_named(endpoint, settings) else "application/octet-stream"
    return {
        "description": f"The bytes of a {kind} picture.",
        "headers": QUOTA,
        "content": {media_type: {"schema": {"contentMediaType": media_type}}},
    }


def _is_named(endpoint: Endpoint, settings: SandboxSettings) -> bool:
    return is_v1(endpoint) or settings.image_content_type


def _envelope(endpoint: Endpoint, settings: SandboxSettings) -> dict[str, Any]:
    name, member = _member(endpoint, settings)
    return {
        "type": "object",
        "required": ["status", name],
        "properties": {"status": {"const": "success"}, name: member},
        **INVENTED,
    }


def _member(endpoint: Endpoint, settings: SandboxSettings) -> tuple[str, dict[str, Any]]:
    url = {"type": "string", "format": "uri", "description": f"Good for {settings.result_url_seconds} s."}
    with_url = {"type": "object", "required": ["url"], "properties": {"url": url}}
    match settings.reply_form:
        case "base64":
            return "image", {
                "type": "string",
                "contentEncoding": "base64",
                "contentMediaType": f"image/{endpoint.reply}",
            }
        case "data_uri":
            return "image", {"type": "string", "pattern": f"^data:image/{endpoint.reply};base64,"}
        case "url":
            return "url", url
        case "nested_url":
            return "image", with_url
        case _:
            return "data", {"type": "array", "minItems": 1, "maxItems": 1, "items": with_url}
