"""The generator's command: what it writes, and what `--check` sees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from imagine_async.codegen import generator
from imagine_async.codegen.generator import main, render
from tests.codegen_sources import FAMILY


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put sources of ours in the place of the real ones."""
    (tmp_path / "calls").mkdir()
    for path, text in FAMILY.items():
        (tmp_path / path).write_text(text, "utf-8")
    monkeypatch.setattr(generator, "FOLDER", tmp_path)
    return tmp_path


def written(folder: Path) -> dict[str, str]:
    """Read what is in the places of generated files."""
    paths = [*folder.glob("sync.py"), *folder.glob("sync_calls/*")]
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


def test_command_writes_once_and_for_all(folder: Path) -> None:
    """Every file is written, and writing twice changes nothing."""
    for _ in range(2):
        assert main([]) == 0
        assert written(folder) == render(FAMILY)


def test_check_sees_every_difference(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is missing, stale, cut off or longer than it should be fails the check, and is left as it is."""
    assert main(["--check"]) == 1
    assert written(folder) == {}
    main([])
    capsys.readouterr()
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""
    for path, good in render(FAMILY).items():
        for bad in (good.replace("do", "did"), good[:-40], good + "\n", good.rstrip("\n"), None):
            target = folder / path
            target.unlink() if bad is None else target.write_text(bad, "utf-8")
            assert main(["--check"]) == 1
            assert capsys.readouterr().out.startswith(f"--- {target}")
            assert written(folder).get(path) == bad
            target.write_text(good, "utf-8")
    assert main(["--check"]) == 0


@pytest.mark.parametrize("text", ["", "# Generated from calls/gone.py\n"])
@pytest.mark.parametrize("name", ["gone.py", "old.pyi"])
def test_check_sees_what_should_not_be_there(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    """A module or stub that nothing is generated into is reported, be it empty."""
    main([])
    extra = folder / "sync_calls" / name
    extra.write_text(text, "utf-8")
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == f"--- {extra}: nothing is generated into it\n"


def test_writing_deletes_what_was_generated_once(folder: Path) -> None:
    """The file of a source that is gone goes too; what somebody wrote by hand stays, for the check to report."""
    main([])
    (folder / "calls" / "drawing.py").unlink()
    (folder / "client.py").write_text(FAMILY["client.py"].replace("(AsyncDrawingCalls)", ""), "utf-8")
    (folder / "sync_calls" / "mine.py").write_text("MINE = 1\n", "utf-8")
    assert main([]) == 0
    assert written(folder).keys() == {"sync.py", "sync_calls/__init__.py", "sync_calls/old.py", "sync_calls/mine.py"}
    assert main(["--check"]) == 1


def test_runs_as_a_module() -> None:
    """`python -m imagine_async.codegen` is the command."""
    command = [sys.executable, "-m", "imagine_async.codegen", "--help"]
    assert "--check" in subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
