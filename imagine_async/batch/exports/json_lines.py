"""Rows as JSON lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from imagine_async.batch.exports.columns import as_values, json_text
from imagine_async.batch.records import RowRecord

__all__ = ["write_jsonl"]


def write_jsonl(records: Iterable[RowRecord], stream: TextIO) -> int:
    """Write rows as JSON, one a line, with all columns.

    Args:
        records: The rows; one at a time is held in memory.
        stream: Where they go, for example a file that was opened with `encoding="utf-8"`.

    Returns:
        How many rows were written.
    """
    count = 0
    for record in records:
        stream.write(f"{json_text(as_values(record))}\n")
        count += 1
    return count
