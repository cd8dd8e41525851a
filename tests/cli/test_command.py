"""The command as a whole: help, version, what it says when something is missing or goes wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from imagine_async.cli import main
from imagine_async.cli.app import run
from imagine_async.cli.output import explain, shown
from imagine_async.errors import APIError, DeadlineExceededError, ImagineError, Outcome, TruncatedReplyError
from imagine_async.version import VERSION

RunImagine = Callable[..., subprocess.CompletedProcess[str]]


def _with_missing(module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in an interpreter in which a module cannot be imported."""
    code = f"import sys; sys.modules[{module!r}] = None; from imagine_async.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, cwd=cwd)


def test_entry_point() -> None:
    """The package installs `imagine`, and it is `main`."""
    (script,) = entry_points(group="console_scripts", name="imagine")
    assert script.load() is main


def test_version(imagine: RunImagine) -> None:
    """`--version` prints the package's version."""
    result = imagine("--version")
    assert (result.returncode, result.stdout.strip()) == (0, VERSION)


def test_help_shows_every_command_and_how_to_use_it(imagine: RunImagine) -> None:
    """`--help` names the commands, examples, and where keys are made."""
    result = imagine("--help")
    assert result.returncode == 0
    for text in ("demo", "generate", "sandbox", "Examples:", "--style realistic", "platform.imagine.art"):
        assert text in result.stdout


@pytest.mark.parametrize("command", ["demo", "generate", "sandbox"])
def test_help_of_a_command_has_examples_of_its_own(imagine: RunImagine, command: str) -> None:
    """The help of each command shows that command, and not the others."""
    output = imagine(command, "--help").stdout
    examples = output.partition("Examples:")[2]
    assert f"imagine {command}" in examples
    assert all(f"imagine {other}" not in examples for other in {"demo", "generate", "sandbox"} - {command})


@pytest.mark.parametrize(
    "arguments", [["paint"], ["generate"], ["demo", "--side", "large"], ["sandbox", "--port", "-1"]]
)
def test_command_that_is_given_wrongly(imagine: RunImagine, arguments: list[str]) -> None:
    """What cannot be understood ends with exit code 2, a message and no traceback."""
    result = imagine(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stdout + result.stderr
    assert "Error" in result.stdout + result.stderr


@pytest.mark.parametrize("module", ["cyclopts", "rich"])
def test_missing_extra_of_the_command_itself(tmp_path: Path, module: str) -> None:
    """Without cyclopts or rich, the command says what to install."""
    result = _with_missing(module, "--version", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.strip().endswith('pip install "imagine-async[cli]"')
    assert "Traceback" not in result.stderr


def test_other_import_errors_are_not_taken_for_a_missing_extra(tmp_path: Path) -> None:
    """A fault of the package itself is shown as what it is."""
    result = _with_missing("imagine_async.cli.demo", cwd=tmp_path)
    assert "Traceback" in result.stderr
    assert "pip install" not in result.stderr


@pytest.mark.parametrize("module", ["uvicorn", "starlette", "numpy", "PIL"])
@pytest.mark.parametrize("arguments", [["demo"], ["sandbox"], ["generate", "a fox", "--sandbox"]])
def test_missing_extra_of_the_sandbox(tmp_path: Path, module: str, arguments: list[str]) -> None:
    """Without a package of the sandbox, every command that needs it says what to install, and writes nothing."""
    result = _with_missing(module, *arguments, cwd=tmp_path)
    assert result.returncode == 1
    assert 'pip install "imagine-async[sandbox]"' in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_fault_inside_the_sandbox_is_not_taken_for_a_missing_extra(tmp_path: Path) -> None:
    """A module of our own that cannot be imported is shown as what it is."""
    result = _with_missing("imagine_async.sandbox.app", "sandbox", cwd=tmp_path)
    assert "Traceback" in result.stderr
    assert "pip install" not in result.stderr


def test_interrupt_during_the_imports() -> None:
    """Ctrl-C in the first instant ends with 130 and without a traceback."""
    code = (
        "import os, signal, sys, importlib.abc\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupter(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'cyclopts':\n"
        f"            os.kill(os.getpid(), {signal.SIGINT.value})\n"
        "sys.meta_path.insert(0, Interrupter())\n"
        "from imagine_async.cli import main\n"
        "main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (130, "imagine: interrupted\n")


def test_reader_that_stops_reading() -> None:
    """Output into a pipe that nobody reads any more ends without a traceback."""
    code = "from imagine_async.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "sandbox", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (1, "")


@pytest.mark.parametrize(
    ("error", "charged"),
    [
        (ImagineError("no"), "Not charged: nothing was sent."),
        (APIError("no", status=400), "Not charged"),
        (DeadlineExceededError("late", outcome=Outcome.UNKNOWN), "May have been charged"),
        (TruncatedReplyError("cut", status=200), "Probably charged"),
    ],
)
def test_errors_say_whether_they_cost_something(error: ImagineError, charged: str) -> None:
    """Each outcome has a sentence of its own."""
    assert charged in explain(error).splitlines()[1]


def test_words_of_a_server_cannot_steer_the_terminal() -> None:
    """Control characters in an error's message are dropped, and it stays one line."""
    text = explain(ImagineError("first\nsecond \x1b[31mred\x07"))
    assert text.splitlines()[0] == "imagine: first second [31mred"


def test_error_of_the_sdk_ends_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty prompt is refused in one line, with exit code 1."""
    assert run(["generate", " "]) == 1
    assert capsys.readouterr().err.startswith("imagine: prompt=")


def test_paths_that_are_no_text_are_shown_all_the_same(tmp_path: Path) -> None:
    """A file name that is no valid UTF-8 does not end in an encoding error."""
    assert shown(tmp_path / "caf\udce9.jpg").endswith("caf?.jpg")
