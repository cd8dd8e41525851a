"""The command as a process of its own, and a browser."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

_MAIN = (
    # A test run that was started in the background ignores SIGINT, and so would its children.
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from imagine_async.cli import main; main()"
)
_BROWSER_OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run --enable-logging=stderr --virtual-time-budget=10000 --dump-dom"
)
_PROBE = """<script>addEventListener("load", () => {
  const page = document.documentElement, images = [...document.images];
  page.dataset.images = images.length;
  page.dataset.broken = images.filter((image) => !(image.complete && image.naturalWidth)).length;
  page.dataset.overflow = page.scrollWidth - page.clientWidth;
})</script>"""


@pytest.fixture(scope="session")
def imagine() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command to its end."""

    def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", _MAIN, *map(str, arguments)], capture_output=True, text=True, timeout=100, **options
        )

    return run


@pytest.fixture
def start_imagine() -> Generator[Callable[..., subprocess.Popen[str]], None, None]:
    """Start the command and leave it running."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def imagine_in_terminal() -> Callable[..., str]:
    """Run the command to its end on a terminal of 80 columns, and return what it wrote there."""

    def run(*arguments: str) -> str:
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        environment = {**os.environ, "TERM": "xterm"}
        with subprocess.Popen([sys.executable, "-c", _MAIN, *arguments], stdout=its, stderr=its, env=environment):
            os.close(its)
            output = b"".join(_all_of(ours))
        os.close(ours)
        return output.decode()

    return run


def _all_of(terminal: int) -> Iterator[bytes]:
    """Yield what is written on a terminal until nobody is left who could."""
    while True:
        try:
            yield os.read(terminal, 65_536)
        except OSError:
            # So Linux tells that the other side was closed.
            return


@pytest.fixture
def browse(tmp_path: Path, chromium: str) -> Callable[..., tuple[dict[str, int], list[str]]]:
    """Open a page from the disk in Chromium: its probed figures by name, and its console."""

    def open_page(page: Path, *, width: int = 1400) -> tuple[dict[str, int], list[str]]:
        probed = page.with_name("probed.html")
        probed.write_text(page.read_text("utf-8").replace("</body>", f"{_PROBE}</body>"), "utf-8")
        profile = tmp_path / "chromium-profile"
        browser = subprocess.run(
            [
                chromium,
                *_BROWSER_OPTIONS.split(),
                f"--window-size={width},2000",
                f"--user-data-dir={profile}",
                probed.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=60,
        )
        probed.unlink()
        root = re.search(r"<html[^>]*>", browser.stdout)
        assert root is not None, browser.stderr
        figures = {name: int(figure) for name, figure in re.findall(r'data-(\w+)="(-?\d+)"', root.group())}
        return figures, [line for line in browser.stderr.splitlines() if ":CONSOLE" in line]

    return open_page
