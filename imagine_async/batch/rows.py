"""One row of a batch: a request, and what goes with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from attrs import define, field, frozen

from imagine_async.errors import ImagineError
from imagine_async.requests import Request

__all__ = ["Row", "RowError", "RowInput", "UnreadRow", "to_tags"]


class RowError(ImagineError, ValueError):
    """A row cannot be used; nothing was sent for it.

    Args:
        reason: What is wrong with it, and what is allowed.
        line: Its line in the manifest, from 1; `None` where it has none.
        field: The field that was refused; `None` where it is the row as a whole.
    """

    def __init__(self, reason: str, *, line: int | None = None, field: str | None = None) -> None:
        place = "" if line is None else f"line {line}: "
        super().__init__(f"{place}{'' if field is None else f'{field}: '}{reason}")
        self.reason = reason
        self.line = line
        self.field = field


def to_tags(value: object) -> tuple[str, ...]:
    """Check labels.

    Args:
        value: A text, or several.

    Raises:
        RowError: One of them is no text, empty, or longer than 200 characters.
    """
    if value == ():
        return ()
    tags = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else None
    if tags is None or not all(isinstance(tag, str) and 0 < len(tag) <= 200 for tag in tags):
        raise RowError("pass a list of texts of 1 to 200 characters", field="tags")
    return tags


@frozen(kw_only=True)
class Row:
    """One row of a batch.

    Args:
        request: What to do.
        id: A name for the row, by which other rows take its picture, and by which the journal finds it again; unique
            within the batch.
        name: The name of its file, without suffix; may hold folders, as in `animals/fox`. `None` takes the batch's
            name template.
        tags: Labels to find it by, in the gallery and in exports.
        line: Its line in the manifest, from 1.

    Raises:
        RowError: A tag is no text.
    """

    request: Request[Any]
    id: str | None = None
    name: str | None = None
    tags: tuple[str, ...] = field(default=(), converter=to_tags)
    line: int | None = None


# The fields that hold pictures, in all calls of v2 and v1.
_PICTURES = (b'"image"', b'"mask"', b"\\")


@define(kw_only=True, eq=False)
class UnreadRow:
    """A row of a manifest that is only read if it has to be: one that is done already need not be.

    Not to be changed; but a frozen class takes three times as long to make, and a finished million has as many.

    Args:
        fingerprint: 16 bytes; two rows with the same one are the same row.
        read: Reads it; raises `RowError` if it cannot be used.
        line: Its line in the manifest, from 1.
        raw: Its bytes, where they are at hand; without `"image"` or `"mask"` in them it names no file, and is read
            without the help of a worker thread.
    """

    fingerprint: bytes
    read: Callable[[], Row]
    line: int | None = None
    raw: bytes | None = field(default=None, repr=False)

    @property
    def may_block(self) -> bool:
        """Whether reading it may look into files."""
        return self.raw is None or any(word in self.raw for word in _PICTURES)


RowInput: TypeAlias = "Request[Any] | Row | UnreadRow | Mapping[str, Any]"
"""What a batch takes: a request, a row, or a mapping with the members of a manifest's row."""
