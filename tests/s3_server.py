"""An S3 server of its own process, on a free port of 127.0.0.1."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

__all__ = ["S3Server", "s3_server"]

# One request after the other: within one, this server looks for an object and then writes it, where the real ones do
# both at once.
_PROGRAM = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
"""


class S3Server:
    """A server whose buckets live as long as it does.

    Args:
        port: Where it listens.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"

    def options(self, port: int | None = None) -> dict[str, Any]:
        """Return the options of a client; `port` leads it by way of a proxy."""
        return {
            "endpoint": self.endpoint if port is None else f"http://127.0.0.1:{port}",
            "access_key_id": "key",
            "secret_access_key": "secret",
            "region": "us-east-1",
            "client_options": {"allow_http": True},
        }

    def make_bucket(self, name: str) -> None:
        """Make a bucket."""
        with urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/{name}", method="PUT"), timeout=10):
            pass


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server for the length of a block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [sys.executable, "-c", _PROGRAM, str(port)]
    # Its process is no part of what is measured, and not of this project.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        _wait_for(port)
        yield S3Server(port)
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        assert time.monotonic() < deadline, "the S3 server does not answer"
        time.sleep(0.05)
