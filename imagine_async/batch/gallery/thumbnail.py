"""A small picture of a picture, and the loop of the processes that make them."""

from __future__ import annotations

import json
import secrets
import sys
import warnings
from pathlib import Path
from typing import Any

__all__ = ["HEIGHT", "SUFFIX", "make", "serve"]

HEIGHT = 320
"""Pixels of a thumbnail's height; it is at most twice as wide."""
SUFFIX = ".webp"
"""What a thumbnail's name ends in."""
_QUALITY = 78
_ORIENTATION = 0x0112
_FIRST_ON_ITS_SIDE = 5


def make(source: Path, target: Path) -> None:
    """Make a thumbnail.

    Args:
        source: The picture.
        target: The thumbnail; never seen half.

    Raises:
        Exception: The picture cannot be read, or is so large that it may be made to fill the memory.
    """
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(source) as picture:
            is_on_its_side = picture.getexif().get(_ORIENTATION, 1) >= _FIRST_ON_ITS_SIDE
            box = (HEIGHT, 2 * HEIGHT) if is_on_its_side else (2 * HEIGHT, HEIGHT)
            picture.thumbnail(box, reducing_gap=2.0)
            small = ImageOps.exif_transpose(picture)
    if small.mode not in ("RGB", "RGBA"):
        small = small.convert("RGBA" if small.has_transparency_data else "RGB")
    _save(small, target)


def serve() -> None:
    """Make thumbnails for the lines of JSON that come in, and answer each with a line: an error's text, or nothing."""
    for line in sys.stdin:
        source, target = json.loads(line)
        sys.stdout.write(f"{json.dumps(_trouble_with(Path(source), Path(target)))}\n")
        sys.stdout.flush()


def _save(picture: Any, target: Path) -> None:
    """Thumbnails can be made anew: unlike a result, they need not outlive a power cut."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        picture.save(temporary, "WEBP", quality=_QUALITY, method=3)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _trouble_with(source: Path, target: Path) -> str | None:
    # Whatever one picture does to the decoder, the worker is there for the next one.
    try:
        make(source, target)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
