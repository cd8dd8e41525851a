"""The description of the sandbox in OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Route

from imagine_async.catalog import AI_RESIZE, ENDPOINTS, ERROR_CODES, TEXT_TO_IMAGE, V1_ENDPOINTS, V1_INPAINT
from imagine_async.sandbox import Plan, SandboxSettings
from imagine_async.sandbox.openapi.document import describe

if TYPE_CHECKING:
    from tests.sandbox.conftest import Bench

pytestmark = pytest.mark.anyio


def _described(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(describe(SandboxSettings(**changes))))
    return document


def _operations(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(path, method.upper()) for path, item in document["paths"].items() for method in item}


def _form(document: dict[str, Any], path: str) -> dict[str, Any]:
    schema: dict[str, Any] = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    return schema


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"reply_form": "url", "retry_after": True, "private": True},
        {"reply_form": "base64", "rate_limit": None, "credits": None, "plans": (Plan(name="small"),)},
        {"reply_form": "data_uri", "accept_any_seed": True, "v1_unprocessable": True, "max_file_bytes": 1000},
        {"reply_form": "nested_url", "status_paths": (), "delete_paths": ()},
        {"reply_form": "url_list", "image_content_type": True, "side": 64},
    ],
)
async def test_document_is_valid(changes: dict[str, Any]) -> None:
    """Whatever the settings, the document keeps to the meta schema of OpenAPI 3.1."""
    OpenAPIV31SpecValidator(_described(**changes)).validate()


async def test_served_without_a_key(make_bench: Callable[..., Bench]) -> None:
    """The document describes the sandbox that serves it, and can be read without a key."""
    bench = make_bench(private=True)
    reply = await bench.ask("/openapi.json", key=None)
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == _described(side=64, private=True)


async def test_the_same_endpoints_as_the_application(bench: Bench) -> None:
    """Every route is described, and everything that is described is a route."""
    routes = [route for route in bench.app.routes if isinstance(route, Route)]
    assert len(routes) == len(bench.app.routes)
    served = {(route.path, method) for route in routes for method in route.methods or () if method != "HEAD"}
    assert _operations(_described()) == served


async def test_paths_that_are_switched_off() -> None:
    """Paths of status and deletion that are switched off are not described."""
    document = _described(status_paths=("/v2/assets/{id}/status",), delete_paths=())
    assert {place for place in _operations(document) if "{id}" in place[0] and place[0].startswith("/v2")} == {
        ("/v2/assets/{id}/status", "GET"),
        ("/v2/assets/{id}/status", "POST"),
    }


async def test_parts_are_those_of_the_catalog() -> None:
    """Every documented part is there as documented, and what is not the vendor's is marked as invented."""
    document = _described()
    for endpoint in (*ENDPOINTS, *V1_ENDPOINTS):
        schema = _form(document, endpoint.path)
        known = {field.name: field for field in endpoint.fields}
        assert schema["required"] == [field.name for field in endpoint.fields if field.required]
        assert known.keys() == {name for name, part in schema["properties"].items() if "x-invented" not in part}
        for name, field in known.items():
            part = schema["properties"][name]
            assert [str(value) for value in part.get("enum", field.allowed)][: len(field.allowed)] == [*field.allowed]
            assert ("contentMediaType" in part) == (field.kind == "file")
            assert ("default" in part) == (field.default is not None)
    assert _form(document, AI_RESIZE.path)["properties"]["width"]["x-invented"] is True


async def test_sources_and_codes() -> None:
    """Each operation names where it is documented, and the error schema holds the documented table."""
    document = _described()
    assert document["paths"][V1_INPAINT.path]["post"]["x-source"] == V1_INPAINT.source
    codes = document["components"]["schemas"]["Error"]["x-codes"]
    assert {int(code): row["status"] for code, row in codes.items()} == {
        code: row.status for code, row in ERROR_CODES.items()
    }


async def test_settings_are_reflected() -> None:
    """Seeds, content types, forms, waits, sizes and prices are described as they are set."""
    usual = _described()["paths"][TEXT_TO_IMAGE.path]["post"]
    document = _described(accept_any_seed=True, image_content_type=True, retry_after=True, side=64)
    changed = document["paths"][TEXT_TO_IMAGE.path]["post"]
    assert [*usual["responses"]["200"]["content"]] == ["application/octet-stream"]
    assert [*changed["responses"]["200"]["content"]] == ["image/jpeg"]
    assert "retry-after" not in usual["responses"]["429"]["headers"]
    assert "retry-after" in changed["responses"]["429"]["headers"]
    assert _form(_described(), TEXT_TO_IMAGE.path)["properties"]["seed"]["minimum"] == 1
    parts = _form(document, TEXT_TO_IMAGE.path)["properties"]
    assert "minimum" not in parts["seed"]
    assert parts["aspect_ratio"]["x-sizes"]["1:1"] == [64, 64]
    assert usual["x-tokens"]["text_to_image/imagine-turbo"] == {"tokens": 1}
    assert usual["x-tokens"]["text_to_image"] == {"tokens": 5, "x-invented": True}


async def test_keys_are_asked_for(make_bench: Callable[..., Bench]) -> None:
    """Every operation that is described to need a key refuses requests without one and with a wrong one."""
    bench = make_bench(private=True)
    document = _described(private=True)
    for path, method in _operations(document):
        needed = document["paths"][path][method.lower()]["security"]
        expected = (400 if path.startswith("/v2") else 401, 401)
        for key, status in zip((None, "wrong"), expected, strict=True) if needed else ():
            reply = await bench.ask(path.replace("{id}", "1"), method=method, key=key)
            assert (path, method, reply.status_code) == (path, method, status)
            assert str(status) in document["paths"][path][method.lower()]["responses"]


async def test_allowed_methods(bench: Bench) -> None:
    """A path that several routes share names the methods of all of them."""
    async with bench.client() as client:
        reply = await client.put("/_sandbox/accounts")
    assert (reply.status_code, reply.headers["allow"]) == (405, "GET, HEAD, POST")
