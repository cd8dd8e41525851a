"""Rows as CSV that a spreadsheet can open without running what stands in it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any, TextIO

from imagine_async.batch.exports.columns import COLUMNS, as_values, json_text, utf8_text
from imagine_async.batch.records import RowRecord

__all__ = ["from_cell", "write_csv"]

_MARK = "'"
# OWASP, "CSV Injection"; the wide forms are read as formulas in some East Asian versions.
_BEGIN_FORMULAS = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BEGIN_CELLS = ("\t", "\r", "\n")


def write_csv(records: Iterable[RowRecord], stream: TextIO) -> int:
    """Write rows as CSV (RFC 4180), after a line with the names of the columns.

    A text that a spreadsheet would take for a formula gets a single quote before it, and so does a text that begins
    with a single quote: who reads the file by program drops one quote from the beginning of a text, as `from_cell`
    does, and has the very text. Tags and request are JSON. Half a surrogate pair in a text becomes U+FFFD.

    Args:
        records: The rows; one at a time is held in memory.
        stream: Where they go: a file that was opened with `newline=""` and `encoding="utf-8"`, or `"utf-8-sig"`, by
            which Excel knows UTF-8.

    Returns:
        How many rows were written.
    """
    writer, count = csv.writer(stream), 0
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow([_cell(value) for value in as_values(record).values()])
        count += 1
    return count


def from_cell(cell: str) -> str:
    """Return the text that `write_csv` wrote into a cell.

    Args:
        cell: As a CSV reader returns it.
    """
    return cell.removeprefix(_MARK)


def _cell(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        value = json_text(value)
    return _harmless(value) if isinstance(value, str) else value


def _harmless(text: str) -> str:
    whole = utf8_text(text)
    # Some programs drop the blanks at a cell's beginning, and then find a formula.
    is_risky = whole.lstrip().startswith(_BEGIN_FORMULAS) or whole.startswith((*_BEGIN_CELLS, _MARK))
    return f"{_MARK}{whole}" if is_risky else whole
