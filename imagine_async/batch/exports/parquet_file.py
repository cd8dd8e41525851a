"""Rows as Parquet."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from imagine_async.batch.exports.columns import COLUMNS, as_values, json_text, utf8_text
from imagine_async.batch.records import RowRecord
from imagine_async.errors import MissingExtraError
from imagine_async.files import write_whole

__all__ = ["write_parquet"]

_ROW_GROUP = 10_000
_PIECE = 1 << 20


def write_parquet(records: Iterable[RowRecord], path: str | os.PathLike[str]) -> int:
    """Write rows as Parquet; needs the extra `parquet`.

    Tags are a list of texts, and the request is JSON. Half a surrogate pair in a text becomes U+FFFD.

    Args:
        records: The rows; 10,000 at a time are held in memory, and make a row group.
        path: The file; one that exists is replaced once all rows are written.

    Returns:
        How many rows were written.

    Raises:
        MissingExtraError: The extra `parquet` is not installed.
    """
    pyarrow, parquet = _library()
    schema, target, count = _schema(pyarrow), Path(path), 0
    with tempfile.TemporaryFile() as file:
        with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            for rows in _groups(records):
                writer.write_table(pyarrow.Table.from_pylist(rows, schema=schema))
                count += len(rows)
        write_whole(target, _pieces(file), overwrite=True)
    return count


def _library() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("Parquet", "parquet") from None
    return pyarrow, parquet


def _schema(pyarrow: Any) -> Any:
    kinds = {int: pyarrow.int64(), float: pyarrow.float64(), tuple: pyarrow.list_(pyarrow.string())}
    return pyarrow.schema([(name, kinds.get(kind, pyarrow.string())) for name, kind in COLUMNS.items()])


def _groups(records: Iterable[RowRecord]) -> Iterator[Sequence[dict[str, Any]]]:
    rows = (_plain(as_values(record)) for record in records)
    while group := list(islice(rows, _ROW_GROUP)):
        yield group


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    request = values["request"]
    values["request"] = None if request is None else json_text(request)
    return {name: _clean(value) for name, value in values.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return utf8_text(value) if isinstance(value, str) else value


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece
