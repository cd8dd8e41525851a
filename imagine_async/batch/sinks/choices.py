"""What a user chooses about a sink."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from imagine_async.errors import ConfigurationError

__all__ = ["Metadata", "OnCollision", "check_choices"]

OnCollision: TypeAlias = Literal["number", "refuse", "replace"]
"""What to do where there is a file of that name: put a number behind the new one's name, refuse it, or replace it."""
Metadata: TypeAlias = Literal["sidecar", "embedded", "none"]
"""Where the facts go: a JSON file beside the picture, the picture's own metadata, or nowhere."""


def check_choices(on_collision: str, metadata: str) -> None:
    """See that there are such choices.

    Args:
        on_collision: One of `OnCollision`.
        metadata: One of `Metadata`.

    Raises:
        ConfigurationError: There is no such choice; says which there are.
    """
    for name, value, kind in (("on_collision", on_collision, OnCollision), ("metadata", metadata, Metadata)):
        if value not in get_args(kind):
            known = ", ".join(map(repr, get_args(kind)))
            raise ConfigurationError(f"{name}={value!r}: pass one of {known}")
