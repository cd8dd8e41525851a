"""The studio page in the Chromium that is installed."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, sync_playwright

from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.flat_engine import FlatEngine

_OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
_PATIENCE = 20_000
# What a browser notes of every refused request, expected ones too.
_REFUSED = "Failed to load resource"


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser, None, None]:
    """A browser for the tests of one module; its profile is made anew by the driver."""
    with sync_playwright() as driver:
        yield driver.chromium.launch(
            executable_path=chromium, args=_OPTIONS.split(), downloads_path=tmp_path_factory.mktemp("downloads")
        )


@pytest.fixture
def serve() -> Generator[Callable[..., RunningSandbox], None, None]:
    """Run sandboxes with small, flat pictures and some settings changed, until the test ends."""
    with ExitStack() as stack:

        def start(*, engine: FlatEngine | None = None, **changes: Any) -> RunningSandbox:
            settings = SandboxSettings(**({"side": 64, "video_seconds": 0} | changes))
            return stack.enter_context(running_sandbox(settings, engine=engine or FlatEngine()))

        yield start


@pytest.fixture
def open_studio(browser: Browser) -> Generator[Callable[..., Page], None, None]:
    """Open the page of a sandbox, in a browser that remembers nothing; it may have nothing to complain of."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def visit(sandbox: RunningSandbox, **options: Any) -> Page:
            context = browser.new_context(**options)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(_PATIENCE)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda note: complaints.append(note.text) if note.type == "error" else None)
            # A script that runs although it should not would tell so.
            page.on("dialog", lambda dialog: _dismiss(dialog, complaints))
            page.goto(sandbox.base_url)
            return page

        yield visit
    assert [complaint for complaint in complaints if not complaint.startswith(_REFUSED)] == []


def _dismiss(dialog: Dialog, complaints: list[str]) -> None:
    complaints.append(f"dialog: {dialog.message}")
    dialog.dismiss()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Let axe look at a page: what it objects to, and where."""
    program = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")

    def violations(page: Page) -> list[str]:
        page.evaluate(program)
        found = page.evaluate("axe.run()")["violations"]
        return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]

    return violations
