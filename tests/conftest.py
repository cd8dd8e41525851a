"""Fixtures that many tests share."""

from __future__ import annotations

import os
import shutil

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
