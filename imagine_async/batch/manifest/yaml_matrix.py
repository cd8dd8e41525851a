"""Reading a matrix in YAML. Needs the extra `yaml`."""

from __future__ import annotations

from typing import Any

from imagine_async.batch.manifest.matrix_checks import MOST_BYTES
from imagine_async.batch.manifest.source import Source
from imagine_async.errors import MissingExtraError

__all__ = ["load_yaml"]


def load_yaml(source: Source) -> Any:
    """Read a file of YAML, by version 1.2, in which 16:9 is a text and no a word.

    Args:
        source: The file.

    Returns:
        Its content: plain values, lists and mappings.

    Raises:
        ManifestError: It cannot be read, or is no YAML; says at which line.
        MissingExtraError: The extra is not installed.
    """
    try:
        import yaml

        from imagine_async.batch.manifest.yaml_loader import CoreLoader
    except ImportError:
        raise MissingExtraError("a manifest in YAML", "yaml") from None
    text = source.text(MOST_BYTES)
    try:
        # A loader derived from the safe one, which makes no objects.
        return yaml.load(text, CoreLoader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise source.error(f"this is no YAML: {' '.join(str(problem).split())}") from None
