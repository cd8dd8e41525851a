"""Which cassette belongs to a test."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from imagine_async.testing.cassettes.cassette import Cassette
from imagine_async.testing.markers import CASSETTE

__all__ = ["cassette_of"]

_FOLDER = "cassettes"
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST_NAME = 80
_OPTIONS = ("file", "mode", "ignore", "redact")


def cassette_of(node: pytest.Item) -> Cassette:
    """Make the cassette of a test, not opened yet.

    Args:
        node: The test.

    Raises:
        pytest.UsageError: Its marker cannot be followed.
    """
    options = _marked(node)
    folder = node.path.parent / _FOLDER
    path = folder / (options.pop("file", None) or Path(node.path.stem, f"{_plain(node.name)}.json"))
    if not path.resolve().is_relative_to(folder.resolve()):
        raise pytest.UsageError(f"{node.nodeid}: marker {CASSETTE}: file={str(path)!r} leaves the folder {folder}")
    asked = node.config.getoption("--imagine-record")
    return Cassette(path, **{**options, "mode": asked or options.get("mode") or "none"})


def _marked(node: pytest.Item) -> dict[str, Any]:
    marker = node.get_closest_marker(CASSETTE)
    if marker is None:
        return {}
    if len(marker.args) > 1:
        raise pytest.UsageError(f"{node.nodeid}: marker {CASSETTE}{marker.args!r}: pass one file; all else has a name")
    options = {**dict(zip(_OPTIONS, marker.args, strict=False)), **marker.kwargs}
    for name in options:
        if name not in _OPTIONS:
            raise pytest.UsageError(f"{node.nodeid}: marker {CASSETTE}: {name}: there are {', '.join(_OPTIONS)}")
    return options


def _plain(name: str) -> str:
    """Make a file's name of a test's; where letters get lost, a digest keeps two apart."""
    plain = _UNSAFE.sub("-", name)
    if plain == name and len(name) <= _LONGEST_NAME:
        return name
    return f"{plain[:_LONGEST_NAME].strip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
