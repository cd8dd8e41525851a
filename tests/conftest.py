"""Fixtures that many tests share."""

from __future__ import annotations

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
