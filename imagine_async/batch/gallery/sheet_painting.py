"""The painting of a contact sheet; imported only where one is painted, because it needs Pillow."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont, ImageOps

from imagine_async.batch.gallery.sheet_layout import Layout, Tile

__all__ = ["paint"]

_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_PAPER, _INK, _SOFT, _EMPTY = "#faf8f5", "#1c1b1a", "#5f5a53", "#e9e5dd"
_LINES = 2
# It knows more alphabets than the font that comes with Pillow.
_FONT = "DejaVuSans.ttf"


def paint(tiles: Sequence[Tile], layout: Layout) -> Image.Image:
    """Paint a sheet.

    Args:
        tiles: The pictures, no more than the layout has squares; they are opened one at a time.
        layout: Where they stand.

    Returns:
        The sheet.
    """
    sheet = Image.new("RGB", layout.size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, tile in enumerate(tiles):
        left, top = layout.corner(place)
        face = _face(tile, layout.side)
        offset = (left + (layout.side - face.width) // 2, top + (layout.side - face.height) // 2)
        sheet.paste(face, offset, face if face.mode == "RGBA" else None)
        if layout.caption:
            _write(draw, (left, top + layout.side + layout.gap // 2), tile.caption, layout.side, layout.caption // 3)
    return sheet


def _face(tile: Tile, side: int) -> Image.Image:
    if tile.is_video:
        return _said("Video", side)
    try:
        return _small(tile, side)
    except Exception:
        # Whatever one file does to the decoder, the others are painted.
        return _said("No picture", side)


def _small(tile: Tile, side: int) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(tile.path) as picture:
            picture.draft("RGB", (side, side))
            fitted = ImageOps.contain(ImageOps.exif_transpose(picture), (side, side))
    return fitted.convert("RGBA" if fitted.has_transparency_data else "RGB")


def _said(text: str, side: int) -> Image.Image:
    face = Image.new("RGB", (side, side), _EMPTY)
    ImageDraw.Draw(face).text((side // 2, side // 2), text, fill=_SOFT, font=_font(max(9, side // 14)), anchor="mm")
    return face


def _write(draw: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, width: int, height: int) -> None:
    font = _font(max(9, int(height * 0.85)))
    for number, line in enumerate(_lines(text, font, width)):
        draw.text((corner[0], corner[1] + number * height), line, fill=_INK, font=font)


def _lines(text: str, font: _Font, width: int) -> list[str]:
    """Break a text at blanks, or within a word that is longer than a line; what does not fit ends in an ellipsis."""
    rest = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:500]).split())
    lines: list[str] = []
    while rest and len(lines) < _LINES:
        line = _beginning(rest, font, width, is_last=len(lines) == _LINES - 1)
        lines.append(line)
        rest = rest[len(line) :].lstrip()
    return lines


def _beginning(text: str, font: _Font, width: int, *, is_last: bool) -> str:
    if font.getlength(text) <= width:
        return text
    fitting = next(end for end in range(len(text) - 1, -1, -1) if font.getlength(f"{text[:end]}…") <= width or end <= 1)
    if is_last:
        return f"{text[:fitting].rstrip()}…"
    blank = text.rfind(" ", 0, fitting + 1)
    return text[:blank] if blank > 0 else text[:fitting]


@cache
def _font(size: int) -> _Font:
    try:
        return ImageFont.truetype(_FONT, size)
    except OSError:
        return ImageFont.load_default(size)
