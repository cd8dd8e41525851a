"""What people call a row, and what went wrong with it, in words that every terminal can be given."""

from __future__ import annotations

import re

from imagine_async.batch.records import RowRecord
from imagine_async.cli.output import complain, explain
from imagine_async.cli.tables import visible
from imagine_async.errors import ImagineError

__all__ = ["complain_of", "place_of", "trouble_of"]

_LONGEST = 300


def place_of(record: RowRecord) -> str:
    """Name a row by its id, its line in the manifest, or its place.

    Args:
        record: The row.
    """
    if record.id is not None:
        return f"row {visible(record.id)!r}"
    return f"row {record.position}" if record.line is None else f"line {record.line}"


def complain_of(error: Exception) -> None:
    """Say on the error output what has ended a batch.

    Args:
        error: The error.
    """
    complain(explain(error) if isinstance(error, ImagineError) else f"imagine: {visible(str(error))}")


def trouble_of(error: str | None) -> str:
    """Return what went wrong on one line, shortened where it is long.

    Args:
        error: The error's class and message; `None` where nobody knows.
    """
    # A bad row's error tells the line once more, which is told already.
    words = re.sub(r"^Row(Problems)?Error: (line \d+: )?", "", error or "nobody knows why")
    text = " ".join(visible(words).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
