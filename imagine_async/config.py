"""Settings from arguments and the environment, and the key in a wrapper that does not show it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from imagine_async.catalog import DEFAULT_BASE_URL
from imagine_async.errors import ConfigurationError

__all__ = ["BASE_URL_VARIABLE", "KEY_VARIABLE", "Secret", "find_base_url", "find_key"]

KEY_VARIABLE = "IMAGINE_API_KEY"
BASE_URL_VARIABLE = "IMAGINE_BASE_URL"

_NO_KEY = (
    f"no API key: pass api_key= or set {KEY_VARIABLE}. Keys are made in the Keys tab of https://platform.imagine.art; "
    "without one, AsyncImagine.sandbox() and Imagine.sandbox() run against a local server"
)


class Secret:
    """A text that is not shown by accident: not by `repr`, `str`, formatting, pickling or a traceback's locals.

    Args:
        value: The text.
    """

    __slots__ = ("_reveal",)

    def __init__(self, value: str) -> None:
        # A closure, so that tools that walk over attributes do not meet the text.
        self._reveal: Callable[[], str] = lambda: value

    def reveal(self) -> str:
        """Return the text."""
        return self._reveal()

    def scrub(self, text: str) -> str:
        """Replace the secret wherever it stands in a text.

        Args:
            text: Anything, for example a server's message that repeats the key.

        Returns:
            The text without it.
        """
        return text.replace(self._reveal(), "***")

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._reveal() == other._reveal()

    def __hash__(self) -> int:
        return hash((Secret, self._reveal()))

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Secret cannot be pickled; pass the key to the other process by its environment")


def find_key(argument: str | Secret | None) -> Secret:
    """Find the API key.

    Args:
        argument: What the caller passed; `None` to look into the environment.

    Returns:
        The key, without surrounding white space.

    Raises:
        ConfigurationError: There is none, or it cannot stand in a header.
    """
    secret = _stripped(argument)
    problem = _problem_with(secret)
    if problem:
        raise ConfigurationError(problem)
    return secret


def _stripped(argument: str | Secret | None) -> Secret:
    given = argument.reveal() if isinstance(argument, Secret) else argument
    return Secret((os.environ.get(KEY_VARIABLE, "") if given is None else given).strip())


def _problem_with(secret: Secret) -> str | None:
    """Judge a key in a frame of its own: the one that raises shows its local variables to some tools."""
    key = secret.reveal()
    if not key:
        return _NO_KEY
    if not (key.isascii() and key.isprintable() and " " not in key):
        return "the API key holds characters that cannot stand in a header; copy it again"
    return None


def find_base_url(argument: str | None) -> str:
    """Find the root of the API's host.

    Args:
        argument: What the caller passed; `None` to look into the environment, then take the vendor's.

    Returns:
        The URL without a slash at its end.

    Raises:
        ConfigurationError: It is no http or https URL, or holds more than a root.
    """
    url = (argument or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL).strip().rstrip("/")
    parts = _split(url)
    if parts is None or parts.query or parts.fragment or "@" in parts.netloc:
        shown = "***" if "@" in url else repr(url)
        raise ConfigurationError(f"base_url={shown}: pass the host's root, for example {DEFAULT_BASE_URL}")
    if parts.path.rsplit("/", 1)[-1] in ("v1", "v2"):
        raise ConfigurationError(f"base_url={url!r}: leave the version out; it is part of each call's path")
    return parts.geturl()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if valid and not any(sign.isspace() for sign in url) else None
