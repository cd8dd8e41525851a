"""How long a call and its parts may take."""

from __future__ import annotations

from math import isfinite
from typing import Any

from attrs import Attribute, evolve, field, frozen

from imagine_async.errors import ConfigurationError

__all__ = ["Timeout"]


def _is_seconds(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return isfinite(value) and value > 0
    except OverflowError:
        # A whole number that no float can hold.
        return False


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:
        # A whole number of more digits than Python writes.
        text = ""
    return text if 0 < len(text) <= 80 else f"<{type(value).__name__}>"


def _check(_: Any, attribute: Attribute[Any], value: float) -> None:
    if not _is_seconds(value):
        raise ConfigurationError(f"timeout.{attribute.name}={_shown(value)}: pass a number of seconds over 0")


def _check_silence(instance: Any, attribute: Attribute[Any], value: float | None) -> None:
    if value is not None:
        _check(instance, attribute, value)


@frozen
class Timeout:
    """How long a call and its parts may take, in seconds, each over 0.

    Args:
        total: The whole call: waiting for the rate limit, attempts, the waits between them, and the download; for
            videos the polling as well.
        connect: Making a connection, in each attempt.
        read: The longest silence while a reply is awaited or read; `None`: only the total bounds it.
        write: The longest silence while a form is sent; `None`: only the total bounds it.

    Raises:
        ConfigurationError: A value is no number, not over 0, or without end.
    """

    total: float = field(default=300.0, validator=_check)
    connect: float = field(default=5.0, kw_only=True, validator=_check)
    read: float | None = field(default=None, kw_only=True, validator=_check_silence)
    write: float | None = field(default=None, kw_only=True, validator=_check_silence)

    @classmethod
    def of(cls, value: float | Timeout, name: str = "timeout") -> Timeout:
        """Take a timeout, or a number of seconds for the whole call.

        Args:
            value: What the caller passed; a number leaves the other bounds as they are by default.
            name: What it sets, for the error.

        Returns:
            The timeout.

        Raises:
            ConfigurationError: It is neither, or out of range.
        """
        if isinstance(value, Timeout):
            return value
        if not _is_seconds(value):
            raise ConfigurationError(f"{name}={_shown(value)}: pass a number of seconds over 0, or a Timeout")
        return cls(value)

    def with_total(self, seconds: float) -> Timeout:
        """Return the same with another time for the whole call.

        Args:
            seconds: Over 0.

        Returns:
            Another timeout.

        Raises:
            ConfigurationError: The number is out of range.
        """
        return evolve(self, total=seconds)
