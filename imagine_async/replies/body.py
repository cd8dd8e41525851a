"""Bodies as text and JSON, whatever they hold. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping

from imagine_async.file_view import FileView

__all__ = ["BODY_EXCERPT_CHARACTERS", "excerpt", "is_error", "members", "parsed"]

BODY_EXCERPT_CHARACTERS = 2000


def parsed(body: bytes) -> object:
    """Parse a body as JSON.

    Args:
        body: Any bytes.

    Returns:
        What it holds; `None` where it is no JSON.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def members(body: bytes) -> Mapping[str, object]:
    """Return the members of a JSON object; none where the body is anything else."""
    value = parsed(body)
    return value if isinstance(value, dict) else {}


def is_error(body: bytes) -> bool:
    """Tell whether a body says of itself that it is one of the API's errors."""
    return str(members(body).get("status", "")).lower() == "error"


def excerpt(body: bytes | FileView) -> str:
    """Return the beginning of a body as text, whatever it holds."""
    return body[: 4 * BODY_EXCERPT_CHARACTERS].decode("utf-8", "replace")[:BODY_EXCERPT_CHARACTERS]
