"""The rows of a gallery as scripts, 1,000 rows each: a page that was opened from the disk can load nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from imagine_async import files
from imagine_async.batch.exports.columns import as_values
from imagine_async.batch.gallery.folder import inner, is_video, url_of
from imagine_async.batch.records import RowRecord

__all__ = ["ROWS_PER_CHUNK", "prune_chunks", "write_chunk"]

ROWS_PER_CHUNK = 1000
"""Rows in one script."""

_ERROR_LETTERS = 400
_TEXT_LETTERS = 10_000


def write_chunk(
    folder: Path, number: int, records: Sequence[RowRecord], thumbs: Sequence[PurePosixPath | None]
) -> None:
    """Write rows as two scripts: `rows-0001.js`, which shows and finds them, and `facts-0001.js`, with all facts.

    Args:
        folder: Where the scripts go.
        number: Which chunk this is, from 1.
        records: The rows.
        thumbs: Their thumbnails.
    """
    rows = [_row(record, thumb) for record, thumb in zip(records, thumbs, strict=True)]
    facts = [[record.key, _shortened(as_values(record))] for record in records]
    _write(folder / f"rows-{number:04}.js", "takeRows", number, rows)
    _write(folder / f"facts-{number:04}.js", "takeFacts", number, facts)


def prune_chunks(folder: Path, count: int) -> None:
    """Remove the chunks of a gallery that was longer.

    Args:
        folder: Where the scripts are.
        count: Chunks that are still there.
    """
    for kind in ("rows", "facts"):
        for path in folder.glob(f"{kind}-*.js"):
            number = path.stem.partition("-")[2]
            if number.isdecimal() and int(number) > count:
                path.unlink(missing_ok=True)


def _row(record: RowRecord, thumb: PurePosixPath | None) -> list[Any]:
    """Return what `static/rows.js` reads, in its order."""
    file = inner(record.file)
    return [
        record.position,
        record.key,
        str(record.state),
        record.id,
        None if file is None else url_of(file),
        None if thumb is None else url_of(thumb),
        int(file is not None and is_video(file)),
        record.width,
        record.height,
        record.endpoint,
        record.prompt,
        record.style,
        _number(record.tokens),
        record.seed,
        _number(record.changed_at),
        record.tags,
        record.error and record.error[:_ERROR_LETTERS],
    ]


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 3)


def _shortened(value: Any) -> Any:
    """Return facts without the bytes of pictures: a request may hold them, and a page of them would be a burden."""
    match value:
        case str() if len(value) > _TEXT_LETTERS:
            return f"{value[:100]}… ({len(value):,} characters)"
        case Mapping():
            return {str(name): _shortened(each) for name, each in value.items()}
        case list() | tuple():
            return [_shortened(each) for each in value]
        case float() if not math.isfinite(value):
            return None
    return value


def _write(path: Path, function: str, number: int, values: Iterable[Any]) -> None:
    # JSON within a text: a member that is called `__proto__` stays a member, and it is parsed faster than a script.
    text = json.dumps(
        json.dumps(list(values), ensure_ascii=False, separators=(",", ":"), default=str), ensure_ascii=False
    )
    # Half a surrogate pair has no bytes in UTF-8; within the script's text its escape means the same.
    content = f"{function}({number},{text});\n".encode(errors="backslashreplace")
    files.write_whole(path, [content], overwrite=True)
