"""Opening a manifest: its format, and the code that knows it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from imagine_async.batch.manifest.errors import ManifestError
from imagine_async.batch.manifest.json_lines import JsonLines
from imagine_async.batch.manifest.manifest import Manifest, Rows
from imagine_async.batch.manifest.matrix import MatrixRows
from imagine_async.batch.manifest.parquet import ParquetRows
from imagine_async.batch.manifest.source import STDIN, Source, source_of
from imagine_async.batch.manifest.tables import TableRows
from imagine_async.batch.manifest.toml_matrix import load_toml
from imagine_async.batch.manifest.yaml_matrix import load_yaml
from imagine_async.options import choice

__all__ = ["FORMATS", "ManifestFormat", "read_manifest"]

ManifestFormat: TypeAlias = Literal["jsonl", "csv", "tsv", "parquet", "toml", "yaml"]
"""What a manifest can be."""

FORMATS: tuple[ManifestFormat, ...] = get_args(ManifestFormat)

_SUFFIXES: Mapping[str, ManifestFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
}
_OPENERS: Mapping[ManifestFormat, Callable[[Source], Rows]] = {
    "jsonl": JsonLines,
    "csv": lambda source: TableRows(source, "csv"),
    "tsv": lambda source: TableRows(source, "tsv"),
    "parquet": ParquetRows.open,
    "toml": lambda source: MatrixRows.of(load_toml(source), source),
    "yaml": lambda source: MatrixRows.of(load_yaml(source), source),
}
_KNOWN_AT_ONCE = ("parquet", "toml", "yaml")


def read_manifest(
    source: str | os.PathLike[str],
    *,
    format: ManifestFormat | None = None,  # noqa: A002 - as pandas and others call it
) -> Manifest:
    """Open a manifest: JSONL, CSV, TSV, Parquet, or a matrix in TOML or YAML. Blocks.

    No row is read here, but what all of them depend on is checked: that the file can be read, the columns of a table,
    the whole of a matrix. A table that comes out of a pipe is not waited for: its columns are checked when it is
    iterated over.

    Args:
        source: The file's path, or `-` for the standard input.
        format: What the file is; `None` goes by its suffix, and takes the standard input for JSONL.

    Returns:
        The manifest.

    Raises:
        ManifestError: It cannot be read at all; the reason names the column or the member.
        ConfigurationError: There is no such format.
        MissingExtraError: It is Parquet or YAML, and the extra `parquet` or `yaml` is not installed.
    """
    chosen = _format_of(source) if format is None else choice("format", format, FORMATS)
    place = source_of(source)
    place.check(is_text=chosen != "parquet")
    rows = _OPENERS[chosen](place)
    length = rows.count() if chosen in _KNOWN_AT_ONCE else None
    return Manifest(path=place.shown, format=chosen, folder=place.folder, rows=rows, length=length)


def _format_of(source: str | os.PathLike[str]) -> ManifestFormat:
    if source == STDIN:
        return "jsonl"
    found = _SUFFIXES.get(Path(source).suffix.lower())
    if found is None:
        reason = f"its suffix tells no format: name it with one of {', '.join(_SUFFIXES)}, or pass the format"
        raise ManifestError(os.fspath(source), reason)
    return found
