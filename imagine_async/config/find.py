"""Settings from arguments, over those from the environment, over those from files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from enum import Enum
from math import inf
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast
from urllib.parse import urlsplit

from attrs import field, frozen

from imagine_async.config import table
from imagine_async.config.files import SettingsFile, settings_files
from imagine_async.config.secret import Secret
from imagine_async.config.table import Setting
from imagine_async.config.urls import checked_base_url, is_the_vendors_or_loopback
from imagine_async.errors import ConfigurationError

if TYPE_CHECKING:
    # For their types alone: at run time, settings stand below what they set.
    from imagine_async.stores import Budget, RateLimit, Store
    from imagine_async.timeout import Timeout

__all__ = ["FROM_SETTINGS", "FromSettings", "Settings", "find_settings"]

T = TypeVar("T")

_NO_KEY = (
    f"no API key: pass api_key=, set {table.KEY_VARIABLE}, or write api_key into imagine.toml. Keys are made in the "
    "Keys tab of https://platform.imagine.art; without one, AsyncImagine.sandbox() and Imagine.sandbox() run against a "
    "local server"
)


class FromSettings(Enum):
    """The type of `FROM_SETTINGS`, for annotations: `float | None | FromSettings`."""

    FROM_SETTINGS = "from settings"

    def __repr__(self) -> str:
        return "<from settings>"


FROM_SETTINGS: Final = FromSettings.FROM_SETTINGS
"""Stands for an argument that was not given, where `None` means something: look into the environment and the files."""


@frozen(kw_only=True)
class Settings:
    """What a client is made with.

    Args:
        api_key: The key.
        base_url: The root of the API's host, without a slash at its end.
        timeout: Seconds that a call may take.
        rate_limit: Calls in any window; `None` for no limit.
        budget: Tokens to spend at most; `None` for no cap.
        store: Where limits and books are kept.
        v1_dialect: How calls of the API's first version are spelled.
        sources: Where each of them comes from: `argument`, a variable's name, a file's path, or `default`.
    """

    api_key: Secret
    base_url: str
    timeout: float | Timeout
    rate_limit: RateLimit | str | None
    budget: Budget | float | Iterable[Budget | float] | None
    store: Store | str
    v1_dialect: str
    sources: Mapping[str, str] = field(repr=False)


def find_settings(
    *,
    api_key: str | Secret | FromSettings | None = FROM_SETTINGS,
    base_url: str | FromSettings | None = FROM_SETTINGS,
    timeout: float | Timeout | FromSettings = FROM_SETTINGS,
    rate_limit: RateLimit | str | FromSettings | None = FROM_SETTINGS,
    budget: Budget | float | Iterable[Budget | float] | FromSettings | None = FROM_SETTINGS,
    store: Store | str | FromSettings = FROM_SETTINGS,
    v1_dialect: str | FromSettings = FROM_SETTINGS,
) -> Settings:
    """Find the settings of a client: arguments count more than the environment, and that more than files.

    The files are `imagine.toml` in the working directory, then the user's: `imagine/imagine.toml` in
    `$XDG_CONFIG_HOME`, `~/.config` or `%APPDATA%`. They are merged key by key; of two budgets the lower counts,
    and of two stores the user's.
    `IMAGINE_CONFIG` names another file instead; where it is empty, there are none. A file is read once in a process:
    what a client costs on an event loop is a question to the file system for each of the two.

    Args:
        api_key: The key; `None`, too, means to look for it.
        base_url: The root of the API's host; `None`, too, means to look for it.
        timeout: Passed on as it is, like those that follow.
        rate_limit: A limit, or `None` for none.
        budget: Tokens, or `None` for no cap.
        store: Where limits and books are kept.
        v1_dialect: How calls of the API's first version are spelled.

    Returns:
        The settings, and where they come from.

    Raises:
        ConfigurationError: There is no key, a setting cannot be read, or a file in the working directory would send
            the user's key to a foreign host.
    """
    # From here on no frame holds the bare key.
    key = api_key if api_key is None or isinstance(api_key, FromSettings) else Secret.of(api_key)
    del api_key
    lookup = _Lookup()
    urls = lookup.find(table.BASE_URL, base_url or None, none_is_given=False)
    keys = lookup.find(table.API_KEY, key, none_is_given=False)
    chosen = {
        "timeout": lookup.find(table.TIMEOUT, timeout),
        "rate_limit": lookup.find(table.RATE_LIMIT, rate_limit),
        "budget": lookup.find(table.BUDGET, budget),
        "store": lookup.find(table.STORE, store),
        "v1_dialect": lookup.find(table.V1_DIALECT, v1_dialect),
    }
    root = checked_base_url(urls.value)
    found_key = _checked_key(keys.value)
    _refuse_to_send_away(found_key=keys, url=root, found_url=urls)
    return Settings(
        api_key=found_key,
        base_url=root,
        **{name: found.value for name, found in chosen.items()},
        sources={name: found.source for name, found in [("api_key", keys), ("base_url", urls), *chosen.items()]},
    )


@frozen(eq=False, repr=False, slots=False)
class _Found(Generic[T]):
    value: T
    source: str
    file: SettingsFile | None = None


class _Lookup:
    """One search; the files are looked for when the first setting asks for them."""

    def __init__(self) -> None:
        self._files: tuple[SettingsFile, ...] | None = None

    def find(self, setting: Setting[T], argument: Any, *, none_is_given: bool = True) -> _Found[Any]:
        if not isinstance(argument, FromSettings) and (none_is_given or argument is not None):
            return _Found(argument, "argument")
        return _in_environment(setting) or self._in_files(setting) or _Found(setting.default, "default")

    def _in_files(self, setting: Setting[T]) -> _Found[T] | None:
        if self._files is None:
            self._files = settings_files()
        found = [
            _Found(cast("T", file.values[setting.name]), str(file.path), file)
            for file in self._files
            if setting.name in file.values
        ]
        if setting is table.STORE:
            # Nor may such a file begin new books, in which nothing is spent yet, where the user keeps some.
            found.sort(key=lambda each: each.file is not None and each.file.is_found_here)
        if setting is table.BUDGET:
            # A file that came with somebody else's directory may lower what the user spends at most, never raise it.
            found.sort(key=_cap)
        return found[0] if found else None


def _cap(found: _Found[Any]) -> float:
    return inf if found.value is None else float(found.value)


def _in_environment(setting: Setting[T]) -> _Found[T] | None:
    if setting.variable is None or not os.environ.get(setting.variable, "").strip():
        return None
    try:
        return _Found(setting.read_text(os.environ[setting.variable].strip()), setting.variable)
    except ValueError as error:
        advice = str(error)
    raise ConfigurationError(f"{setting.variable}={os.environ[setting.variable]!r}: {advice}")


def _refuse_to_send_away(*, found_key: _Found[Any], url: str, found_url: _Found[Any]) -> None:
    """Keep a file that came with somebody else's directory from sending the user's key to somebody else's host."""
    file = found_url.file
    if file is None or not file.is_found_here or found_key.file is file or is_the_vendors_or_loopback(url):
        return
    host = urlsplit(url).hostname
    raise ConfigurationError(
        f"{file.path} sets base_url to the host {host}, and the API key comes from another source "
        f"({found_key.source}): a file in the working directory may not send your key to a host of its choice. "
        f"If you trust {host}, set {table.BASE_URL_VARIABLE} or pass base_url="
    )


def _checked_key(secret: Secret | None) -> Secret:
    stripped = _stripped(secret)
    problem = _problem_with(stripped)
    if problem:
        raise ConfigurationError(problem)
    return stripped


def _stripped(secret: Secret | None) -> Secret:
    value: Any = secret.reveal() if secret is not None else ""
    return Secret(value.strip() if isinstance(value, str) else value)


def _problem_with(secret: Secret) -> str | None:
    """Judge a key in a frame of its own: the one that raises shows its local variables to some tools."""
    key: Any = secret.reveal()
    if not isinstance(key, str):
        return f"api_key is of type {type(key).__name__}: pass a text"
    if not key:
        return _NO_KEY
    if not (key.isascii() and key.isprintable() and " " not in key):
        return "the API key holds characters that cannot stand in a header; copy it again"
    return None
