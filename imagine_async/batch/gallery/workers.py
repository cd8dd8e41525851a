"""Processes that make thumbnails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

__all__ = ["Job", "Workers"]

Job: TypeAlias = tuple[Path, Path]
"""A picture, and the thumbnail to make of it."""

# Ctrl-C goes to the whole group of processes; what becomes of a worker then is up to its parent.
_PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    "from imagine_async.batch.gallery.thumbnail import serve; serve()"
)
_MOST = 8


class Workers:
    """Processes that make thumbnails, a picture at a time each.

    They are programs of their own rather than `multiprocessing`'s: that would run a script that calls this a second
    time, or fork a process with threads. A picture that crashes the decoder ends one worker, and the next takes over.

    Args:
        count: Processes; `None` for as many as this machine has cores, 8 at most.
    """

    def __init__(self, count: int | None = None) -> None:
        self._threads = ThreadPoolExecutor(count or min(_MOST, os.cpu_count() or 1), "imagine-thumbnails")
        self._own = threading.local()
        self._started: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        # An interrupted call may not wait for pictures that nobody wants any more.
        for process in self._started if error else ():
            process.kill()
        self._threads.shutdown()
        for process in self._started:
            process.communicate()

    def run(self, jobs: Iterable[Job]) -> list[str | None]:
        """Make thumbnails.

        Args:
            jobs: What to make.

        Returns:
            For each job why it failed; `None` if it did not.
        """
        return list(self._threads.map(self._run, jobs))

    def _run(self, job: Job) -> str | None:
        process = self._process()
        answer = _ask(process, json.dumps([str(path) for path in job]))
        return json.loads(answer) if answer else self._crashed(process)

    def _process(self) -> subprocess.Popen[str]:
        known: subprocess.Popen[str] | None = getattr(self._own, "process", None)
        if known is None:
            known = self._own.process = _start()
            self._started.append(known)
        return known

    def _crashed(self, process: subprocess.Popen[str]) -> str:
        self._own.process = None
        process.kill()
        return f"the process that read it ended with code {process.wait()}"


def _ask(process: subprocess.Popen[str], line: str) -> str:
    """Give a worker a line, and return its answer; nothing if the worker has ended."""
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:
        return ""


def _start() -> subprocess.Popen[str]:
    # `-P` and not the working folder: what lies beside pictures must not be imported.
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="ascii",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
