"""`imagine batch status`, `retry`, `export`, `unknown`, `gallery` and `sheet`: what a journal is good for."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import PIL.Image
import pytest

from imagine_async.batch.journal import Overview, look_over
from imagine_async.cli.app import run
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.cli.batches import environment, gated_sandbox, manifest, start, states
from tests.flat_engine import FlatEngine

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    """A sandbox without limits, with small pictures."""
    with running_sandbox(SandboxSettings(side=16, credits=None, rate_limit=None), engine=FlatEngine()) as running:
        yield running


@pytest.fixture(scope="module")
def finished(sandbox: RunningSandbox, imagine: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a batch of three rows that are done and one that cannot be used."""
    folder = tmp_path_factory.mktemp("finished")
    path = manifest(folder, 3)
    path.write_text(path.read_text() + '{"prompt": "a fox", "styl": "=1+1"}\n')
    imagine("batch", path, "--out", folder / "out", "--tag", "spring", env=environment(sandbox), cwd=folder)
    return folder / "out"


@pytest.fixture
def out(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, and the working directory beside it."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished, tmp_path / "out")
    return tmp_path / "out"


def test_status(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows by state, tokens, workers, the last change and what to do next; by the folder or the journal itself."""
    assert run(["batch", "status", "out"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == ["State   Rows", "done       3", "failed     1"]
    assert "15 tokens, with what may have been charged" in said
    assert "0 workers" in said
    assert any(line.startswith("last change 20") and line.endswith("ago") for line in said)
    assert said[-1] == "1 row cannot be used; correct the manifest, and run it again."
    assert run(["batch", "status", str(out / "batch.sqlite"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["states"]["done"], found["states"]["failed"], found["unreadable"]) == (3, 1, 1)
    assert (found["tokens"], found["workers"], found["left_over"]) == (15, [], 0)


def test_status_while_a_worker_is_at_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A worker that is alive is named; one that was killed is not."""
    with gated_sandbox() as sandbox:
        command = ("batch", manifest(tmp_path, 5), "--out", "out", "--rate", "none", "--concurrency", 2)
        with start(*command, env=environment(sandbox.running), cwd=tmp_path) as process:
            sandbox.wait_for_call()
            overview = look_over(tmp_path / "out" / "batch.sqlite")
            assert run(["batch", "status", str(tmp_path / "out")]) == 0
            process.kill()
            process.wait()
    (worker,) = overview.workers
    said = capsys.readouterr().out.splitlines()
    assert f"1 worker: {worker}" in said
    assert said[-1] == "A worker is at it."
    assert run(["batch", "status", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "0 workers" in said
    assert "not done yet; to go on: imagine batch retry" in said[-1]


@pytest.mark.parametrize("command", ["status", "retry", "unknown", "gallery"])
def test_no_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """Where there is none, it says where it looked, and makes none."""
    assert run(["batch", command, str(tmp_path)]) == 1
    assert f"there is no journal at {tmp_path / 'batch.sqlite'}" in capsys.readouterr().err
    (tmp_path / "batch.sqlite").write_text("mine")
    assert run(["batch", command, str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("imagine: ")
    assert [path.name for path in tmp_path.iterdir()] == ["batch.sqlite"]


def test_export_as_csv(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every row with its columns, and nothing that a spreadsheet would run; how many there are is said beside it."""
    assert run(["batch", "export", "out", "--csv", "rows.csv"]) == 0
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "4 rows written to rows.csv\n")
    with open("rows.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["done", "done", "done", "failed"]
    assert rows[0]["file"] == "fox-1.jpg"
    assert not rows[3]["error"].startswith("=")


def test_export_to_the_standard_output(out: Path, imagine: Run) -> None:
    """A dash writes there, and nothing else is there; rows can be chosen by state."""
    result = imagine("batch", "export", "out", "--jsonl", "-", "--state", "failed")
    (row,) = map(json.loads, result.stdout.splitlines())
    assert (result.stderr, row["position"], row["state"]) == ("", 3, "failed")
    result = imagine("batch", "export", "out", "--csv", "-", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert result.stdout.splitlines()[0].startswith("position,line,id,state")


def test_export_as_parquet(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as a Parquet file."""
    parquet = pytest.importorskip("pyarrow.parquet")
    assert run(["batch", "export", "out", "--parquet", "rows.parquet", "--state", "done"]) == 0
    assert parquet.read_table("rows.parquet").column("id").to_pylist() == ["fox-1", "fox-2", "fox-3"]
    assert "3 rows written" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--csv", "a", "--jsonl", "b"], ["--csv", "a", "--state", "finished"]])
def test_export_given_wrongly(out: Path, imagine: Run, options: list[str]) -> None:
    """One file has to be named, and a state that there is; nothing is written otherwise."""
    assert imagine("batch", "export", "out", *options).returncode == 2
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_export_that_cannot_be_written(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that does not exist is one line and exit code 1."""
    assert run(["batch", "export", "out", "--csv", "no/rows.csv"]) == 1
    assert "cannot write the file" in capsys.readouterr().err


def test_unknown_where_there_are_none(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so; as JSON it is empty."""
    assert run(["batch", "unknown", "out"]) == 0
    assert capsys.readouterr().out == "There are none.\n"
    assert run(["batch", "unknown", "out", "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_unknown_lists_calls_and_ways_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After `kill -9` each row that was sent is listed with its call, which the books know it by."""
    with gated_sandbox() as sandbox:
        command = ("batch", manifest(tmp_path, 1), "--out", tmp_path / "out", "--rate", "none")
        with start(*command, env=environment(sandbox.running), cwd=tmp_path) as process:
            sandbox.wait_for_call()
            process.kill()
            process.wait()
        with start(*command, env=environment(sandbox.running), cwd=tmp_path) as process:
            process.communicate(timeout=60)
    assert process.returncode == 1
    assert states(tmp_path / "out" / "batch.sqlite") == {"unknown": 1}
    assert run(["batch", "unknown", str(tmp_path / "out")]) == 0
    header, row, *advice = capsys.readouterr().out.splitlines()
    assert header.split() == ["Row", "Call", "Attempts", "Tokens", "Why"]
    assert row.startswith("row 'fox-1'  call-")
    assert "1 row may have been charged" in "".join(advice)
    assert any("--resend-unknown" in line for line in advice)


def test_retry_without_anything_to_do(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that cannot be used are left to the manifest."""
    assert run(["batch", "retry", "out"]) == 0
    assert capsys.readouterr().out.startswith("Nothing is left to do here.")


def test_retry_runs_failed_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the manifest, with the names and tags of the first run; a journal apart from its files needs --out."""
    engine = FlatEngine()
    engine.failure = RuntimeError("out of paint")
    monkeypatch.chdir(tmp_path)
    path = manifest(tmp_path, 3)
    with running_sandbox(SandboxSettings(side=16, credits=None, rate_limit=None), engine=engine) as running:
        for name, value in environment(running).items():
            monkeypatch.setenv(name, value)
        assert run(["batch", str(path), "--out", "out", "--journal", "foxes.db", "--tag", "spring"]) == 1
        found = states(tmp_path / "foxes.db")
        path.unlink()
        engine.failure = None
        assert run(["batch", "retry", "foxes.db"]) == 2
        assert "Add --out FOLDER" in capsys.readouterr().err
        options = ["--resend-unknown"] if "unknown" in found else []
        assert run(["batch", "retry", "foxes.db", "--out", "out", *options]) == 0
    assert states(tmp_path / "foxes.db") == {"done": 3}
    assert sorted(picture.name for picture in Path("out").glob("*.jpg")) == ["fox-1.jpg", "fox-2.jpg", "fox-3.jpg"]


def test_gallery(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page is written anew, with a title of one's own, and its address printed."""
    (out / "index.html").unlink()
    assert run(["batch", "gallery", "out", "--title", "Foxes in spring"]) == 0
    assert capsys.readouterr().out == f"Open {(out / 'index.html').as_uri()}\n"
    assert "Foxes in spring" in (out / "index.html").read_text("utf-8")


def test_sheet(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All pictures on one; a target that is no picture, or a batch without pictures, is refused."""
    assert run(["batch", "sheet", "out", "sheet.jpg", "--columns", "3", "--side", "64"]) == 0
    assert capsys.readouterr().out == "1 sheet: sheet.jpg\n"
    with PIL.Image.open("sheet.jpg") as picture:
        assert picture.width >= 3 * 64
    assert run(["batch", "sheet", "out", "sheet.txt"]) == 2
    assert ".jpg" in capsys.readouterr().err


def test_overview_of_an_empty_journal() -> None:
    """It can be made by hand, and tells nothing."""
    assert Overview(states={}, unreadable=0, left_over=0, tokens=0, workers=(), changed_at=None).states == {}


@pytest.mark.parametrize("command", ["", "run", "status", "retry", "export", "unknown", "gallery", "sheet"])
def test_help(imagine: Run, command: str) -> None:
    """Each command has examples of its own; that of the group tells of exit codes and of the other commands."""
    words = ["batch", *([command] if command else [])]
    result = imagine(*words, "--help")
    assert result.returncode == 0
    assert f"imagine {' '.join(words if command != 'run' else words[:1])} " in result.stdout.partition("Examples:")[2]
    if not command:
        assert "130 interrupted" in result.stdout
        assert all(other in result.stdout for other in ("status", "retry", "export", "unknown", "gallery", "sheet"))


def test_status_tells_of_rows_that_have_left_the_manifest(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that are no longer in the input are told of by the status."""
    with sqlite3.connect("out/batch.sqlite") as journal:
        journal.execute("UPDATE rows SET position = -1 - position WHERE position = 3")
    journal.close()
    assert run(["batch", "status", "out"]) == 0
    assert "1 row of earlier runs no longer in the manifest" in capsys.readouterr().out


def test_journal_without_rows(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing has changed yet, and there is nothing to look at."""
    with sqlite3.connect("out/batch.sqlite") as journal:
        journal.execute("DELETE FROM rows")
    journal.close()
    assert run(["batch", "status", "out"]) == 0
    assert "nothing has changed yet" in capsys.readouterr().out
    assert run(["batch", "sheet", "out", "sheet.jpg"]) == 1
    assert "no row is done yet" in capsys.readouterr().err


def test_pages_and_sheets_that_cannot_be_written(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody else's page, or a folder that is not there, is one line and exit code 1."""
    (out / "index.html").write_text("mine")
    assert run(["batch", "gallery", "out"]) == 1
    assert "no gallery was written: " in capsys.readouterr().err
    assert run(["batch", "sheet", "out", "no/sheet.jpg"]) == 1
    assert "no sheet was written: " in capsys.readouterr().err


def test_parquet_without_its_extra(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to install; a missing extra is not the command line's fault."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run(["batch", "export", "out", "--parquet", "rows.parquet"]) == 1
    assert "imagine-async[parquet]" in capsys.readouterr().err


def test_sheet_without_pillow(out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "imagine_async.batch.gallery.sheet_painting", raising=False)
    assert run(["batch", "sheet", "out", "sheet.jpg"]) == 1
    assert "imagine-async[images]" in capsys.readouterr().err


def test_export_whose_reader_has_gone(out: Path) -> None:
    """With `imagine batch export ... | head` it ends with 1 and without a word."""
    with start("batch", "export", "out", "--jsonl", "-", env=dict(os.environ), cwd=out.parent) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (1, "")
