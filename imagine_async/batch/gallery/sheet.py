"""Contact sheets: the pictures of a batch as one picture, or as several where they are many."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from imagine_async import files
from imagine_async.batch.gallery.folder import inner, is_video, local_folder
from imagine_async.batch.gallery.sheet_layout import Layout, Tile, layout_for, most_columns, most_on_one
from imagine_async.batch.records import RowRecord, RowState
from imagine_async.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["write_contact_sheet"]

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}


def write_contact_sheet(
    records: Iterable[RowRecord],
    folder: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    columns: int | None = None,
    side: int = 256,
    captions: bool = True,
    limit: int = 10_000,
) -> list[Path]:
    """Paint the pictures of all rows that are done on contact sheets; needs the extra `images`.

    Pictures that do not fit on one sheet, of 16,000 pixels a side and 64 million in all, go on further ones, which
    have a number in their names: `sheet.jpg`, `sheet-2.jpg`. One sheet at a time is held in memory. A video, which is
    not opened, and a file that cannot be read have a tile that says so.

    Args:
        records: The rows.
        folder: Where their files are.
        target: The first sheet; its suffix is `.jpg`, `.png` or `.webp`. Sheets that exist are replaced.
        columns: Pictures side by side; `None` for about as many as there are rows of them.
        side: Pixels of the square that each picture is fitted into, 32 to 2048.
        captions: Whether the prompt, or the row's id, stands below each picture.
        limit: Pictures at most; later ones are left out.

    Returns:
        The sheets; none if no row is done.

    Raises:
        ConfigurationError: An argument is out of range, or the folder is none of this machine's.
        MissingExtraError: The extra `images` is not installed.
        OSError: A sheet cannot be written.
    """
    _check(columns, side, limit)
    kind, paths = _format_of(Path(target)), []
    tiles = islice(_tiles(records, local_folder(folder)), limit)
    for number, some in enumerate(_batches(tiles, most_on_one(side, captions=captions, columns=columns)), 1):
        paths.append(_numbered(Path(target), number))
        _save(_paint(some, layout_for(len(some), side=side, captions=captions, columns=columns)), paths[-1], kind)
    return paths


def _check(columns: int | None, side: int, limit: int) -> None:
    if not 32 <= side <= 2048:
        raise ConfigurationError(f"side={side}: pass 32 to 2048 pixels")
    if limit < 1:
        raise ConfigurationError(f"limit={limit}: pass 1 or more pictures")
    most = most_columns(side)
    if columns is not None and not 1 <= columns <= most:
        raise ConfigurationError(f"columns={columns}: pass 1 to {most} for pictures of {side} pixels")


def _format_of(target: Path) -> str:
    kind = _FORMATS.get(target.suffix.lower())
    if kind is None:
        raise ConfigurationError(f"a contact sheet ends in {', '.join(_FORMATS)}, and not in {target.suffix!r}")
    return kind


def _tiles(records: Iterable[RowRecord], folder: Path) -> Iterator[Tile]:
    for record in records:
        file = inner(record.file)
        if record.state is RowState.DONE and file is not None:
            caption = record.prompt or record.id or file.name
            yield Tile(path=folder / file, caption=caption, is_video=is_video(file))


def _batches(tiles: Iterator[Tile], size: int) -> Iterator[Sequence[Tile]]:
    while some := list(islice(tiles, size)):
        yield some


def _numbered(target: Path, number: int) -> Path:
    return target if number == 1 else target.with_name(f"{target.stem}-{number}{target.suffix}")


def _paint(tiles: Sequence[Tile], layout: Layout) -> Image:
    try:
        from imagine_async.batch.gallery.sheet_painting import paint
    except ImportError:
        raise MissingExtraError("a contact sheet", "images") from None
    return paint(tiles, layout)


def _save(sheet: Image, path: Path, kind: str) -> None:
    file = io.BytesIO()
    sheet.save(file, kind, quality=88)
    files.write_whole(path, [file.getvalue()], overwrite=True)
