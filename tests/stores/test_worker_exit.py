"""The thread of a store when its process ends or forks."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
import os, sys, threading, time
import anyio
from imagine_async.stores.jobs import StoreAwayError
from imagine_async.stores.worker import Worker

class Printing:
    def __init__(self):
        self.made_by = os.getpid()
        self.is_away = False
    def run(self, jobs):
        if self.is_away:
            raise StoreAwayError("away")
        assert self.made_by == os.getpid()
        for job in jobs:
            os.write(1, f"{job.work}\\n".encode())
    def close(self):
        os.write(1, b"closed\\n")

worker = Worker(Printing, store="the store", patience=5)
"""


def _run(program: str) -> tuple[list[str], int]:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            PROGRAM + textwrap.dedent(program),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr
    return done.stdout.splitlines(), done.returncode


def test_exit_writes_what_was_posted() -> None:
    """A program that just ends still writes what it posted."""
    assert _run(
        """
        for number in range(3):
            worker.post(number)
        """
    ) == (["0", "1", "2", "closed"], 0)


def test_exit_does_not_wait_for_ever() -> None:
    """A store that is away holds up no exit for longer than some seconds."""
    assert _run(
        """
        from imagine_async.stores import worker_thread
        worker_thread._EXIT_SECONDS = 0.1
        anyio.run(worker.ask, "one")
        thread = worker._threads[os.getpid()]
        thread._engine.is_away = True
        worker.post("two")
        """
    ) == (["one"], 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
def test_each_process_has_its_own_thread() -> None:
    """After a fork the child works by an engine of its own, and the parent goes on with the old one."""
    lines, code = _run(
        """
        anyio.run(worker.ask, "before")
        pid = os.fork()
        name = "child" if pid == 0 else "parent"
        anyio.run(worker.ask, name)
        anyio.run(worker.aclose)
        if pid == 0:
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        """
    )
    assert (lines[0], sorted(lines[1:]), code) == ("before", ["child", "closed", "closed", "parent"], 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
def test_child_leaves_its_parents_thread_alone() -> None:
    """A child that uses no store ends without touching what its parent opened."""
    lines, code = _run(
        """
        anyio.run(worker.ask, "before")
        pid = os.fork()
        if pid == 0:
            anyio.run(worker.aclose)
            del worker
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        """
    )
    assert (lines, code) == (["before", "closed"], 0)


def test_program_runs_in_another_process() -> None:
    """The programs above are judged in a process of their own."""
    assert _run("print(os.getpid())")[0] != [str(os.getpid())]
