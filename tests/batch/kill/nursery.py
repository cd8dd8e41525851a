"""A process that has imported everything and forks workers: one that is killed costs no second start of Python.

`python -m tests.batch.kill.nursery` reads jobs, one a line; for each it prints the worker's process number and, when
that has ended, its exit code, as `subprocess` has them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagine_async.batch.opening  # noqa: F401 - what a batch needs is imported before the fork
from tests.batch.kill import worker

__all__ = ["Nursery", "nursery"]

_ROOT = Path(__file__).parents[3]


class Nursery:
    """Workers, one at a time.

    Args:
        process: The process that forks them.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, job: worker.Job) -> int:
        """Start a worker, and return the number of its process."""
        assert self._process.stdin is not None
        print(job.as_json(), file=self._process.stdin, flush=True)
        return int(self._line())

    def wait(self) -> int:
        """Wait for the worker's end, and return its exit code."""
        return int(self._line())

    def kill(self, pid: int) -> bool:
        """Kill the worker; false if it had ended before that."""
        # Nobody else waits for it, so that its number is not used again before the next line is read.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextlib.contextmanager
def nursery() -> Iterator[Nursery]:
    """Have workers forked for the length of a block."""
    command = [sys.executable, "-m", "tests.batch.kill.nursery"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=_ROOT, **pipes) as process:
        yield Nursery(process)


def main() -> None:
    """Fork workers, as long as there are jobs."""
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            # Its result goes nowhere: the pipe is for process numbers and exit codes.
            os.dup2(2, 1)
            worker.main(line)
            os._exit(0)
        print(pid, flush=True)  # noqa: T201 - whoever has started it reads it
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
