"""Several processes that begin at the same moment."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["Worker", "counts_of", "go", "started"]

Worker: TypeAlias = "subprocess.Popen[str]"
_ROOT = Path(__file__).parent.parent


@contextlib.contextmanager
def started(commands: Sequence[Sequence[object]]) -> Iterator[list[Worker]]:
    """Start a module with arguments for each command; yield when all have said `ready`."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", *(str(word) for word in command)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def go(workers: Sequence[Worker]) -> None:
    """Let all of them begin."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()


def counts_of(worker: Worker) -> dict[str, Any]:
    """Wait for what a worker says at its end."""
    counts: dict[str, Any] = json.loads(worker.communicate(timeout=90)[0])
    return counts
