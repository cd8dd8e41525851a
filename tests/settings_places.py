"""Places for settings that a test has to itself, and what a search for settings says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from imagine_async.config import (
    BASE_URL_VARIABLE,
    BUDGET_VARIABLE,
    CONFIG_VARIABLE,
    KEY_VARIABLE,
    RATE_LIMIT_VARIABLE,
    STORE_VARIABLE,
    TIMEOUT_VARIABLE,
    Settings,
    find_settings,
)
from imagine_async.errors import ConfigurationError

__all__ = ["KEY", "Places", "facts", "refusal", "separate_places"]

KEY = "vk-0123456789abcdef"


@frozen
class Places:
    """Where settings may lie.

    Args:
        here: The file in the working directory.
        user: The user's own.
    """

    here: Path
    user: Path


def separate_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Give a test a home and a working directory of its own, and no settings."""
    for name in (
        KEY_VARIABLE,
        BASE_URL_VARIABLE,
        TIMEOUT_VARIABLE,
        RATE_LIMIT_VARIABLE,
        BUDGET_VARIABLE,
        STORE_VARIABLE,
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    home, work = tmp_path / "home", tmp_path / "work"
    (home / ".config" / "imagine").mkdir(parents=True)
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    monkeypatch.setattr(sys, "platform", "linux")
    return Places(work / "imagine.toml", home / ".config" / "imagine" / "imagine.toml")


def refusal(**arguments: Any) -> str:
    """Look for settings, which must be refused; return what is said."""
    with pytest.raises(ConfigurationError) as caught:
        find_settings(**{"api_key": KEY, **arguments})
    return str(caught.value)


def facts(found: Settings) -> tuple[object, ...]:
    """Return the settings, the key in plain text."""
    return found.api_key.reveal(), found.base_url, found.timeout, found.rate_limit, found.budget, found.v1_dialect
