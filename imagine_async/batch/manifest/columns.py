"""The columns of a table, checked before its first row is read."""

from __future__ import annotations

from collections.abc import Sequence

from imagine_async.batch.manifest.errors import shown_name
from imagine_async.batch.manifest.members import DEFAULT_ENDPOINT, EXTRA_PREFIX, unknown_columns
from imagine_async.batch.manifest.source import Source
from imagine_async.serialization import REQUEST_CLASSES

__all__ = ["check_columns"]


def check_columns(columns: Sequence[str], source: Source, advice: str = "") -> None:
    """See that every column has a name of its own, which some row can use.

    Args:
        columns: Their names, in order. `extra.NAME` is a further form field.
        source: Where they stand.
        advice: Follows the reason where a column is not known.

    Raises:
        ManifestError: One is without a name, stands twice, or is not known; it is named.
    """
    for place, column in enumerate(columns, 1):
        if not column:
            raise source.error(f"column {place} has no name")
        if column in columns[: place - 1]:
            raise source.error(f"column {place}: {shown_name(column)} stands twice")
    endpoints = REQUEST_CLASSES if "endpoint" in columns else (DEFAULT_ENDPOINT,)
    known = [column for column in columns if not (column.startswith(EXTRA_PREFIX) and column != EXTRA_PREFIX)]
    problems = [f"column {shown_name(name)}: {reason}{advice}" for name, reason in unknown_columns(known, endpoints)]
    if problems:
        raise source.error("; ".join(problems[:10]))
