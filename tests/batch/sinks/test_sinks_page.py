"""The page about sinks: its examples run, and its tables name what there is."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from imagine_async.batch.names import FIELDS
from imagine_async.batch.sinks.choices import Metadata, OnCollision
from tests.pictures import variety

_PAGE = (Path(__file__).parents[3] / "docs" / "sinks.md").read_text("utf-8")
_BLOCKS = re.findall(r"^```python\n(.*?)^```", _PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.anyio
async def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples run from the first to the last, and what they assert holds."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"picture": variety("png"), "facts": b'{"seed": 7}'}
    assert len(_BLOCKS) == 4
    for block in _BLOCKS:
        code = compile(block, "sinks.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        waiting = eval(code, names)
        if inspect.isawaitable(waiting):
            await waiting
    assert (tmp_path / "pictures" / "animals" / "fox.png.json").exists()


@pytest.mark.parametrize("name", [*FIELDS, *get_args(OnCollision), *get_args(Metadata)])
def test_the_page_names_it(name: str) -> None:
    """Every field and every choice is on the page."""
    assert f"`{name}`" in _PAGE
