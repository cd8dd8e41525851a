"""The page about manifests: its files are read, and what it says of errors is what people see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imagine_async.batch.manifest import ManifestError, read_manifest
from imagine_async.batch.rows import Row, RowError
from imagine_async.config import BASE_URL_VARIABLE, KEY_VARIABLE
from imagine_async.sandbox import SandboxSettings, running_sandbox
from tests.batch.manifest.places import made_folder, outcomes
from tests.flat_engine import FlatEngine

PAGE = (Path(__file__).parents[3] / "docs" / "manifests.md").read_text("utf-8")
BLOCK = r"^<!-- {} (\S+) -->\n```\w+\n(.*?)^```"
FILES = dict(re.findall(BLOCK.format("file"), PAGE, flags=re.MULTILINE | re.DOTALL))
ERRORS = dict(re.findall(BLOCK.format("errors of"), PAGE, flags=re.MULTILINE | re.DOTALL))
ROWS = {"foxes.jsonl": 6, "foxes.csv": 3, "foxes.toml": 24, "foxes.yaml": 16}
SCRIPTS = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Write every file of the page into one folder."""
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, "utf-8")
    return made_folder(tmp_path)


def test_every_example_is_known() -> None:
    """No block of the page goes untested."""
    assert {*FILES} == {*ROWS, *ERRORS}
    assert PAGE.count("```") // 2 == len(FILES) + len(ERRORS) + len(SCRIPTS)


@pytest.mark.parametrize("name", ROWS)
def test_good_files(name: str, written: Path) -> None:
    """Every row of the good examples is read, and there are as many as the page says."""
    found = outcomes(written / name)
    assert [each for each in found if isinstance(each, RowError)] == []
    assert len(found) == ROWS[name]


@pytest.mark.parametrize("name", ERRORS)
def test_bad_files(name: str, written: Path) -> None:
    """The errors of the bad examples are those that the page shows."""
    assert _told(written / name).replace(str(written), "FOLDER") == ERRORS[name]


def _told(path: Path) -> str:
    try:
        found = list(map(str, outcomes(path)))
    except ManifestError as error:
        found = [str(error)]
    return "".join(f"{each}\n" for each in found)


def test_the_plan(written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The script that plans runs as it stands, and finds nothing wrong with the example."""
    monkeypatch.chdir(written)
    exec(compile(SCRIPTS[1], "plan", "exec"), {"__name__": "page"})
    rows, bad, tokens, *_ = capsys.readouterr().out.split()
    assert (rows, bad, tokens) == ("6", "0", "7.0")


def test_the_batch(written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The script that makes the pictures runs as it stands, against a sandbox, and every row is done."""
    monkeypatch.chdir(written)
    with running_sandbox(SandboxSettings(side=16, rate_limit=None), engine=FlatEngine()) as server:
        monkeypatch.setenv(BASE_URL_VARIABLE, server.base_url)
        monkeypatch.setenv(KEY_VARIABLE, server.key)
        exec(compile(SCRIPTS[0], "batch", "exec"), {"__name__": "page"})
    assert sorted(capsys.readouterr().out.splitlines()) == ["2 done", "3 done", "4 done"]


def test_rows_of_the_page_are_what_they_look_like(written: Path) -> None:
    """Spot checks: tags are divided, a name holds a folder, and the matrix goes in the order that the page tells."""
    assert isinstance(first := outcomes(written / "foxes.csv")[0], Row)
    assert first.tags == ("animals", "snow")
    assert [unread.read().id for unread in read_manifest(written / "foxes.yaml")][:3] == [
        "prompt1-aspect_ratio1",
        "prompt1-aspect_ratio2",
        "prompt2-aspect_ratio1",
    ]
