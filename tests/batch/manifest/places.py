"""Folders with pictures, and manifests in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imagine_async.batch.manifest import ManifestFormat, read_manifest
from imagine_async.batch.rows import Row, RowError
from tests.samples import png_bytes

__all__ = ["asked", "made_folder", "outcomes", "reads", "write"]


def made_folder(folder: Path) -> Path:
    """Put two pictures of the same size into a folder, below `pictures`."""
    (folder / "pictures").mkdir()
    (folder / "pictures" / "fox.png").write_bytes(png_bytes())
    (folder / "pictures" / "mask.png").write_bytes(png_bytes(colour="white"))
    return folder


def write(path: Path, content: str | bytes) -> Path:
    """Write a manifest."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def outcomes(path: Path | str, format: ManifestFormat | None = None) -> list[Row | RowError]:  # noqa: A002
    """Read a manifest to its end: each row, or what is wrong with it."""
    found: list[Row | RowError] = []
    for unread in read_manifest(path, format=format):
        try:
            found.append(unread.read())
        except RowError as error:
            found.append(error)
    return found


def asked(row: Row | RowError) -> Any:
    """Return the request of a row that is good, whose fields depend on its class."""
    assert isinstance(row, Row)
    return row.request


def reads(path: Path | str, format: ManifestFormat | None = None) -> list[Row]:  # noqa: A002
    """Read a manifest whose rows are all good."""
    return [unread.read() for unread in read_manifest(path, format=format)]
