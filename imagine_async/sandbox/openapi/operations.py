"""The calls of the API: one operation for each path and method."""

from __future__ import annotations

from typing import Any

from imagine_async.catalog import (
    DELETE_VIDEO,
    IMAGE_TO_VIDEO,
    PRICES,
    SOURCES,
    TEXT_TO_VIDEO,
    V1_GENERATIONS,
    VIDEO_STATUS,
    Endpoint,
)
from imagine_async.sandbox.dialects import V1, V2
from imagine_async.sandbox.openapi.forms import form_of
from imagine_async.sandbox.openapi.headers import QUOTA
from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.openapi.pictures import picture_reply
from imagine_async.sandbox.openapi.refusals import (
    NO_SUCH_PATH,
    OF_FORMS,
    OF_KEYS,
    UNKNOWN_VIDEO,
    Refusal,
    refusals,
)
from imagine_async.sandbox.openapi.videos import DELETION, JOB, STATUS
from imagine_async.sandbox.served import PICTURE_ENDPOINTS, paths_of
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.v1.rules import is_v1
from imagine_async.sandbox.videos.asking import ALSO_POST

__all__ = ["api_operations"]

Operation = dict[str, Any]
Operations = dict[tuple[str, str], Operation]

_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/]+$"}}


def api_operations(settings: SandboxSettings) -> Operations:
    """Describe every call of v2 and v1.

    Args:
        settings: What is served.

    Returns:
        Operations by path and method.
    """
    return _pictures(settings) | _videos(settings) | _asking(settings)


def _pictures(settings: SandboxSettings) -> Operations:
    return {
        (path, "post"): _picture(endpoint, settings) | _named(endpoint.name, number)
        for endpoint in PICTURE_ENDPOINTS
        for number, path in enumerate(paths_of(endpoint), 1)
    }


def _picture(endpoint: Endpoint, settings: SandboxSettings) -> Operation:
    dialect = V1 if is_v1(endpoint) else V2
    reasons = [*OF_KEYS, *OF_FORMS]
    if endpoint.name == V1_GENERATIONS.name:
        # As the live service does for a ratio that is not listed.
        reasons.append(Refusal(1100, 500))
    if is_v1(endpoint) and settings.v1_unprocessable:
        reasons.append(Refusal(1100, 422))
    return {
        **_about(endpoint),
        "requestBody": form_of(endpoint, settings),
        "responses": {"200": picture_reply(endpoint, settings), **refusals(dialect, reasons, settings)},
        "x-tokens": _prices(endpoint, settings),
    }


def _videos(settings: SandboxSettings) -> Operations:
    return {
        (endpoint.path, "post"): _about(endpoint)
        | {
            "requestBody": form_of(endpoint, settings),
            "responses": {"200": _reply(JOB), **refusals(V2, (*OF_KEYS, *OF_FORMS), settings)},
            "x-tokens": _prices(endpoint, settings),
        }
        | _named(endpoint.name, 1)
        for endpoint in (TEXT_TO_VIDEO, IMAGE_TO_VIDEO)
    }


def _asking(settings: SandboxSettings) -> Operations:
    found: Operations = {}
    for number, path in enumerate(settings.status_paths, 1):
        found |= _at(path, "get", _question(VIDEO_STATUS, STATUS[path], settings), f"{VIDEO_STATUS.name}.{number}")
    for number, path in enumerate(settings.delete_paths, 1):
        found |= _at(path, "delete", _question(DELETE_VIDEO, DELETION, settings), f"{DELETE_VIDEO.name}.{number}")
    return found


def _at(path: str, method: str, operation: Operation, name: str) -> Operations:
    found = {(path, method): operation | {"operationId": name}}
    if path in ALSO_POST:
        found[path, "post"] = operation | {"operationId": f"{name}.post"}
    return found


def _question(endpoint: Endpoint, schema: str, settings: SandboxSettings) -> Operation:
    refused = refusals(V2, (*OF_KEYS, *UNKNOWN_VIDEO), settings)
    # An id with a slash in it makes another path.
    refused["404"]["content"] |= NO_SUCH_PATH
    return _about(endpoint) | {"parameters": [_ID], "responses": {"200": _reply(schema), **refused}}


def _reply(schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": "Done.", "headers": QUOTA, "content": content}


def _about(endpoint: Endpoint) -> Operation:
    return {
        "tags": ["v1" if is_v1(endpoint) else "v2"],
        "summary": endpoint.summary,
        "description": f"Source: {SOURCES[endpoint.source]}.",
        "x-source": endpoint.source,
        "security": [{"key": []}, {"v1Key": []}] if is_v1(endpoint) else [{"key": []}],
    }


def _named(name: str, number: int) -> Operation:
    return {"operationId": name if number == 1 else f"{name}.{number}"}


def _prices(endpoint: Endpoint, settings: SandboxSettings) -> dict[str, Any]:
    """Tell the tokens of each line of the price list that belongs to an endpoint."""
    lines = {line: tokens for line, tokens in settings.prices.items() if line.partition("/")[0] == endpoint.name}
    return {line: {"tokens": lines[line], **({} if PRICES.get(line) == lines[line] else INVENTED)} for line in lines}
