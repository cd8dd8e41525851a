"""Where the pictures of a contact sheet stand."""

from __future__ import annotations

import math
from pathlib import Path

from attrs import frozen

__all__ = ["Layout", "Tile", "layout_for", "most_columns", "most_on_one"]

# WebP ends at 16,383 pixels, and viewers give up soon after.
_MOST_SIDE = 16_000
_MOST_PIXELS = 64_000_000


@frozen(kw_only=True)
class Tile:
    """A picture on a contact sheet.

    Args:
        path: The file.
        caption: What stands below it.
        is_video: Whether it is a video, which is not opened.
    """

    path: Path
    caption: str
    is_video: bool = False


@frozen(kw_only=True)
class Layout:
    """The squares of a contact sheet.

    Args:
        columns: Squares side by side.
        rows: Rows of them.
        side: Pixels of a square's side.
        gap: Pixels between squares, and around them.
        caption: Pixels below each square for its caption; 0 for none.
    """

    columns: int
    rows: int
    side: int
    gap: int
    caption: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet in pixels."""
        width = self.gap + self.columns * (self.side + self.gap)
        return width, self.gap + self.rows * (self.side + self.caption + self.gap)

    @property
    def fits(self) -> bool:
        """Whether the sheet is within the limits."""
        return max(self.size) <= _MOST_SIDE and math.prod(self.size) <= _MOST_PIXELS

    def corner(self, place: int) -> tuple[int, int]:
        """Return the left upper corner of a square.

        Args:
            place: Which one, from 0, row by row.
        """
        down, across = divmod(place, self.columns)
        return self.gap + across * (self.side + self.gap), self.gap + down * (self.side + self.caption + self.gap)


def layout_for(count: int, *, side: int, captions: bool, columns: int | None) -> Layout:
    """Arrange pictures.

    Args:
        count: How many, 1 or more.
        side: Pixels of a square's side.
        captions: Whether there is room for captions.
        columns: Squares side by side; `None` for a sheet that is about square.

    Returns:
        The layout.
    """
    across = math.ceil(math.sqrt(count)) if columns is None else columns
    return _layout(across, math.ceil(count / across), side, captions)


def most_columns(side: int) -> int:
    """Tell how many pictures fit side by side.

    Args:
        side: Pixels of a square's side.
    """
    gap = _layout(1, 1, side, captions=False).gap
    return (_MOST_SIDE - gap) // (side + gap)


def most_on_one(side: int, *, captions: bool, columns: int | None) -> int:
    """Tell how many pictures fit on one sheet.

    Args:
        side: Pixels of a square's side.
        captions: Whether there is room for captions.
        columns: Squares side by side; `None` for a sheet that is about square.
    """
    rows = 1
    while _layout(columns or rows + 1, rows + 1, side, captions).fits:
        rows += 1
    return (columns or rows) * rows


def _layout(columns: int, rows: int, side: int, captions: bool) -> Layout:
    return Layout(columns=columns, rows=rows, side=side, gap=max(4, side // 20), caption=max(34, side // 6) * captions)
