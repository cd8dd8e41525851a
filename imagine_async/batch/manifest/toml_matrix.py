"""Reading a matrix in TOML."""

from __future__ import annotations

import tomllib
from typing import Any

from imagine_async.batch.manifest.matrix_checks import MOST_BYTES
from imagine_async.batch.manifest.source import Source

__all__ = ["load_toml"]


def load_toml(source: Source) -> dict[str, Any]:
    """Read a file of TOML.

    Args:
        source: The file.

    Raises:
        ManifestError: It cannot be read, or is no TOML; says at which line.
    """
    text = source.text(MOST_BYTES)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        raise source.error(f"this is no TOML: {problem}") from None
