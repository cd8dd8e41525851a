"""`imagine demo`."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import PIL.Image
import pytest

from imagine_async.call import Event, EventKind
from imagine_async.catalog import ENDPOINTS
from imagine_async.cli.app import run
from imagine_async.cli.demo_plan import TOTAL
from imagine_async.cli.demo_work import Pacing
from imagine_async.errors import RateLimitedError, ServerError

RunImagine = Callable[..., subprocess.CompletedProcess[str]]
StartImagine = Callable[..., subprocess.Popen[str]]
Browse = Callable[..., tuple[dict[str, int], list[str]]]
Demo = tuple[Path, subprocess.CompletedProcess[str]]
SIDE = 64


def _size(path: Path) -> tuple[int, int]:
    with PIL.Image.open(path) as picture:
        picture.load()
        return picture.size


@pytest.fixture(scope="module")
def demo(imagine: RunImagine, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo's folder and what it said."""
    folder = tmp_path_factory.mktemp("demo")
    result = imagine("demo", "--out", "made/here", "--side", SIDE, cwd=folder)
    return folder / "made" / "here", result


def _references(page: Path) -> set[Path]:
    """Return every file that a page names, as paths."""
    found: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update(unquote(value or "") for name, value in attrs if name in ("src", "href"))

    Reader().feed(page.read_text("utf-8"))
    return {page.parent / name for name in found}


def test_ends_well(demo: Demo) -> None:
    """It ends with exit code 0, says nothing on the error output, and last of all where to look."""
    folder, result = demo
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == f"Open {(folder / 'index.html').as_uri()}"


def test_every_picture_is_there_and_whole(demo: Demo) -> None:
    """All pictures decode, and the page refers to all of them and to nothing else."""
    folder, _ = demo
    pictures = set((folder / "pictures").iterdir())
    assert len(pictures) == TOTAL + 2  # two masks
    for path in pictures:
        with PIL.Image.open(path) as picture:
            picture.load()
    assert _references(folder / "index.html") == pictures


def test_shows_every_endpoint(demo: Demo) -> None:
    """Each call of the API is made, and named in the table."""
    _, result = demo
    assert all(endpoint.name in result.stdout for endpoint in ENDPOINTS)


def test_sizes_follow_the_side(demo: Demo) -> None:
    """The pictures have the sandbox's sizes: the square ones the side asked for, and the enlarged one twice it."""
    folder, _ = demo
    assert _size(folder / "pictures" / "owl.jpg") == (SIDE, SIDE)
    assert _size(folder / "pictures" / "owl-upscaled.jpg") == (2 * SIDE, 2 * SIDE)
    with PIL.Image.open(folder / "pictures" / "mug-cut-out.png") as cut_out:
        assert cut_out.has_transparency_data


def test_totals_are_those_of_the_sandbox(demo: Demo) -> None:
    """The sums of the table, of the client and of the sandbox's books are the same, and it says so."""
    folder, result = demo
    rows = re.findall(r"│ (\S+) +│ (\S+) +│ +(\S+) │ +(\S+) │ +(\d+) │", result.stdout)
    assert len(rows) == TOTAL
    tokens = sum(int(row[-1]) for row in rows)
    assert f"{TOTAL} calls, {tokens} tokens" in result.stdout
    assert f"The sandbox's own books: {TOTAL} calls, {tokens} tokens; they agree" in result.stdout
    assert "the sandbox refused 0" in result.stdout
    assert f"<dd>{tokens}</dd>" in (folder / "index.html").read_text("utf-8")


def test_progress_is_lines_where_there_is_no_terminal(demo: Demo) -> None:
    """Each picture is told of in a line of its own."""
    _, result = demo
    assert len(re.findall(rf"^ *\d+/{TOTAL}  ", result.stdout, re.MULTILINE)) == TOTAL


@pytest.mark.parametrize("width", [1400, 500])
def test_browser_shows_the_page(demo: Demo, browse: Browse, width: int) -> None:
    """Chromium opens the page from the disk with all its pictures, on a wide and on a narrow window."""
    folder, _ = demo
    figures, console = browse(folder / "index.html", width=width)
    # Each edit shows its picture, the one before it, and its mask where there is one.
    assert figures == {"images": TOTAL + 6 + 2, "broken": 0, "overflow": 0}
    assert console == []


def test_second_run_makes_the_same_files_and_touches_no_others(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """Run again into its folder, it makes the same pictures, bit by bit, and leaves strangers' files alone."""
    folder, _ = demo
    before = {path: path.read_bytes() for path in (folder / "pictures").iterdir()}
    mine = folder / "pictures" / "mine.txt"
    mine.write_text("mine")
    assert run(["demo", "--out", str(folder), "--side", str(SIDE)]) == 0
    assert {path: path.read_bytes() for path in (folder / "pictures").iterdir() if path != mine} == before
    assert mine.read_text() == "mine"
    mine.unlink()
    assert "they agree" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["index.html", "pictures"])
def test_folder_with_files_of_that_name_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Where the demo would replace what it did not make, it says so before it begins."""
    (tmp_path / name).write_text("mine")
    assert run(["demo", "--out", str(tmp_path)]) == 1
    assert "is not the demo's: choose another folder with --out" in capsys.readouterr().err
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_file_where_the_folder_should_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file in the place of the folder is one line and exit code 1."""
    (tmp_path / "taken").write_text("mine")
    assert run(["demo", "--out", str(tmp_path / "taken")]) == 1
    assert "cannot use the folder" in capsys.readouterr().err


def test_disk_that_takes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure to write is one line and exit code 1."""
    monkeypatch.setattr("imagine_async.cli.demo_work.ROUNDS", ())
    monkeypatch.setattr("imagine_async.cli.demo_page.sheet_of", lambda _work: _no_space())
    assert run(["demo", "--out", str(tmp_path / "out"), "--side", "16"]) == 1
    assert "cannot be written" in capsys.readouterr().err


def _no_space() -> None:
    raise OSError(28, "No space left on device")


def test_side_that_is_too_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A side that the sandbox refuses ends with exit code 2."""
    assert run(["demo", "--out", str(tmp_path / "out"), "--side", "3"]) == 2
    assert "side: a whole number from 16" in capsys.readouterr().err


def test_interrupt(start_imagine: StartImagine, tmp_path: Path) -> None:
    """Ctrl-C in the middle ends soon, with exit code 130, one line and no traceback."""
    process = start_imagine("demo", "--out", tmp_path / "out", "--side", SIDE)
    assert process.stdout is not None
    assert "1/" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (130, "imagine: interrupted\n")
    assert time.monotonic() - start < 15


def test_failure_of_one_call_ends_the_demo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error among many calls is told as any other, and no page is written."""
    from imagine_async.sandbox import SandboxSettings

    def poor(**settings: Any) -> SandboxSettings:
        return SandboxSettings(credits=10, **settings)

    monkeypatch.setattr("imagine_async.sandbox.SandboxSettings", poor)
    assert run(["demo", "--out", str(tmp_path / "out"), "--side", "16"]) == 1
    assert "Not charged" in capsys.readouterr().err
    assert not (tmp_path / "out" / "index.html").exists()


def test_books_that_differ_are_not_hidden(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the two sides counted differently, it says so and ends with exit code 1."""
    monkeypatch.setattr("imagine_async.sandbox.RunningSandbox.books", lambda _self: {"accounts": []})
    assert run(["demo", "--out", str(tmp_path / "out"), "--side", "16"]) == 1
    output = capsys.readouterr()
    assert "they do NOT agree" in output.out
    assert "differ" in output.err
    assert "<dd>differ</dd>" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_terminal_gets_a_bar(imagine_in_terminal: Callable[..., str], tmp_path: Path) -> None:
    """On a terminal, one line grows instead of many, and the table keeps to the width."""
    output = imagine_in_terminal("demo", "--out", str(tmp_path / "out"), "--side", "16")
    assert f"{TOTAL}/{TOTAL}" in output
    assert f"1/{TOTAL}  lighthouse" not in output
    table = [line for line in output.splitlines() if line.startswith(("┃", "│"))]
    assert len(table) == 1 + TOTAL


def test_refusals_are_counted() -> None:
    """Only answers of "too many requests" count as refusals, and only waits of the limiter as waits."""
    pacing = Pacing()

    def tell(kind: EventKind, **facts: Any) -> None:
        pacing(Event(kind=kind, call_id="call-1", endpoint="upscale", attempt=1, at=0.0, **facts))

    tell("waiting", seconds=0.5)
    tell("waiting", seconds=0.25)
    tell("retrying", error=RateLimitedError("too many", status=429))
    tell("retrying", error=ServerError("no", status=500))
    tell("sending")
    assert (pacing.waits, pacing.seconds, pacing.refusals) == (2, 0.75, 1)
