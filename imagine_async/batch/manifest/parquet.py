"""Manifests in Parquet, read in small batches. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from math import isnan
from typing import Any

from attrs import define, field

from imagine_async.batch.manifest.columns import check_columns
from imagine_async.batch.manifest.fingerprints import fingerprinter
from imagine_async.batch.manifest.parsing import RowParser
from imagine_async.batch.manifest.plain_rows import bytes_of
from imagine_async.batch.manifest.source import Source
from imagine_async.batch.rows import Row, UnreadRow
from imagine_async.errors import MissingExtraError

__all__ = ["ParquetRows"]

_BATCH_ROWS = 1000
_BATCH_BYTES = 4 * 2**20


@define(kw_only=True)
class ParquetRows:
    """The rows of a Parquet file, in its order; their lines are their numbers, from 1.

    Args:
        source: Where it lies.
        total: How many rows it has.
        batch_rows: How many of them are decoded at once.
    """

    source: Source
    total: int
    batch_rows: int
    _parser: RowParser = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._parser = RowParser(self.source.folder, is_flat=True)

    @classmethod
    def open(cls, source: Source) -> ParquetRows:
        """Look at a file's columns.

        Args:
            source: Where it lies.

        Returns:
            Its rows.

        Raises:
            ManifestError: It is no Parquet, or has a column that no row can have.
            MissingExtraError: The extra is not installed.
        """
        if source.is_stream:
            raise source.error("Parquet cannot be read from a pipe: its index stands at its end; write it to a file")
        with _opened(source) as file:
            check_columns(list(file.schema_arrow.names), source)
            return cls(source=source, total=file.metadata.num_rows, batch_rows=_batch_rows(file.metadata))

    def __iter__(self) -> Iterator[UnreadRow]:
        """Yield the rows, unread."""
        fingerprint, read = fingerprinter("parquet"), self._read
        for line, members in enumerate(self._members(), 1):
            yield UnreadRow(fingerprint=fingerprint(bytes_of(members)), read=partial(read, members, line), line=line)

    def count(self) -> int:
        """Tell how many rows there are."""
        return self.total

    def _members(self) -> Iterator[dict[str, Any]]:
        with _opened(self.source) as file:
            for batch in file.iter_batches(batch_size=self.batch_rows):
                yield from map(_without_nulls, batch.to_pylist())

    def _read(self, members: Mapping[str, Any], line: int) -> Row:
        return self._parser.parse(members, line)


@contextmanager
def _opened(source: Source) -> Iterator[Any]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtraError("a manifest in Parquet", "parquet") from None
    try:
        # Not ahead of what is asked for: a column of pictures may be larger than the memory.
        with pq.ParquetFile(source.path, pre_buffer=False, buffer_size=2**20) as file:
            yield file
    except (OSError, pa.ArrowException) as problem:
        raise source.error(f"the file cannot be read as Parquet: {problem}") from problem


def _batch_rows(metadata: Any) -> int:
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    largest = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(largest, 1)))


def _without_nulls(members: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a row does not have, also within a structure, where each row has all members."""
    return {name: _given(value) for name, value in members.items() if not _is_null(value)}


def _given(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: member for name, member in value.items() if member is not None}


def _is_null(value: Any) -> bool:
    # Data frames write a missing number as one that is none.
    return value is None or value == "" or (isinstance(value, float) and isnan(value))
