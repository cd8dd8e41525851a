"""Folders as batches leave them: small pictures, and the records of their rows."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from imagine_async.batch.records import RowRecord, RowState

STYLES = ("anime", "realistic", "flux-schnell")
TAGS = ("autumn", "winter", "cover")
SIZES = ((64, 64), (96, 64), (64, 96), (120, 40))
START = 1_700_000_000.0


def record(position: int = 0, **changes: Any) -> RowRecord:
    """Make the record of a row that is done."""
    prompt = changes.pop("prompt", f"a red fox, number {position}")
    style = changes.pop("style", STYLES[position % 3])
    endpoint = changes.pop("endpoint", "text_to_image")
    usual: dict[str, Any] = {
        "position": position,
        "key": hashlib.md5(str(position).encode()).hexdigest(),
        "state": RowState.DONE,
        "line": position + 1,
        "request": {"endpoint": endpoint, "prompt": prompt, "style": style, "aspect_ratio": "1:1"},
        "seed": position,
        "tokens": 5.0,
        "attempts": 1,
        "changed_at": START + position,
    }
    return RowRecord(**(usual | changes))


def paint(path: Path, size: tuple[int, int] = (64, 64), color: str = "#c9673f", **options: Any) -> dict[str, Any]:
    """Write a picture, and return what its record says of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path, **options)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return {"size": len(content), "digest": digest, "width": size[0], "height": size[1]}


def done(folder: Path, position: int, file: str, **changes: Any) -> RowRecord:
    """Write a picture into a folder, and return the record of its row."""
    return record(position, file=file, **(paint(folder / file, color=f"#{position * 7919 % 0xFFFFFF:06x}") | changes))


def many(folder: Path, count: int) -> Iterator[RowRecord]:
    """Yield rows, nine in ten done with pictures that are links to a few; their prompts tell their places."""
    paths = [folder / f"models/{n}.jpg" for n in range(40)]
    models = [(path, paint(path, SIZES[n % 4], f"hsl({n * 9}, 60%, 50%)")) for n, path in enumerate(paths)]
    (folder / "rows").mkdir()
    for position in range(count):
        yield _one_of_many(folder, position, *models[position % len(models)])


def _one_of_many(folder: Path, position: int, model: Path, facts: dict[str, Any]) -> RowRecord:
    tags = (TAGS[position % 3], *(["first"] if position < 100 else []))
    others = {"tags": tags, "id": f"row {position:05}", "tokens": float(position % 7)}
    if position % 10 == 4:
        return record(position, state=RowState.FAILED, error=f"BadRequestError: row {position}", **others)
    if position % 100 == 7:
        return record(position, state=RowState.UNKNOWN, error="DisconnectedError: in mid-call", **others)
    file = f"rows/{position:05}.jpg"
    os.link(model, folder / file)
    endpoint = "upscale" if position % 5 == 0 else "text_to_image"
    prompt = f"Ein Füchslein im Schnee, {position}" if position % 50 == 0 else f"a red fox, number {position}"
    return record(position, file=file, endpoint=endpoint, prompt=prompt, **others, **facts)
