"""What a user chooses about a sink."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["Metadata", "OnCollision"]

OnCollision: TypeAlias = Literal["number", "refuse", "replace"]
"""What to do where there is a file of that name: put a number behind the new one's name, refuse it, or replace it."""
Metadata: TypeAlias = Literal["sidecar", "embedded", "none"]
"""Where the facts go: a JSON file beside the picture, the picture's own metadata, or nowhere."""
