"""Tables of names and numbers, for a terminal and as CSV."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Collection, Iterable, Sequence
from math import isfinite
from typing import TypeAlias

from rich.cells import cell_len

__all__ = ["Cell", "as_csv", "as_number", "as_table", "as_text", "visible", "write_raw"]

Cell: TypeAlias = str | float | None
"""A name, a number, or nothing."""

_DIGITS = 6
_GAP = "  "
_NOTHING = "-"
# OWASP, "CSV Injection"; the wide forms are read as formulas in some East Asian versions.
_BEGIN_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BEGIN_CELLS = ("\t", "\r", "\n")


def visible(text: str) -> str:
    """Return a text that every terminal can be given: on one line, and without what steers a terminal.

    Args:
        text: Anything, for example a tag that another program chose.
    """
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    encoding = sys.stdout.encoding or "utf-8"
    return printable.encode(encoding, errors="replace").decode(encoding)


def as_number(value: float) -> int | float | None:
    """Return a number for JSON: whole where it is whole, and without the dust of sums of fractions.

    Args:
        value: A number; one without end becomes `None`, because JSON has none.
    """
    if not isfinite(value):
        return None
    rounded = round(value, _DIGITS)
    return int(rounded) if rounded == int(rounded) else rounded


def as_text(value: float) -> str:
    """Return a number as text, with all its digits and no exponent.

    Args:
        value: A number.
    """
    number = as_number(value)
    return (
        f"{number:.{_DIGITS}f}".rstrip("0") if isinstance(number, float) else str(value if number is None else number)
    )


def write_raw(text: str) -> None:
    """Write a text to the standard output as it stands, with its own ends of lines.

    Args:
        text: The text.
    """
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", errors="replace"))
    sys.stdout.flush()


def as_table(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, numbers: Collection[str]) -> str:
    """Lay out a table for a terminal.

    Rich's own tables wrap and cut cells at the terminal's width, which would spoil ids that are to be copied and lines
    that another program reads.

    Args:
        header: The names of the columns.
        rows: Their cells.
        numbers: Which columns are aligned to the right.

    Returns:
        Lines that end in no blanks.
    """
    lines = [tuple(header), *(tuple(_shown(cell) for cell in row) for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    right = [name in numbers for name in header]
    return "\n".join(
        _GAP.join(_aligned(*place) for place in zip(line, widths, right, strict=True)).rstrip() for line in lines
    )


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Write rows as CSV (RFC 4180) that a spreadsheet can open without running what stands in it.

    Args:
        header: The names of the columns.
        rows: Their cells; a name that would begin a formula gets a single quote before it.

    Returns:
        Lines that end in CR LF, as the RFC has it.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([_harmless(cell) if isinstance(cell, str) else _exact(cell) for cell in row] for row in rows)
    return file.getvalue()


def _shown(cell: Cell) -> str:
    if cell is None:
        return _NOTHING
    return visible(cell) if isinstance(cell, str) else as_text(cell)


def _aligned(text: str, width: int, is_right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if is_right else text + blanks


def _exact(cell: float | None) -> str:
    return "" if cell is None else as_text(cell)


def _harmless(name: str) -> str:
    shown = visible(name)
    # Some programs drop the blanks at a cell's beginning, and then find a formula.
    is_risky = shown.lstrip().startswith(_BEGIN_FORMULAS) or name.startswith(_BEGIN_CELLS)
    return f"'{shown}" if is_risky else shown
