"""Debian's `redis-server`, for the length of a block."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

__all__ = ["redis_process"]


@contextlib.contextmanager
def redis_process(folder: Path) -> Generator[str, None, None]:
    """Serve on a free port of 127.0.0.1, with every write on the disk once a second; yield the URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("Redis cannot be measured: redis-server is missing (apt-get install redis-server)")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes", "--save", ""]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit("redis-server does not answer")
