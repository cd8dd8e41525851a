"""The page about batches: its code runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import anyio
import pytest

PAGE = (Path(__file__).parents[2] / "docs/batch.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_asynchronous(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The first example makes its pictures; run again, it makes none."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec(BLOCKS[0], space)
    anyio.run(space["main"])
    *rows, last = capsys.readouterr().out.splitlines()
    assert len(rows) == 8
    assert all(row.endswith(" None") for row in rows)
    assert last == "True 8.0"
    assert len(list((tmp_path / "pictures").glob("*.jpg"))) == 8
    anyio.run(space["main"])
    assert capsys.readouterr().out == "True 0.0\n"


def test_synchronous(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The second one needs no await."""
    monkeypatch.chdir(tmp_path)
    exec(BLOCKS[1], {})
    assert capsys.readouterr().out == "0000000.jpg\n"


def test_rows(tmp_path: Path) -> None:
    """The rows of the third one can be made, and are done."""
    from imagine_async import Imagine

    space: dict[str, Any] = {}
    exec(BLOCKS[2], space)
    with Imagine.sandbox(side=64) as client:
        assert client.batch(space["rows"], out=tmp_path).run().is_complete
    assert (tmp_path / "cut-outs/fox.png").is_file()


def test_all_examples_are_tested() -> None:
    """No example is left out."""
    assert len(BLOCKS) == 3
