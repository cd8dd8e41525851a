"""The columns of an export, and what stands in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from imagine_async.batch.records import RowRecord

__all__ = ["COLUMNS", "as_values", "iso_time", "json_text", "utf8_text"]

COLUMNS: Mapping[str, type] = MappingProxyType(
    {
        "position": int,
        "line": int,
        "id": str,
        "state": str,
        "file": str,
        "size": int,
        "sha256": str,
        "width": int,
        "height": int,
        "endpoint": str,
        "prompt": str,
        "style": str,
        "aspect_ratio": str,
        "seed": int,
        "tokens": float,
        "elapsed_seconds": float,
        "attempts": int,
        "error": str,
        "tags": tuple,
        "job": str,
        "changed_at": str,
        "request": dict,
    }
)
"""The columns in their order, and what kind of value stands in each; everything but `attempts` may be `None`."""


def as_values(record: RowRecord) -> dict[str, Any]:
    """Return what an export tells of a row.

    Args:
        record: The row.

    Returns:
        Values by column, in the order of `COLUMNS`: `tags` a list, `request` a mapping, times as ISO 8601 in UTC.
    """
    return {name: _value(record, name) for name in COLUMNS}


def iso_time(seconds: float) -> str | None:
    """Write a time as ISO 8601 in UTC, to the millisecond.

    Args:
        seconds: Since the epoch; 0 where nobody knows.

    Returns:
        The text; `None` where nobody knows, or the calendar ends before.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds") if seconds else None
    except (OverflowError, OSError, ValueError):
        return None


def json_text(value: Any) -> str:
    """Write JSON on one line that every stream of UTF-8 can take.

    Args:
        value: What JSON can hold; other values, such as a path, are written as text.

    Returns:
        JSON; half a surrogate pair, which UTF-8 has no bytes for, is escaped.
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text.encode(errors="backslashreplace").decode()


def utf8_text(text: str) -> str:
    """Return a text that UTF-8 has bytes for.

    Args:
        text: Anything, for example a file's name that is no valid text.

    Returns:
        The text, with U+FFFD for each half of a surrogate pair.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _value(record: RowRecord, name: str) -> Any:
    special = _SPECIAL.get(name)
    return getattr(record, name) if special is None else special(record)


def _of_request(record: RowRecord, name: str) -> Any:
    return None if record.request is None else record.request.get(name)


_SPECIAL: Mapping[str, Callable[[RowRecord], Any]] = {
    "state": lambda record: str(record.state),
    "sha256": lambda record: record.digest,
    "elapsed_seconds": lambda record: record.elapsed,
    "aspect_ratio": lambda record: _of_request(record, "aspect_ratio"),
    "tags": lambda record: list(record.tags),
    "changed_at": lambda record: iso_time(record.changed_at),
    "request": lambda record: None if record.request is None else dict(record.request),
}
