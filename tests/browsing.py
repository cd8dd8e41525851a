"""The Chromium that is installed, as tests drive it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

_OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
_PATIENCE = 20_000


@contextmanager
def running_browser(program: str, downloads: Path) -> Generator[Browser, None, None]:
    """Run a browser; its profile is made anew by the driver."""
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=program, args=_OPTIONS.split(), downloads_path=downloads)


def watched_page(context: BrowserContext, complaints: list[str]) -> Page:
    """Open an empty page, and collect what it complains of."""
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda note: complaints.append(note.text) if note.type == "error" else None)
    # A script that runs although it should not would tell so.
    page.on("dialog", lambda dialog: _dismiss(dialog, complaints))
    return page


def wait_until(page: Page, script: str) -> None:
    """Wait until an expression holds; the driver's own waiting is refused by pages whose policy knows no `eval`."""
    end = time.monotonic() + _PATIENCE / 1000
    while not page.evaluate(script):
        assert time.monotonic() < end, f"this never held: {script}"
        page.wait_for_timeout(20)


def objections(page: Page) -> list[str]:
    """Let axe look at a page: what it objects to, and where."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    # It would fetch the style sheets a second time, which the policy of a page from the disk refuses.
    found = page.evaluate("axe.run({ preload: false })")["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]


def _dismiss(dialog: Dialog, complaints: list[str]) -> None:
    complaints.append(f"dialog: {dialog.message}")
    dialog.dismiss()
