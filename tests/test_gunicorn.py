"""The sync client under gunicorn, made and used before the workers are forked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import frozen

from imagine_async.config import BASE_URL_VARIABLE, KEY_VARIABLE
from tests.sandbox_process import FLAT_ENGINE, SandboxProcess, sandbox_process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn needs fork")

SECONDS = 30


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    """Run a sandbox."""
    with sandbox_process(*FLAT_ENGINE) as sandbox:
        yield sandbox


@frozen
class Gunicorn:
    """A gunicorn that serves.

    Args:
        url: Where.
        process: Its arbiter.
        log: What it has written.
    """

    url: str
    process: subprocess.Popen[str]
    log: list[str]


@pytest.fixture(params=["sync", "gthread"])
def gunicorn(sandbox: SandboxProcess, request: pytest.FixtureRequest) -> Iterator[Gunicorn]:
    """Serve the application with two workers, from a port of gunicorn's own choice."""
    arguments = [
        "--preload",
        "-w",
        "2",
        "-k",
        request.param,
        "--threads",
        "4",
        "-b",
        "127.0.0.1:0",
        "tests.wsgi_app:app",
    ]
    # Measured for coverage, every fork would write to the same file.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-m", "gunicorn", *arguments],
        cwd=Path(__file__).parent.parent,
        env={**environment, KEY_VARIABLE: sandbox.key, BASE_URL_VARIABLE: sandbox.base_url},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        log: list[str] = []
        try:
            yield Gunicorn(_url_of(process, log), process, log)
        finally:
            process.kill()


def _url_of(process: subprocess.Popen[str], log: list[str]) -> str:
    assert process.stderr is not None
    url = ""
    # Both workers have to be there: requests in a row may else all be served by the first.
    while not url or sum("Booting worker" in line for line in log) < 2:
        line = process.stderr.readline()
        assert line, f"gunicorn ended: {log}"
        log.append(line)
        if match := re.search(r"Listening at: (http://\S+)", line):
            url = match[1]
    return url


def worker_of(url: str) -> str:
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        pid: bytes = answer.read()
    return pid.decode()


def test_both_workers_answer(gunicorn: Gunicorn, sandbox: SandboxProcess) -> None:
    """Both workers make pictures with the client that the parent had used; nothing hangs, nobody crashes."""
    workers: set[str] = set()
    requests = 0
    with ThreadPoolExecutor(4) as pool:
        # Which worker takes a request is the kernel's choice.
        while len(workers) < 2 and requests < 400:
            workers.update(pool.map(worker_of, [f"{gunicorn.url}/fox"] * 8))
            requests += 8
    assert len(workers) == 2
    assert str(gunicorn.process.pid) not in workers
    assert sandbox.calls() == 1 + 3 * requests
    gunicorn.process.send_signal(signal.SIGTERM)
    _, rest = gunicorn.process.communicate(timeout=SECONDS)
    assert gunicorn.process.returncode == 0
    written = "".join([*gunicorn.log, rest])
    assert not re.search(r"Traceback|Error|CRITICAL|SIGKILL", written), written
