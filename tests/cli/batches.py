"""What the tests of `imagine batch` share: manifests, a sandbox whose painter waits, and the command as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from imagine_async.batch.journal import count_states
from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine

__all__ = ["MAIN", "GatedSandbox", "environment", "events", "gated_sandbox", "manifest", "start", "states"]

MAIN = (
    # A test run that was started in the background ignores SIGINT, one by `nohup` SIGHUP, and so would its children.
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "signal.signal(signal.SIGHUP, signal.SIG_DFL); "
    "from imagine_async.cli import main; main()"
)


def manifest(folder: Path, count: int, name: str = "foxes.jsonl", **more: Any) -> Path:
    """Write a manifest of so many rows, with ids fox-1 and so on."""
    rows = (
        {"id": f"fox-{number}", "prompt": f"a fox, {number}", "style": "anime", **more}
        for number in range(1, count + 1)
    )
    path = folder / name
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


@frozen
class GatedSandbox:
    """A sandbox whose painter waits.

    Args:
        running: The sandbox.
        engine: Its painter.
        gate: Lets it paint.
    """

    running: RunningSandbox
    engine: FlatEngine
    gate: threading.Event

    def wait_for_call(self) -> None:
        """Wait until a picture is being painted."""
        assert self.engine.entered.wait(60)


@contextmanager
def gated_sandbox() -> Iterator[GatedSandbox]:
    """Run a sandbox whose painter waits until its gate is opened."""
    engine = FlatEngine()
    engine.gate = threading.Event()
    with running_sandbox(SandboxSettings(side=16, credits=None, rate_limit=None), engine=engine) as running:
        try:
            yield GatedSandbox(running, engine, engine.gate)
        finally:
            engine.gate.set()


def environment(sandbox: RunningSandbox) -> dict[str, str]:
    """Return an environment in which commands talk to a sandbox."""
    return {**os.environ, "IMAGINE_BASE_URL": sandbox.base_url, "IMAGINE_API_KEY": sandbox.key, "COLUMNS": "100"}


@contextmanager
def start(
    *arguments: object, env: dict[str, str], cwd: Path, main: str = MAIN, **options: Any
) -> Generator[subprocess.Popen[str], None, None]:
    """Start the command, and end it with the block if it has not ended by then."""
    command = [sys.executable, "-c", main, *map(str, arguments)]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen(command, text=True, env=env, cwd=cwd, **pipes) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def events(output: str) -> list[dict[str, Any]]:
    """Read what `--json` has written."""
    return [json.loads(line) for line in output.splitlines()]


def states(journal: Path) -> dict[str, int]:
    """Count the rows of a journal by the names of their states."""
    return {state.value: count for state, count in count_states(journal).items()}
