"""The studio page in the Chromium that is installed."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from imagine_async.sandbox import RunningSandbox, SandboxSettings, running_sandbox
from tests.browsing import watched_page
from tests.flat_engine import FlatEngine

# What a browser notes of every refused request, expected ones too.
_REFUSED = "Failed to load resource"


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
            page = watched_page(context, complaints)
            page.goto(sandbox.base_url)
            return page

        yield visit
    assert [complaint for complaint in complaints if not complaint.startswith(_REFUSED)] == []
