"""The page's style sheet and scripts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from attrs import frozen

__all__ = ["Asset", "assets"]

_FOLDER = Path(__file__).parent / "static"
# Not by `mimetypes`, which believes what the machine's registry says.
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}


@frozen
class Asset:
    """One file.

    Args:
        content: Its text.
        media_type: What it is.
    """

    content: str
    media_type: str


@cache
def assets() -> Mapping[str, Asset]:
    """Read all files, by their names."""
    return {path.name: Asset(path.read_text("utf-8"), _MEDIA_TYPES[path.suffix]) for path in _FOLDER.iterdir()}
