"""The vendor's own Python client for v1, against the sandbox on a port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import imagine
import pytest
from imagine.features.image_remix.controls import RemixControls
from imagine.remote._imagine.http_client import RequestClient
from imagine.styles import GenerationsStyle, ImageRemixStyle
from PIL import Image

from imagine_async.sandbox import SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine

Ask = Callable[[Any, str, str], Any]

CALLS: dict[str, Ask] = {
    "generations": lambda client, image, mask: client.generations("a red fox"),
    "generations with all": lambda client, image, mask: client.generations(
        "a red fox",
        style=GenerationsStyle.ANIME,
        aspect_ratio="5:4",
        neg_prompt="dogs",
        cfg=8.0,
        seed=7,
        steps=40,
        high_res_results=True,
    ),
    "variations": lambda client, image, mask: client.variations(image, "a red fox", strength=1),
    "remix": lambda client, image, mask: client.image_remix(
        image, "a red fox", style=ImageRemixStyle.REALISTIC, control=RemixControls.CANNY, strength=60
    ),
    "upscale": lambda client, image, mask: client.super_resolution(image),
    "inpaint": lambda client, image, mask: client.in_painting(image, mask, "a hat"),
}


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Make their client for a sandbox with some settings; its base URL can be set nowhere."""
    with ExitStack() as stack:

        def connected(key: str = "vk-sandbox", *, failure: Exception | None = None, **changes: Any) -> Any:
            engine = FlatEngine()
            engine.failure = failure
            sandbox = stack.enter_context(running_sandbox(SandboxSettings(side=64, **changes), engine=engine))
            monkeypatch.setattr(RequestClient, "_RequestClient__base_url", f"{sandbox.base_url}/v1/imagine/api")
            return imagine.Imagine(key)

        yield connected


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Write a picture and a mask of its size; their names end as the client does not care about."""
    image, mask = tmp_path / "fox.png", tmp_path / "mask.png"
    Image.new("RGB", (60, 40), "gray").save(image)
    Image.new("L", (60, 40), "white").save(mask)
    return str(image), str(mask)


@pytest.mark.parametrize("name", CALLS)
def test_f58_calls(connect: Callable[..., Any], files: tuple[str, str], name: str) -> None:
    """F58: Each call of the client brings a picture."""
    response = CALLS[name](connect(), *files)
    assert response.status.name == "OK"
    assert Image.open(BytesIO(response.data.bytes)).format == "PNG"


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"key": "vk-wrong"}, "UNAUTHORIZED"),
        ({"key": "vk-old", "expired_keys": ("vk-old",)}, "UNAUTHORIZED"),
        ({"credits": 0}, "NOT_ENOUGH_TOKENS"),
        ({"failure": RuntimeError("out of paint")}, "SERVICE_UNAVAILABLE"),
    ],
)
def test_f58_refusals(connect: Callable[..., Any], settings: dict[str, Any], status: str) -> None:
    """F58: Each refusal is one that the client has a name for; it breaks over others."""
    assert connect(**settings).generations("a red fox").status.name == status


def test_f58_more_refusals(connect: Callable[..., Any]) -> None:
    """F58: A wrong value, a ratio that fails and one call too many have names as well."""
    client = connect(rate_limit="3/60s", v1_unprocessable=True)
    asked: list[dict[str, Any]] = [{"cfg": 99}, {"neg_prompt": "", "aspect_ratio": "7:5"}, {}, {}]
    statuses = [client.generations("a red fox", **values).status.name for values in asked]
    assert statuses == ["UNPROCESSABLE_ENTITY", "INTERNAL_SERVER_ERROR", "OK", "TOO_MANY_REQUESTS"]
