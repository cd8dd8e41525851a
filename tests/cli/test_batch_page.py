"""The walk-through of docs/batch.md, typed into a shell as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagine_async.batch.records import BatchProgress, RowRecord, RowState
from imagine_async.cli.batch.events import progress_facts, row_facts
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.cli.batches import environment

PAGE = (Path(__file__).parents[2] / "docs" / "batch.md").read_text("utf-8")
CONSOLE = "".join(re.findall(r"^```console\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL))
# Times, sizes of pictures, and where the page is: they differ from run to run.
VARYING = (
    (r"file://\S+/foxes/", "file:///foxes/"),
    (r"\b\d{4}-\d\d-\d\dT\S+Z", "DATE"),
    (r"(Stored  |Time    |Rate    ).+", r"\1VARIES"),
    (r"\b\d+ s ago", "TIME ago"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningSandbox]:
    """Run one sandbox for the module, with small pictures."""
    with running_sandbox(SandboxSettings(side=64, rate_limit=None)) as server:
        yield server


def _steps() -> Iterator[tuple[str, str]]:
    """Yield each command of the page, with what it says there."""
    for step in re.split(r"^\$ ", CONSOLE, flags=re.MULTILINE)[1:]:
        lines = step.splitlines(keepends=True)
        command = [lines[0]]
        while len(command) < len(lines) and lines[len(command)].startswith("> "):
            command.append(lines[len(command)][2:])
        yield "".join(command), "".join(lines[len(command) :])


def _steady(text: str) -> str:
    for pattern, instead in VARYING:
        text = re.sub(pattern, instead, text)
    return text


def test_commands_say_what_the_page_says(server: RunningSandbox, tmp_path: Path) -> None:
    """Each command, in a shell, in the order of the page, says what stands there, but for times and sizes."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "work").mkdir()
    script = tmp_path / "bin" / "imagine"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from imagine_async.cli import main; main()" "$@"\n')
    script.chmod(0o755)
    env = environment(server)
    env |= {"PATH": f"{script.parent}{os.pathsep}{env['PATH']}", "IMAGINE_RATE_LIMIT": "50/60s"}
    steps = list(_steps())
    assert len(steps) >= 10
    for command, expected in steps:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path / "work",
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert _steady(done.stdout) == _steady(expected), command


def test_page_names_every_member_of_the_events() -> None:
    """What an event holds stands in the table."""
    record = RowRecord(position=0, key="", state=RowState.DONE)
    for name in (*row_facts(record), *progress_facts(BatchProgress())):
        assert f"`{name}`" in PAGE, name
