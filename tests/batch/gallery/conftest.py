"""Galleries in the Chromium that is installed, opened from the disk."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import wait_until, watched_page


@pytest.fixture
def open_gallery(browser: Browser) -> Generator[Callable[..., Page], None, None]:
    """Open a page from the disk and wait for all its rows; it may complain only where files are missing."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def visit(index: Path, address: str = "", *, is_whole: bool = True, **options: Any) -> Page:
            context = browser.new_context(**options)
            stack.callback(context.close)
            page = watched_page(context, complaints if is_whole else [])
            page.goto(f"{index.as_uri()}{address}")
            wait_until(page, "!document.querySelector('#count').textContent.match(/so far|Loading/)")
            return page

        yield visit
    assert complaints == []
