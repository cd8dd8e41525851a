"""The table of dialects: what the vendor's two clients for v1 do differently, and both against every request."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from imagine_async import catalog
from imagine_async.catalog import DEFAULT_DIALECT, DIALECTS, SOURCES, V1_ENDPOINTS, Dialect, Endpoint, dialect_named
from imagine_async.catalog.dialects import JAVASCRIPT, PYTHON
from imagine_async.errors import ConfigurationError
from imagine_async.requests_v1 import (
    V1Generations,
    V1Guided,
    V1Inpaint,
    V1Remix,
    V1Request,
    V1Upscale,
    V1Variations,
)
from tests.pictures import variety

PNG = variety("png")
ROOT = "/v1/imagine/api"

every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)


def test_dialects_stand_under_their_names() -> None:
    """There are two dialects, each under its own name."""
    assert dict(DIALECTS) == {"javascript": JAVASCRIPT, "python": PYTHON}


def test_default_is_that_of_v2() -> None:
    """Unless told otherwise, the key travels as in v2."""
    assert DEFAULT_DIALECT is JAVASCRIPT
    assert DEFAULT_DIALECT.key_header == ("authorization", "Bearer ")


def test_python_client_sends_the_naked_key() -> None:
    """The Python client's header is itself called Bearer, and nothing stands before the key."""
    assert PYTHON.key_header == ("Bearer", "")


@every_dialect
def test_sources_exist(dialect: Dialect) -> None:
    """Every row names where its facts come from."""
    assert dialect.source in SOURCES


@every_dialect
def test_rows_are_of_the_catalog(dialect: Dialect) -> None:
    """What goes out unasked are fields that the catalog knows, with values that it allows."""
    endpoints = {endpoint.name: endpoint for endpoint in V1_ENDPOINTS}
    for row in dialect.sent_anyway:
        known = endpoints[row.endpoint].field(row.field)
        assert known is not None
        assert row.text in known.allowed or not known.allowed
    assert set(dialect.slashed) <= set(endpoints)


@every_dialect
def test_dialects_travel_and_can_be_keys(dialect: Dialect) -> None:
    """A dialect can be pickled and hashed, so that requests can."""
    assert pickle.loads(pickle.dumps(dialect)) == dialect
    assert hash(dialect) == hash(pickle.loads(pickle.dumps(dialect)))


@every_dialect
def test_dialects_are_found_by_name(dialect: Dialect) -> None:
    """The option's word leads to the row."""
    assert dialect_named(dialect.name) is dialect


@pytest.mark.parametrize("name", ["", "Python", "ruby", None, 1, ["python"], {}], ids=repr)
def test_unknown_dialect_is_refused(name: Any) -> None:
    """Any other word is refused with the two that there are."""
    with pytest.raises(ConfigurationError, match="'javascript', 'python'"):
        dialect_named(name)


@pytest.mark.parametrize("endpoint", V1_ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_paths(endpoint: Endpoint) -> None:
    """The paths are the catalog's, but for the slash that the Python client puts behind upscale."""
    assert JAVASCRIPT.path(endpoint) == endpoint.path
    assert PYTHON.path(endpoint) == endpoint.path + ("/" if endpoint is catalog.V1_UPSCALE else "")


# What the vendor's JavaScript client, imaginesdk 1.1.0, was recorded to send: its real forms, without the pictures.
# Ours stands beside it, with a seed where the client has none, because ours would choose one.
RECORDED: dict[str, tuple[V1Request, str, dict[str, str]]] = {
    "generations": (V1Generations(prompt="fox"), "/generations", {"prompt": "fox", "style_id": "27"}),
    "generations-all": (
        V1Generations(
            prompt="fox",
            aspect_ratio="16:9",
            style_id=33,
            cfg=8.0,
            negative_prompt="dog",
            seed=7,
            steps=40,
            high_res_results=True,
        ),
        "/generations",
        {
            "prompt": "fox",
            "aspect_ratio": "16:9",
            "style_id": "33",
            "negative_prompt": "dog",
            "cfg": "8",
            "seed": "7",
            "steps": "40",
            "high_res_results": "1",
        },
    ),
    "generations-fraction": (
        V1Generations(prompt="fox", cfg=7.5),
        "/generations",
        {"prompt": "fox", "style_id": "27", "cfg": "7.5"},
    ),
    "variations": (
        V1Variations(prompt="fox", image=PNG),
        "/generations/variations",
        {"prompt": "fox", "style_id": "27"},
    ),
    "variations-all": (
        V1Variations(prompt="fox", image=PNG, style_id=29, seed=1, steps=30, strength=1, cfg=7, negative_prompt="n"),
        "/generations/variations",
        {
            "prompt": "fox",
            "style_id": "29",
            "seed": "1",
            "steps": "30",
            "strength": "1",
            "cfg": "7",
            "negative_prompt": "n",
        },
    ),
    "remix": (V1Remix(prompt="fox", image=PNG), "/edits/remix", {"prompt": "fox", "style_id": "22"}),
    "remix-all": (
        V1Remix(
            prompt="fox",
            image=PNG,
            style_id=29,
            seed=1,
            steps=30,
            strength=1,
            control="canny",
            cfg=7,
            negative_prompt="n",
        ),
        "/edits/remix",
        {
            "prompt": "fox",
            "style_id": "29",
            "seed": "1",
            "steps": "30",
            "strength": "1",
            "control": "canny",
            "cfg": "7",
            "negative_prompt": "n",
        },
    ),
    "inpaint": (
        V1Inpaint(prompt="fox", image=PNG, mask=PNG),
        "/edits/inpaint",
        {"prompt": "fox", "style_id": "1"},
    ),
    "inpaint-all": (
        V1Inpaint(prompt="fox", image=PNG, mask=PNG, cfg=7, negative_prompt="n", inpaint_strength=0.5),
        "/edits/inpaint",
        {"prompt": "fox", "style_id": "1", "cfg": "7", "neg_prompt": "n", "inpaint_strength": "0.5"},
    ),
    "upscale": (V1Upscale(image=PNG), "/upscale", {"model_version": "1"}),
}


@pytest.mark.parametrize("name", RECORDED)
def test_javascript_forms_are_those_of_the_vendors_client(name: str) -> None:
    """In its dialect, path and text fields are exactly what the vendor's JavaScript client was recorded to send."""
    request, path, texts = RECORDED[name]
    assert request.dialect is JAVASCRIPT
    assert request.path == ROOT + path
    assert {part: text for part, text in request.form() if isinstance(text, str)} == texts


@pytest.mark.parametrize(
    ("request_", "unasked"),
    [
        (V1Generations(prompt="fox", dialect="python"), {"high_res_results": "0"}),
        (V1Variations(prompt="fox", image=PNG, dialect="python"), {}),
        (V1Remix(prompt="fox", image=PNG, dialect="python"), {"control": "openpose"}),
        (V1Inpaint(prompt="fox", image=PNG, mask=PNG, dialect="python"), {"model_version": "1"}),
        (V1Upscale(image=PNG, dialect="python"), {"model_version": "1"}),
        (V1Guided(prompt="fox", image=PNG, dialect="python"), {}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, V1Request) else "",
)
def test_python_sends_more_unasked(request_: V1Request, unasked: dict[str, str]) -> None:
    """The Python client's habits go out beside prompt, style and pictures, and nothing else does."""
    texts = {part: text for part, text in request_.form() if isinstance(text, str)}
    assert {name: text for name, text in texts.items() if name not in ("prompt", "style_id")} == unasked
