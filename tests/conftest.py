"""Fixtures that many tests share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import pytest

from imagine_async.config import (
    BASE_URL_VARIABLE,
    BUDGET_VARIABLE,
    CONFIG_VARIABLE,
    KEY_VARIABLE,
    RATE_LIMIT_VARIABLE,
    STORE_VARIABLE,
    TIMEOUT_VARIABLE,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Runs test sessions within tests; it can be asked for in the topmost conftest.py alone.
pytest_plugins = ["pytester"]

_VARIABLES = (
    BASE_URL_VARIABLE,
    BUDGET_VARIABLE,
    KEY_VARIABLE,
    RATE_LIMIT_VARIABLE,
    STORE_VARIABLE,
    TIMEOUT_VARIABLE,
)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run a test that is marked `anyio` on both event loops."""
    backend: str = request.param
    return backend


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for variable in _VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    # Empty: no files either, least of all the developer's own.
    monkeypatch.setenv(CONFIG_VARIABLE, "")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Find the browser: CI has to have one, a newcomer's machine need not."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        missing = "the page is looked at in Chromium, which is not installed (Debian: apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Browser, None, None]:
    """A browser for the tests of one module."""
    # Here, because most tests need no driver.
    from tests.browsing import running_browser

    with running_browser(chromium, tmp_path_factory.mktemp("downloads")) as started:
        yield started


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Let axe look at a page: what it objects to, and where."""
    from tests.browsing import objections

    return objections
