"""The whole description."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from imagine_async.catalog import SOURCES
from imagine_async.sandbox.dialects import V1
from imagine_async.sandbox.openapi.admin import admin_operations
from imagine_async.sandbox.openapi.admin_schemas import ADMIN_SCHEMAS
from imagine_async.sandbox.openapi.headers import HEADERS
from imagine_async.sandbox.openapi.invented import INVENTED
from imagine_async.sandbox.openapi.operations import api_operations
from imagine_async.sandbox.openapi.refusals import ERROR_SCHEMAS
from imagine_async.sandbox.openapi.results import result_operations
from imagine_async.sandbox.openapi.studio import studio_operations
from imagine_async.sandbox.openapi.videos import VIDEO_SCHEMAS
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.version import VERSION

__all__ = ["describe", "description_route"]

_DESCRIPTION = """\
An Imagine-compatible API that runs on this machine, described as this sandbox is set.

What stands under `x-invented` is the sandbox's own, and not the vendor's word; `x-source` names where the rest comes
from, by the short names of the list at the top.
"""
_BEARER = {"type": "http", "scheme": "bearer"}
_SECURITY_SCHEMES: dict[str, Any] = {
    "key": {**_BEARER, "description": "An API key."},
    "v1Key": {
        "type": "apiKey",
        "in": "header",
        "name": V1.naked_key_header,
        "description": "An API key of v1, naked, as the vendor's Python client sends it.",
        "x-source": "v1 SDKs",
    },
    "adminToken": {**_BEARER, "description": "The sandbox's admin token.", **INVENTED},
    "adminPassword": {
        "type": "http",
        "scheme": "basic",
        "description": "The admin token as the password, with any name.",
        **INVENTED,
    },
}


def describe(settings: SandboxSettings) -> dict[str, Any]:
    """Describe a sandbox in OpenAPI 3.1.

    Args:
        settings: What it accepts, charges and answers.

    Returns:
        The document, ready for JSON.
    """
    operations = api_operations(settings) | result_operations()
    operations |= admin_operations(settings) | studio_operations(settings)
    paths: dict[str, Any] = {}
    for (path, method), operation in operations.items():
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Imagine sandbox", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in ("v2", "v1", "results", "sandbox")],
        "paths": paths,
        "components": {
            "schemas": {**ERROR_SCHEMAS, **VIDEO_SCHEMAS, **ADMIN_SCHEMAS},
            "headers": HEADERS,
            "securitySchemes": _SECURITY_SCHEMES,
        },
        "x-sources": dict(SOURCES),
    }


def description_route(settings: SandboxSettings) -> Route:
    """Return the path of the description, which is made once.

    Args:
        settings: What is described.
    """
    page = _Page(json.dumps(describe(settings), separators=(",", ":")).encode())
    return Route("/openapi.json", page.show, methods=["GET"])


@frozen
class _Page:
    content: bytes

    async def show(self, _request: Request) -> Response:
        return Response(self.content, media_type="application/json")
