"""The paths of the studio page; all of them invented."""

from __future__ import annotations

from typing import Any

from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["studio_operations"]

Operation = dict[str, Any]

_AFTER = {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}}
_NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/]+$"}}
_TEXT = {"schema": {"type": "string"}}
_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/AdminError"}}}


def studio_operations(settings: SandboxSettings) -> dict[tuple[str, str], Operation]:
    """Describe the page and what it loads.

    Args:
        settings: Whether anybody may look.

    Returns:
        Operations by path and method.
    """
    return {
        ("/", "get"): _read(settings, "page", "The studio page.", ("text/html",)),
        ("/_sandbox/studio/news", "get"): _read(
            settings, "news", "What the page shows anew.", ("text/html",), _AFTER, refused="400"
        ),
        ("/_sandbox/studio/{name}", "get"): _read(
            settings, "asset", "A file that the page loads.", ("text/css", "text/javascript"), _NAME, refused="404"
        ),
    }


def _read(
    settings: SandboxSettings,
    name: str,
    summary: str,
    media_types: tuple[str, ...],
    *parameters: dict[str, Any],
    refused: str | None = None,
) -> Operation:
    statuses = [*([] if refused is None else [refused]), *(["401"] if settings.private else [])]
    responses: dict[str, Any] = {
        "200": {"description": "Done.", "content": dict.fromkeys(media_types, _TEXT)},
        **{status: {"description": "Refused.", "content": dict(_ERROR)} for status in statuses},
    }
    if refused == "404":
        # A name with a slash in it makes another path.
        responses["404"]["content"]["text/plain"] = _TEXT
    return {
        "operationId": f"studio.{name}",
        "tags": ["sandbox"],
        "summary": summary,
        "security": [{"adminToken": []}, {"adminPassword": []}] if settings.private else [],
        "parameters": list(parameters),
        "responses": responses,
        **INVENTED,
    }
