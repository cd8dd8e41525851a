"""The code on the contact sheet makes the pictures beside it."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import anyio
import pytest

from imagine_async import AsyncImagine
from imagine_async.cli import snippets
from imagine_async.cli.demo_plan import BY_HAND, FROM_PLAIN_CODE, ROUNDS, elliptical_mask
from imagine_async.requests import ImageRequest
from imagine_async.results import Image
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox

SMALL = SandboxSettings(side=64)
ALL = [snippets.ASYNC, snippets.BATCH, snippets.EDITS, snippets.SYNC]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[RunningSandbox, None, None]:
    """A sandbox that the environment names, and an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    with running_sandbox(SMALL) as running:
        monkeypatch.setenv("IMAGINE_BASE_URL", running.base_url)
        monkeypatch.setenv("IMAGINE_API_KEY", running.key)
        yield running


def _run(code: str, **names: object) -> dict[str, Any]:
    """Run code that may await, as a Python prompt for asyncio does; return its names."""
    compiled = compile(code, "<snippet>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(compiled, names)
    if result is not None:
        anyio.run(lambda: result)
    return names


def _make(request: ImageRequest) -> Image:
    async def make() -> Image:
        async with AsyncImagine() as client:
            return await client.send(request)

    return anyio.run(make)


def test_async_snippet_makes_the_picture_of_the_demo(sandbox: RunningSandbox) -> None:
    """The awaited call is that of the demo, to the last bit."""
    _run(snippets.ASYNC)
    assert Path("lighthouse.jpg").read_bytes() == _make(BY_HAND.request).content


def test_sync_snippet_makes_the_picture_of_the_demo(sandbox: RunningSandbox) -> None:
    """The call of the sync facade is that of the demo, to the last bit."""
    _run(snippets.SYNC)
    assert Path("blossoms.jpg").read_bytes() == _make(FROM_PLAIN_CODE.request).content


def test_batch_snippet_makes_a_picture_of_the_demo(sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """The batch holds the demo's first painting."""
    names = _run(snippets.BATCH.replace("    ...,  # as many as you like\n", ""))
    assert names["requests"] == [ROUNDS[0]({})[0].request]
    assert capsys.readouterr().out.startswith("a red fox in a snowy forest at dawn Image(")


def test_edits_snippet_makes_the_edits_of_the_demo(sandbox: RunningSandbox) -> None:
    """The edits are those of the demo, to the last bit."""
    made = {order.name: _make(order.request) for order in ROUNDS[0]({})}
    for further in ROUNDS[1:]:
        made |= {order.name: _make(order.request) for order in further(made)}
    mask = next(order.mask for order in ROUNDS[1](made) if order.mask)
    names = _run(
        f"from imagine_async import AsyncImagine\nclient = AsyncImagine()\n{snippets.EDITS}",
        mask=mask,
        **{name: made[name] for name in ("mug", "sneaker", "sailboat", "owl", "lake")},
    )
    results = {
        "cut_out": "mug-cut-out",
        "scene": "sneaker-at-the-beach",
        "filled": "lake-with-balloon",
        "emptied": "lake-without-balloon",
        "wide": "sailboat-extended",
        "large": "owl-upscaled",
    }
    assert {name: names[name].content for name in results} == {
        name: made[other].content for name, other in results.items()
    }


@pytest.mark.parametrize("code", [*ALL, "", "x = 1 < 2 and '&'", "def f():\n    '''a\n    b'''\n"])
def test_highlighting_changes_no_letter(code: str) -> None:
    """Without its tags, highlighted code is the code."""
    assert html.unescape(re.sub(r"<[^>]+>", "", snippets.highlighted(code))) == code


def test_highlighting_tells_kinds_apart() -> None:
    """Keywords, strings, numbers and comments get their classes."""
    text = snippets.highlighted("return 'a', 1  # b\n")
    assert re.findall(r'class="(\w+)">([^<]+)<', text) == [
        ("keyword", "return"),
        ("string", "&#x27;a&#x27;"),
        ("number", "1"),
        ("comment", "# b"),
    ]


def test_mask_is_white_where_it_should_be() -> None:
    """The mask has the picture's size, white inside the box's ellipse, and black outside."""
    import io

    import PIL.Image

    mask = PIL.Image.open(io.BytesIO(elliptical_mask((100, 50), (0.5, 0.0, 1.0, 1.0))))
    assert (mask.size, mask.mode) == ((100, 50), "L")
    assert [mask.getpixel(place) for place in ((75, 25), (25, 25), (51, 1))] == [255, 0, 0]
