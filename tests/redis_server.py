"""Debian's `redis-server`, on a free port of 127.0.0.1, killed and started again as a test likes."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["RedisServer", "redis_server"]


class RedisServer:
    """A server with a folder of its own.

    Args:
        folder: Where it keeps its files.
        options: Further ones of the command line.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._program = _found()
        self._folder = folder
        self._options = options
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        self._process = subprocess.Popen([*command, "--save", "", *self._options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def command(self, *words: str) -> str:
        """Send a command; return the raw answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{' '.join(words)}\r\n".encode())
            return connection.recv(65536).decode()

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return self.command("PING").startswith(("+PONG", "-NOAUTH"))
        return False


@contextlib.contextmanager
def redis_server(folder: Path, *options: str, is_kept: bool = True) -> Iterator[RedisServer]:
    """Run a server for the length of a block; unless told otherwise it writes everything to the disk at once."""
    kept = ("--appendonly", "yes", "--appendfsync", "always") if is_kept else ()
    server = RedisServer(folder, *kept, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def _found() -> str:
    """Find the program: CI has to have it, a newcomer's machine need not."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        missing = "redis-server is not installed (Debian: apt-get install redis-server)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return found
