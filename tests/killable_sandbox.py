"""A sandbox in a process that can be killed at any moment and started again at the same port.

Its books die with it, so its engine notes each picture in a file as soon as it is painted, which nothing takes back.

`python -m tests.killable_sandbox PORT FILE SECONDS` serves it; each picture takes so many seconds.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import PIL.Image

from imagine_async.sandbox import SandboxSettings, serve
from tests.flat_engine import FlatEngine

__all__ = ["KEY", "KillableSandbox"]

KEY = "vk-sandbox"
_ROOT = Path(__file__).parent.parent


class KillableSandbox:
    """A sandbox in a process of its own; it is killed at the end of a `with` block.

    Args:
        notes: The file that pictures are noted in.
        seconds: How long each picture takes.
    """

    def __init__(self, notes: Path, *, seconds: float) -> None:
        self._notes = notes
        self._seconds = seconds
        self._port = _free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The base URL, which every start has in common."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def painted(self) -> int:
        """How many pictures were painted, over all starts."""
        return self._notes.stat().st_size

    def start(self) -> None:
        """Start it, and wait until it listens."""
        arguments = [str(each) for each in (self._port, self._notes, self._seconds)]
        command = [sys.executable, "-m", "tests.killable_sandbox", *arguments]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"{self.url}\n"

    def kill(self) -> None:
        """End it with SIGKILL, and wait until it is gone."""
        if self._process is not None:
            with self._process as process:
                process.kill()
            self._process = None

    def __enter__(self) -> Self:
        """Start it for the length of a block."""
        self._notes.touch()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it."""
        self.kill()


class _NotingEngine(FlatEngine):
    def __init__(self, notes: Path, *, seconds: float) -> None:
        super().__init__(seconds=seconds)
        self._file = os.open(notes, os.O_WRONLY | os.O_APPEND)

    def _paint(self, name: str, mode: str, size: tuple[int, int], **asked: Any) -> PIL.Image.Image:
        picture = super()._paint(name, mode, size, **asked)
        os.write(self._file, b".")
        return picture


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    port, notes, seconds = sys.argv[1:]
    serve(
        SandboxSettings(keys=(KEY,), credits=None, rate_limit=None, side=16),
        port=int(port),
        announce=lambda base_url, key: print(base_url, flush=True),  # noqa: T201 - the test reads it
        engine=_NotingEngine(Path(notes), seconds=float(seconds)),
    )
