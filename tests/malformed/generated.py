"""Forms that Schemathesis makes wrong on purpose, and the same with some of their bytes changed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from imagine_async.catalog import V1_GENERATIONS
from imagine_async.sandbox import SandboxSettings
from imagine_async.sandbox.openapi.document import describe
from tests.malformed.wire import request

__all__ = ["damaged", "generated"]

_SENT = ("method", "url", "headers", "params", "files", "data", "json")


def generated(each: int) -> Iterator[tuple[str, bytes]]:
    """Yield requests that go against the description of the sandbox.

    Args:
        each: How many for each operation that takes a form.
    """
    operations: Any = schemathesis.openapi.from_dict(_description()).get_all_operations()
    for found in operations:
        operation = found.ok()
        if operation.body:
            for case in _cases(operation, each):
                yield "generated", _coded(case)


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Cut out and put in bytes anywhere in a request.

    Args:
        whole: The request.
        chance: Where and what.
    """
    for _ in range(chance.randint(1, 4)):
        place, cut = chance.randrange(len(whole)), chance.choice((0, 0, 1, 2, 30))
        whole = whole[:place] + chance.randbytes(chance.choice((0, 1, 1, 8))) + whole[place + cut :]
    return whole


def _description() -> dict[str, Any]:
    """Describe the API without its keys, which are not what is to be wrong."""
    description = describe(SandboxSettings())
    api = {path: item for path, item in description["paths"].items() if path.startswith(("/v1", "/v2"))}
    for operation in (operation for item in api.values() for operation in item.values()):
        operation["security"] = []
    # An unknown ratio gets 500 here, as from the live service, and nothing else may.
    del _parts(api[V1_GENERATIONS.path]["post"])["aspect_ratio"]
    return {**description, "paths": api}


def _parts(operation: dict[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    return parts


def _cases(operation: Any, count: int) -> list[schemathesis.Case[Any]]:
    cases: list[schemathesis.Case[Any]] = []

    @given(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def note(case: schemathesis.Case[Any]) -> None:
        cases.append(case)

    note()
    return cases


def _coded(case: schemathesis.Case[Any]) -> bytes:
    asked = case.as_transport_kwargs(base_url="http://sandbox")
    prepared = requests.Request(**{name: asked[name] for name in _SENT if name in asked}).prepare()
    body: Any = prepared.body or b""
    content = body.encode() if isinstance(body, str) else body
    headers = {name: str(value) for name, value in prepared.headers.items() if name == "Content-Type"}
    return request(prepared.path_url, headers, content, method=str(prepared.method))
