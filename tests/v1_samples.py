"""The six requests of v1 for tests: their endpoints, a value for every argument, and ways to make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from imagine_async import catalog
from imagine_async.catalog import DIALECTS, Endpoint
from imagine_async.errors import InvalidRequestError
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

__all__ = [
    "OURS",
    "PNG",
    "REQUESTS",
    "VALUES",
    "argument",
    "attempt",
    "build",
    "every_dialect",
    "every_request",
    "part",
    "refusal",
    "wire",
]

PNG = variety("png")
REQUESTS: dict[type[V1Request], Endpoint] = {
    V1Generations: catalog.V1_GENERATIONS,
    V1Variations: catalog.V1_VARIATIONS,
    V1Remix: catalog.V1_REMIX,
    V1Inpaint: catalog.V1_INPAINT,
    V1Upscale: catalog.V1_UPSCALE,
    V1Guided: catalog.V1_GUIDED,
}
VALUES: Mapping[str, Any] = {
    "prompt": "a red fox",
    "image": PNG,
    "mask": PNG,
    "style_id": 29,
    "aspect_ratio": "16:9",
    "negative_prompt": "dogs",
    "cfg": 7.5,
    "seed": 7,
    "steps": 40,
    "high_res_results": True,
    "strength": 1,
    "control": "canny",
    "model_version": 2,
    "inpaint_strength": 0.5,
    "generation_bias": 0.3,
    "artistic_noise": 0.15,
    "aesthetics_weight": 0.45,
}
OURS = {"dialect", "extra"}
"""Arguments that are no parts of the form."""

every_request = pytest.mark.parametrize("cls", REQUESTS, ids=lambda cls: cls.__name__)
every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.name)


def build(cls: type[V1Request], *, all_fields: bool = True, **changes: Any) -> V1Request:
    """Make a request, with every field of its endpoint or only those that the SDK asks for."""
    wanted = [each.name for each in attrs.fields(cls) if each.name in VALUES]
    required = [each.name for each in attrs.fields(cls) if each.default is attrs.NOTHING]
    return cls(**{name: VALUES[name] for name in (wanted if all_fields else required)} | changes)


def wire(request: V1Request) -> dict[str, Any]:
    """Return the parts of a request's form by name."""
    return dict(request.form())


def refusal(cls: type[V1Request], **changes: Any) -> InvalidRequestError:
    """Return the refusal of a request with every field."""
    with pytest.raises(InvalidRequestError) as caught:
        build(cls, **changes)
    return caught.value


def attempt(cls: type[V1Request], changes: dict[str, Any]) -> V1Request | InvalidRequestError:
    """Make a request, or return its refusal."""
    try:
        return build(cls, **changes)
    except InvalidRequestError as error:
        return error


def argument(name: str) -> str:
    """Return the argument for a part of the form."""
    return "negative_prompt" if name == "neg_prompt" else name


def part(cls: type[V1Request], name: str) -> str:
    """Return the part of the form for an argument."""
    return "neg_prompt" if name == "negative_prompt" and cls in (V1Inpaint, V1Guided) else name
