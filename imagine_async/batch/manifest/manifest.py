"""A manifest, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from attrs import field, frozen

from imagine_async.batch.rows import UnreadRow

__all__ = ["Manifest", "Rows"]


class Rows(Protocol):
    """The rows of a manifest, in one format."""

    def __iter__(self) -> Iterator[UnreadRow]:
        """Yield the rows, unread, from the first one."""
        ...

    def count(self) -> int | None:
        """Count the rows without reading them; `None` where that is not possible."""
        ...


@frozen(kw_only=True)
class Manifest:
    """The rows of a batch, in a file. Made by `read_manifest`.

    Iterating yields an `UnreadRow` for each, and holds no more than one of them at a time; a file can be iterated over
    any number of times, a pipe once. A row that is wrong raises a `RowError` when it is read, and no other row
    suffers.

    Args:
        path: The file, as it was named; `-` for the standard input.
        format: `jsonl`, `csv`, `tsv`, `parquet`, `toml` or `yaml`.
        folder: What the paths of pictures are relative to: the file's own folder.
        rows: The rows in that format.
        length: How many rows there are, where that is known at once.
    """

    path: str
    format: str
    folder: Path
    _rows: Rows = field(repr=False, alias="rows")
    _length: int | None = field(default=None, repr=False, alias="length")

    def __iter__(self) -> Iterator[UnreadRow]:
        """Yield the rows, unread.

        Raises:
            ManifestError: The file cannot be read any more, or is a pipe that was read already.
        """
        return iter(self._rows)

    def count(self) -> int | None:
        """Count the rows without reading them, which takes a look at the whole file if it is a text. Blocks.

        Returns:
            How many there are; `None` where they come out of a pipe.

        Raises:
            ManifestError: The file cannot be read any more.
        """
        return self._rows.count() if self._length is None else self._length

    def __length_hint__(self) -> int:
        """Tell how many rows there are where that is known at once, for progress."""
        return NotImplemented if self._length is None else self._length
