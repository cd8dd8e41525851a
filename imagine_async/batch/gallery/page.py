"""A web page of a batch's pictures that opens from the disk."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files as package_files
from itertools import islice
from pathlib import Path, PurePosixPath
from string import Template
from typing import TypeAlias

from imagine_async import files
from imagine_async.batch.gallery.chunks import ROWS_PER_CHUNK, prune_chunks, write_chunk
from imagine_async.batch.gallery.folder import local_folder
from imagine_async.batch.gallery.thumbs import Thumbs, can_make
from imagine_async.batch.gallery.totals import ENDED, Totals
from imagine_async.batch.gallery.workers import Workers
from imagine_async.batch.records import RowRecord
from imagine_async.errors import ConfigurationError
from imagine_async.version import VERSION

__all__ = ["GENERATOR", "write_gallery"]

GENERATOR = "imagine-async gallery"
"""What the page names as its generator, by which it is known again."""

_INDEX = "index.html"
_PARTS = "gallery"
_STYLE = "gallery.css"
# In the order in which they need one another.
_SCRIPTS = ("words.js", "rows.js", "address.js", "finding.js", "cards.js", "facts.js", "viewer.js", "gallery.js")
_NO_EXTRA = (
    'Without thumbnails, which need an extra: pip install "imagine-async[images]". The page shows the pictures '
    "themselves and loads more slowly."
)
_NO_THUMBNAILS = "Without thumbnails, as asked for: the page shows the pictures themselves and loads more slowly."

_ThumbsOf: TypeAlias = Callable[[Sequence[RowRecord]], Sequence[PurePosixPath | None]]


def write_gallery(
    records: Iterable[RowRecord],
    folder: str | os.PathLike[str],
    *,
    title: str = "Batch",
    thumbnails: bool = True,
    workers: int | None = None,
) -> Path:
    """Write `index.html` into the folder of a batch's files, and the page's parts into `gallery/` within it.

    The page works from the disk, without a server. It can be written again while the batch runs: pictures that have a
    thumbnail keep it. Rows that have not ended are only counted.

    Args:
        records: The rows, in the order of the input; some thousand at a time are held in memory.
        folder: Where the files are, on this machine.
        title: The page's heading.
        thumbnails: Whether pictures are shown by thumbnails, 320 pixels high; they need the extra `images`, and without
            it the page says so and shows the pictures themselves.
        workers: Processes that make thumbnails; `None` for as many as this machine has cores, 8 at most.

    Returns:
        The page.

    Raises:
        ConfigurationError: The folder is none of this machine's, or `workers` is below 1.
        FileExistsError: There is an `index.html` that no gallery wrote.
        OSError: The page cannot be written.
    """
    if workers is not None and workers < 1:
        raise ConfigurationError(f"workers={workers}: pass 1 or more, or thumbnails=False")
    place = local_folder(folder)
    index = place / _INDEX
    _refuse_foreign(index)
    (place / _PARTS).mkdir(parents=True, exist_ok=True)
    totals, with_thumbs = Totals(), thumbnails and can_make()
    ended = _ended(records, totals)
    chunks = _write_rows(ended, place, workers) if with_thumbs else _write_chunks(ended, place, _no_thumbs)
    for name in (_STYLE, *_SCRIPTS):
        files.write_whole(place / _PARTS / name, [_static(name)], overwrite=True)
    note = "" if with_thumbs else _NO_EXTRA if thumbnails else _NO_THUMBNAILS
    # Last: a reader finds the old page or the new one, and the new one's parts are there.
    files.write_whole(index, [_page(title, totals, chunks, note).encode(errors="replace")], overwrite=True)
    prune_chunks(place / _PARTS, chunks)
    return index


def _refuse_foreign(index: Path) -> None:
    if index.exists() and GENERATOR.encode() not in index.read_bytes():
        raise FileExistsError(
            f"{index} was not written by a gallery, and would be replaced: move it, or choose another folder"
        )


def _ended(records: Iterable[RowRecord], totals: Totals) -> Iterator[RowRecord]:
    for record in records:
        totals.add(record)
        if record.state in ENDED:
            yield record


def _write_rows(records: Iterator[RowRecord], folder: Path, workers: int | None) -> int:
    """Write all chunks with thumbnails, and return how many."""
    with Workers(workers) as processes:
        thumbs = Thumbs(folder, processes)
        count = _write_chunks(records, folder, thumbs.of)
    thumbs.prune()
    return count


def _write_chunks(records: Iterator[RowRecord], folder: Path, thumbs_of: _ThumbsOf) -> int:
    number = 0
    for number, chunk in enumerate(_chunked(records), 1):
        write_chunk(folder / _PARTS, number, chunk, thumbs_of(chunk))
    return number


def _no_thumbs(records: Sequence[RowRecord]) -> Sequence[None]:
    return [None] * len(records)


def _chunked(records: Iterator[RowRecord]) -> Iterator[list[RowRecord]]:
    while chunk := list(islice(records, ROWS_PER_CHUNK)):
        yield chunk


def _page(title: str, totals: Totals, chunks: int, note: str) -> str:
    nonce = secrets.token_urlsafe(12)
    scripts = "\n".join(f'<script src="{_PARTS}/{name}?{nonce}" nonce="{nonce}" defer></script>' for name in _SCRIPTS)
    return Template(_static("page.html").decode()).substitute(
        chunks=chunks,
        figures="".join(
            f"<div><dt>{escape(what)}</dt><dd>{escape(figure)}</dd></div>" for figure, what in totals.figures()
        ),
        generator=GENERATOR,
        nonce=nonce,
        note=f"<p class=note>{escape(note)}</p>" if note else "",
        rows=totals.shown,
        scripts=scripts,
        title=escape(title),
        version=escape(VERSION),
        written=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _static(name: str) -> bytes:
    return package_files("imagine_async.batch.gallery").joinpath("static", name).read_bytes()
