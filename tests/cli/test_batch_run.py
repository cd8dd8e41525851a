"""`imagine batch` as users meet it: the command in a process of its own, against a sandbox on a port."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imagine_async.cli.app import run
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.cli.batches import MAIN, environment, events, manifest, start, states
from tests.flat_engine import FlatEngine
from tests.s3_server import s3_server

Run = Callable[..., subprocess.CompletedProcess[str]]
JOURNAL = "batch.sqlite"


@pytest.fixture(scope="module")
def engine() -> FlatEngine:
    """What paints."""
    return FlatEngine()


@pytest.fixture(scope="module")
def sandbox(engine: FlatEngine) -> Iterator[RunningSandbox]:
    """A sandbox without limits, with small pictures."""
    with running_sandbox(SandboxSettings(side=16, credits=None, rate_limit=None), engine=engine) as running:
        yield running


@pytest.fixture
def here(sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, where commands talk to the sandbox, without a limit of their own."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment(sandbox).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IMAGINE_RATE_LIMIT", "none")
    return tmp_path


@pytest.fixture
def imagine(here: Path, imagine: Run) -> Run:
    """Run the command there."""
    return lambda *arguments, **options: imagine(*arguments, cwd=here, **options)


def test_pictures_journal_and_page(imagine: Run, here: Path) -> None:
    """Every row has its picture with its facts, the page is written, and the last line says where it is."""
    manifest(here, 5)
    result = imagine("batch", "foxes.jsonl")
    assert (result.returncode, result.stderr) == (0, "")
    folder = here / "foxes-pictures"
    assert sorted(path.stem for path in folder.glob("*.jpg")) == [f"fox-{number}" for number in range(1, 6)]
    assert states(folder / JOURNAL) == {"done": 5}
    first, _, *sums, _, page = result.stdout.splitlines()
    assert first == "5 rows from foxes.jsonl, files to foxes-pictures"
    assert [line.split()[:2] for line in sums[:2]] == [["Done", "5"], ["Tokens", "25"]]
    assert page == f"Open {(folder / 'index.html').as_uri()}"
    assert (folder / "index.html").is_file()


def test_run_again_does_what_is_missing(imagine: Run, here: Path, engine: FlatEngine) -> None:
    """What is done is passed over, also where the manifest has grown; a file that is gone is made again."""
    manifest(here, 3)
    imagine("batch", "run", "foxes.jsonl", "--out", "out")
    before = len(engine.calls)
    manifest(here, 5)
    (here / "out" / "fox-2.jpg").unlink()
    result = imagine("batch", "run", "foxes.jsonl", "--out", "out")
    assert "5 (2 before this run)" in result.stdout
    assert len(engine.calls) - before == 3
    assert (here / "out" / "fox-2.jpg").is_file()


def test_bad_rows_are_named_and_the_rest_is_done(imagine: Run, here: Path) -> None:
    """Each with its line and the reason; exit code 1, and the way out is to correct the manifest."""
    path = manifest(here, 3)
    path.write_text(
        '{"prompt": "a fox", "styl": "anime"}\nnonsense\n' + path.read_text() + '{"id": "fox-1", "prompt": "again"}\n'
    )
    result = imagine("batch", "foxes.jsonl", "--out", "out")
    assert result.returncode == 1
    said = result.stdout.splitlines()
    assert any(line.startswith("failed line 1: ") and "styl" in line for line in said)
    assert any(line.startswith("failed line 2: ") for line in said)
    assert any("fox-1" in line and line.startswith("failed ") for line in said)
    assert "3 rows cannot be used; correct the manifest, and run it again." in said
    assert states(here / "out" / JOURNAL) == {"done": 3, "failed": 3}
    assert "Traceback" not in result.stderr


def test_names_tags_and_facts(imagine: Run, here: Path) -> None:
    """Files are named by the template, rows labelled, and facts go where they are wanted."""
    (here / "foxes.csv").write_text("prompt,style\na red fox,anime\na blue fox,sdxl-1.0\n")
    options = ("--name", "{style}/{position:03d}-{prompt}", "--tag", "spring", "--tag", "web", "--metadata", "none")
    result = imagine("batch", "foxes.csv", "--out", "out", *options, "--json", "--no-gallery", "--order", "input")
    assert result.returncode == 0, result.stdout
    rows = [event for event in events(result.stdout) if event["event"] == "row"]
    assert [row["file"] for row in rows] == ["anime/000-a-red-fox.jpg", "sdxl-1.0/001-a-blue-fox.jpg"]
    assert rows[0]["tags"] == ["spring", "web"]
    assert not list((here / "out").rglob("*.json"))
    assert not (here / "out" / "index.html").exists()


def test_json_events(imagine: Run, here: Path) -> None:
    """They begin with `started`, tell of each row, and end with `summary`; nothing else is on the output."""
    manifest(here, 3)
    result = imagine("batch", "foxes.jsonl", "--out", "out", "--json", "--journal", "elsewhere.db")
    found = events(result.stdout)
    assert found[0] == {
        "event": "started",
        "source": "foxes.jsonl",
        "out": "out",
        "journal": "elsewhere.db",
        "total": 3,
    }
    rows = [event for event in found if event["event"] == "row"]
    assert sorted(row["id"] for row in rows) == ["fox-1", "fox-2", "fox-3"]
    assert all(row["state"] == "done" and row["tokens"] == 5 and row["sha256"] for row in rows)
    assert (found[-1]["event"], found[-1]["complete"], found[-1]["gallery"]) == ("summary", True, "out/index.html")
    assert states(here / "elsewhere.db") == {"done": 3}


def test_quiet(imagine: Run, here: Path) -> None:
    """A batch that goes well says nothing."""
    manifest(here, 2)
    result = imagine("batch", "foxes.jsonl", "--quiet")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_budget_stops_the_batch(imagine: Run, here: Path) -> None:
    """No more is spent, the rest is left and not failed, the way out is told, and the next run goes on."""
    manifest(here, 6)
    result = imagine("batch", "foxes.jsonl", "--out", "out", "--budget", "12")
    assert result.returncode == 1
    assert "budget" in result.stderr
    assert "Raise the budget" in result.stdout
    assert "To go on, run the same command again" in result.stdout
    found = states(here / "out" / JOURNAL)
    assert (found["done"], "failed" in found) == (2, False)
    assert imagine("batch", "foxes.jsonl", "--out", "out", "--budget", "100").returncode == 0


def test_refused_key(imagine: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong key stops the batch at once, in two lines and one of advice; with --json it is an event as well."""
    monkeypatch.setenv("IMAGINE_API_KEY", "vk-wrong-key")
    manifest(here, 5)
    result = imagine("batch", "foxes.jsonl", "--out", "out", "--json")
    assert result.returncode == 1
    (stopped,) = (event for event in events(result.stdout) if event["event"] == "stopped")
    assert (stopped["reason"], stopped["error"]) == ("error", "AuthenticationError")
    assert len(result.stderr.splitlines()) == 2
    assert "vk-wrong-key" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no.jsonl"], "no.jsonl"),
        (["-"], "add --out FOLDER"),
        (["--oops"], "there is no option --oops"),
        (["foxes.jsonl", "--json", "--quiet"], "not both"),
        (["foxes.jsonl", "--rate", "fast"], "50/60s"),
        (["foxes.jsonl", "--name", "{nonsense}"], "nonsense"),
        (["foxes.jsonl", "--concurrency", "0"], "concurrency"),
        (["foxes.jsonl", "--budget", "-1"], "budget"),
        (["foxes.jsonl", "--out", "ftp://host/folder"], "s3://"),
    ],
)
def test_command_given_wrongly(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    """Exit code 2, one line that says what is allowed, and nothing is left behind."""
    manifest(here, 2)
    assert run(["batch", *arguments]) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert [path.name for path in here.iterdir()] == ["foxes.jsonl"]


def test_without_a_key(imagine: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where keys are made and how to do without, with exit code 2, and leaves nothing behind."""
    monkeypatch.delenv("IMAGINE_API_KEY")
    manifest(here, 2)
    result = imagine("batch", "foxes.jsonl", "--out", "out")
    assert result.returncode == 2
    assert "platform.imagine.art" in result.stderr
    assert "--sandbox" in result.stderr
    assert not (here / "out").exists()


def test_folder_that_cannot_be_used(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in the place of the folder ends the command before anything is sent."""
    manifest(here, 2)
    (here / "out").write_text("mine")
    assert run(["batch", "foxes.jsonl", "--out", "out"]) == 1
    assert "cannot use the folder out" in capsys.readouterr().err


def test_journal_that_is_none(here: Path, capsys: pytest.CaptureFixture[str], engine: FlatEngine) -> None:
    """A file that is no journal is not touched, and nothing is sent."""
    manifest(here, 2)
    before = len(engine.calls)
    (here / "notes.txt").write_text("mine")
    assert run(["batch", "foxes.jsonl", "--out", "out", "--journal", "notes.txt"]) == 1
    assert "notes.txt" in capsys.readouterr().err
    assert ((here / "notes.txt").read_text(), len(engine.calls)) == ("mine", before)


def test_sandbox_needs_no_key_and_does_not_mix_with_the_api(
    imagine: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial is labelled as one, and neither goes on in a real batch's journal nor the other way round."""
    manifest(here, 2)
    with monkeypatch.context() as without:
        without.delenv("IMAGINE_API_KEY")
        result = imagine("batch", "foxes.jsonl", "--out", "trial", "--sandbox", "--json")
    assert result.returncode == 0, result.stderr
    assert all(event["tags"] == ["sandbox"] for event in events(result.stdout) if event["event"] == "row")
    refused = imagine("batch", "foxes.jsonl", "--out", "trial")
    assert (refused.returncode, "take another --out" in refused.stderr) == (1, True)
    assert imagine("batch", "foxes.jsonl", "--out", "real").returncode == 0
    refused = imagine("batch", "foxes.jsonl", "--out", "real", "--sandbox")
    assert (refused.returncode, "take another --out" in refused.stderr) == (1, True)


def test_page_of_somebody_else_is_left_alone(imagine: Run, here: Path) -> None:
    """Where an index.html stands that no gallery wrote, it says so and the batch has gone well all the same."""
    manifest(here, 2)
    (here / "out").mkdir()
    (here / "out" / "index.html").write_text("mine")
    result = imagine("batch", "foxes.jsonl", "--out", "out")
    assert result.returncode == 0
    assert "Warning: no gallery was written" in result.stdout
    assert (here / "out" / "index.html").read_text() == "mine"


def test_without_pillow_the_page_is_written_all_the_same(here: Path, sandbox: RunningSandbox) -> None:
    """The command with no other extra makes its pictures and the page, without thumbnails."""
    manifest(here, 2)
    code = "import sys; sys.modules.update(PIL=None, numpy=None, starlette=None); " + MAIN
    result = subprocess.run(
        [sys.executable, "-c", code, "batch", "foxes.jsonl", "--out", "out"], capture_output=True, text=True, timeout=60
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "imagine-async[images]" in (here / "out" / "index.html").read_text("utf-8")


def test_rows_from_the_standard_input(imagine: Run, here: Path) -> None:
    """A dash reads them from there, one by one as they are needed."""
    text = manifest(here, 3).read_text()
    result = imagine("batch", "-", "--out", "out", "--format", "jsonl", input=text)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Rows from the standard input, files to out\n")
    assert states(here / "out" / JOURNAL) == {"done": 3}


def test_rows_are_done_while_the_program_before_it_still_writes(here: Path, sandbox: RunningSandbox) -> None:
    """A row that has come is done although the standard input is still open."""
    rows = manifest(here, 2).read_text().splitlines(keepends=True)
    command = ("batch", "-", "--out", "out", "--json", "--format", "jsonl")
    with start(*command, env=dict(os.environ), cwd=here, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for row in rows:
            process.stdin.write(row)
            process.stdin.flush()
            assert any('"event": "row"' in line for line in process.stdout)
        process.stdin.close()
        process.stdin = None
        output, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert events(output)[-1]["done"] == 2


def test_signal_while_waiting_for_the_standard_input(here: Path) -> None:
    """Ctrl-C ends it although no row comes."""
    command = ("batch", "-", "--out", "out", "--json", "--format", "jsonl")
    with start(*command, env=dict(os.environ), cwd=here, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert '"started"' in process.stdout.readline()
        assert '"progress"' in process.stdout.readline()
        process.send_signal(2)
        # Its standard input stays open.
        output = process.stdout.read()
        assert process.wait(60) == 130
    assert events(output)[-1]["event"] == "summary"


@pytest.mark.parametrize("source", ["foxes.jsonl", "-"])
def test_closed_standard_input(here: Path, source: str) -> None:
    """Without a standard input a manifest from a file is done; one from there is an error and no traceback."""
    manifest(here, 2)
    code = f"{sys.executable} -c '{MAIN}' batch {source} --out out --quiet --format jsonl <&-"
    result = subprocess.run(["bash", "-c", code], capture_output=True, text=True, timeout=60)
    assert "Traceback" not in result.stderr
    assert result.returncode == (0 if source != "-" else 2), result.stderr


def test_reader_that_stops_reading(here: Path) -> None:
    """With `--json | head` the running rows end, no more begin, and it ends with 1 and without a word."""
    manifest(here, 400)
    command = ("batch", "foxes.jsonl", "--out", "out", "--json", "--concurrency", "2")
    with start(*command, env=dict(os.environ), cwd=here) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (1, "")
    found = states(here / "out" / JOURNAL)
    assert set(found) == {"done"}
    assert found["done"] < 400


def test_reader_that_takes_its_time(here: Path, engine: FlatEngine) -> None:
    """Rows are done although nobody reads of them; later all of them can be read."""
    manifest(here, 300)
    before = len(engine.calls)
    with start("batch", "foxes.jsonl", "--out", "out", "--json", env=dict(os.environ), cwd=here) as process:
        while len(engine.calls) - before < 300:
            assert process.poll() is None
        output, _ = process.communicate(timeout=60)
    assert sum(event["event"] == "row" for event in events(output)) == 300


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_terminal(here: Path, encoding: str) -> None:
    """Figures change in their place, also where the terminal knows ASCII alone; failures stay above them."""
    path = manifest(here, 30)
    path.write_text(path.read_text() + '{"prompt": "ein F\\u00fcchslein \\u2192", "style": "none \\u2192"}\n')
    output = _on_terminal("batch", "foxes.jsonl", "--out", "out", encoding=encoding)
    assert "31 of 31 rows (100 %)" in output
    assert "failed line 31: " in output
    assert output.rstrip().endswith("index.html")
    assert output.count("\x1b[?25l") == output.count("\x1b[?25h") == 1
    assert "Traceback" not in output
    assert output.isascii() == (encoding == "ascii")


def _on_terminal(*arguments: str, encoding: str) -> str:
    """Run the command on a terminal of 80 columns, and return what it wrote there."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    env = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": encoding}
    env.pop("COLUMNS")
    written = b""
    with subprocess.Popen([sys.executable, "-c", MAIN, *arguments], stdin=its, stdout=its, stderr=its, env=env):
        os.close(its)
        while piece := _piece(ours):
            written += piece
    os.close(ours)
    return written.decode(encoding)


def _piece(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:
        # So Linux tells that the other side was closed.
        return b""


def test_dry_run(imagine: Run, here: Path, engine: FlatEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs no key and sends nothing; it sums up rows, tokens, minutes and uploads."""
    monkeypatch.delenv("IMAGINE_API_KEY")
    manifest(here, 120)
    before = len(engine.calls)
    result = imagine("batch", "foxes.jsonl", "--dry-run", "--rate", "50/60s", "--budget", "100")
    assert (result.returncode, result.stderr) == (0, "")
    assert "120 rows, 600 tokens, 2 min 12 s at least at 50/60s, 0 bytes to upload" in result.stdout
    assert "more than the budget of 100 tokens" in result.stdout
    assert len(engine.calls) == before
    assert [path.name for path in here.iterdir()] == ["foxes.jsonl"]


def test_dry_run_names_bad_rows(imagine: Run, here: Path) -> None:
    """With line, field and reason, also those that only the batch as a whole makes bad; exit code 1."""
    path = manifest(here, 2)
    more = [
        {"prompt": "a fox", "styl": "anime"},
        {"id": "fox-1", "prompt": "again"},
        {"endpoint": "upscale", "image": {"row": "wolf"}},
        {"endpoint": "upscale", "image": "missing.jpg"},
        {"prompt": "a fox", "name": "../../fox"},
        {"prompt": "a fox", "name": "same"},
        {"prompt": "another fox", "name": "same"},
    ]
    path.write_text(path.read_text() + "".join(f"{json.dumps(row)}\n" for row in more) + "nonsense\n")
    result = imagine("batch", "foxes.jsonl", "--dry-run")
    assert result.returncode == 1
    assert "7 bad rows:" in result.stdout
    found = json.loads(imagine("batch", "foxes.jsonl", "--dry-run", "--json").stdout)
    assert [bad["line"] for bad in found["bad"]] == [3, 4, 5, 6, 7, 9, 10]
    assert (found["rows"], found["bad_rows"]) == (10, 7)
    assert found["bad"][3]["field"] == "image"


def test_rows_that_take_the_pictures_of_others(imagine: Run, here: Path) -> None:
    """A chain out of a manifest: one row's picture is cut out by the next and enlarged by the one after."""
    rows = [
        {"id": "fox", "prompt": "a fox"},
        {"id": "cut-out", "endpoint": "remove_background", "image": {"row": "fox"}},
        {"id": "large", "endpoint": "upscale", "image": {"row": "cut-out"}},
    ]
    (here / "chain.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    dry = imagine("batch", "chain.jsonl", "--dry-run")
    assert "2 pictures of other rows" in dry.stdout
    assert imagine("batch", "chain.jsonl", "--out", "out", "--quiet").returncode == 0
    assert sorted(path.stem for path in (here / "out").glob("*.[jp]*g")) == ["cut-out", "fox", "large"]


def test_files_in_a_bucket(imagine: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go to S3, the journal stays here under the manifest's name, and no page is written."""
    manifest(here, 2)
    with s3_server() as server:
        server.make_bucket("foxes")
        for name, value in {
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }.items():
            monkeypatch.setenv(name, value)
        result = imagine("batch", "foxes.jsonl", "--out", "s3://foxes/spring", "--json")
        assert (result.returncode, result.stderr) == (0, "")
        summary = events(result.stdout)[-1]
        assert (summary["done"], summary["gallery"]) == (2, None)
        again = imagine("batch", "foxes.jsonl", "--out", "s3://foxes/spring")
        assert "2 (2 before this run)" in again.stdout
    assert states(here / "foxes.batch.sqlite") == {"done": 2}


def test_large_batch_has_its_page_when_it_is_asked_for(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a page would be large, it is not written by itself, and the command that writes it is named."""
    monkeypatch.setattr("imagine_async.cli.batch.work._MOST_IN_GALLERY", 2)
    manifest(here, 3)
    assert run(["batch", "foxes.jsonl", "--out", "out"]) == 0
    assert "this writes it: imagine batch gallery out" in capsys.readouterr().out
    assert not (here / "out" / "index.html").exists()


def test_folder_that_cannot_be_written_to(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is found out before anything is sent."""
    manifest(here, 2)
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    assert run(["batch", "foxes.jsonl", "--out", "out"]) == 1
    assert "out cannot be written to. Nothing was sent." in capsys.readouterr().err


def test_manifest_that_breaks_off_while_it_is_planned(imagine: Run, here: Path) -> None:
    """Where a manifest as a whole is wrong, no row is sent, with exit code 2 as for a command given wrongly."""
    (here / "foxes.csv").write_text("prompt,colour\na fox,red\n")
    for options in ([], ["--dry-run"]):
        result = imagine("batch", "foxes.csv", *options)
        assert result.returncode == 2
        assert "colour" in result.stderr


def test_journal_that_cannot_be_made(imagine: Run, here: Path, engine: FlatEngine) -> None:
    """It is one error and no traceback, and nothing is sent."""
    manifest(here, 2)
    before = len(engine.calls)
    result = imagine("batch", "foxes.jsonl", "--out", "out", "--journal", "no/such/folder.db")
    assert (result.returncode, len(engine.calls)) == (1, before)
    assert result.stderr.startswith("imagine: ")
    assert "Traceback" not in result.stderr
