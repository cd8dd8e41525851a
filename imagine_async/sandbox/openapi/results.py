"""The path of the results, which needs a signed URL and no key."""

from __future__ import annotations

from typing import Any

from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.results.signing import RESULTS_PATH

__all__ = ["result_operations"]

_TYPES = ("image/jpeg", "image/png", "image/webp", "video/mp4")
_RANGES = {"accept-ranges": {"schema": {"const": "bytes"}}}
_QUERY = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
_REFUSALS = {
    "400": "The request has an Authorization header beside the signature.",
    "403": "The signature is missing or wrong, or the URL has expired.",
    "404": "There is no such result, or no longer.",
    "500": "The result cannot be made.",
}


def result_operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Describe how results are fetched.

    Returns:
        The operation by path and method.
    """
    return {(f"{RESULTS_PATH}/{{name}}", "get"): _fetch()}


def _fetch() -> dict[str, Any]:
    return {
        "operationId": "result",
        "tags": ["results"],
        "summary": "Fetch a picture or a video by the URL that a reply named.",
        "security": [],
        "parameters": [
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/]+$"}},
            *({"name": name, "in": "query", "schema": {"type": "string"}} for name in _QUERY),
            {"name": "Range", "in": "header", "schema": {"type": "string"}},
        ],
        "responses": {
            "200": {"description": "The file.", "headers": _RANGES, "content": _files()},
            "206": {"description": "A range of its bytes.", "headers": _RANGES, "content": _files()},
            "416": {"description": "The range lies outside of the file.", "headers": _RANGES},
            **{status: _refusal(text) for status, text in _REFUSALS.items()},
        },
        **INVENTED,
    }


def _files() -> dict[str, Any]:
    return {media_type: {"schema": {"contentMediaType": media_type}} for media_type in _TYPES}


def _refusal(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {
            "application/xml": {"schema": {"type": "object", "xml": {"name": "Error"}}},
            "text/plain": {"schema": {"type": "string"}},
        },
    }
