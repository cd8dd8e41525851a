"""A sandbox in a process of its own, so that client and server do not share a processor's time by turns."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

__all__ = ["FLAT_ENGINE", "REAL_ENGINE", "SandboxProcess", "sandbox_process"]


@frozen
class SandboxProcess:
    """A sandbox that listens.

    Args:
        base_url: Where.
        key: A key that it lets in.
        pid: Its process.
    """

    base_url: str
    key: str
    pid: int

    def calls(self) -> int:
        """Ask the server's own books how many pictures it charged."""
        with urllib.request.urlopen(f"{self.base_url}/_sandbox/books") as reply:
            books: dict[str, Any] = json.load(reply)
        return sum(account["calls"] for account in books["accounts"])


REAL_ENGINE = ("imagine_async.sandbox", "--port", "0", "--side", "16", "--credits", "none", "--rate-limit", "none")
FLAT_ENGINE = ("tests.flat_engine",)
_ROOT = Path(__file__).parent.parent


@contextlib.contextmanager
def sandbox_process(*module: str) -> Iterator[SandboxProcess]:
    """Run a module that serves a sandbox for the length of a block."""
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            base_url, key = process.stdout.readline().split()
            yield SandboxProcess(base_url, key, process.pid)
        finally:
            process.terminate()
            process.wait(20)
