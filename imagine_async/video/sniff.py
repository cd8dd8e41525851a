"""What bytes of a video are, and whether the file ends where it should, without a decoder."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from imagine_async.sniff import MEDIA_TYPES, SUFFIXES

__all__ = ["VIDEO_MEDIA_TYPES", "VIDEO_SUFFIXES", "sniff_video", "video_is_complete"]

VIDEO_MEDIA_TYPES = {
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "webp": MEDIA_TYPES["webp"],
    "gif": MEDIA_TYPES["gif"],
}
VIDEO_SUFFIXES = {"mp4": ".mp4", "mov": ".mov", "webm": ".webm", "webp": SUFFIXES["webp"], "gif": SUFFIXES["gif"]}

_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
_MOST_BOXES = 100_000


def sniff_video(beginning: bytes) -> str | None:
    """Tell a video's container by its first bytes.

    Args:
        beginning: At least 16 bytes, or the whole file.

    Returns:
        `mp4`, `mov`, `webm`, `webp` or `gif`; `None` for anything else.
    """
    if beginning[4:8] == b"ftyp" and beginning[8:12] not in _STILL_BRANDS:
        return "mov" if beginning[8:12] == b"qt  " else "mp4"
    if beginning[:4] == b"\x1a\x45\xdf\xa3":
        return "webm"
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "webp"
    return "gif" if beginning[:4] == b"GIF8" else None


def video_is_complete(file: BinaryIO, kind: str) -> bool:
    """Tell whether a file ends where its container says that it must.

    Args:
        file: A seekable binary file; it is left anywhere.
        kind: What `sniff_video` found.

    Returns:
        False for a file that is cut; true for containers that do not say where they end.
    """
    size = file.seek(0, os.SEEK_END)
    if kind in ("mp4", "mov"):
        return _boxes_fill(file, size)
    if kind == "webp":
        file.seek(4)
        return int.from_bytes(file.read(4), "little") + 8 <= size
    return True


def _boxes_fill(file: BinaryIO, size: int) -> bool:
    """Step from box to box: the last one must end where the file does."""
    position = 0
    for _ in range(_MOST_BOXES):
        if position >= size:
            break
        length = _box_length(file, position, size)
        if length < 8:
            return False
        position += length
    return position == size


def _box_length(file: BinaryIO, position: int, size: int) -> int:
    file.seek(position)
    head = file.read(16)
    if len(head) < 8:
        return 0
    (length,) = struct.unpack(">I", head[:4])
    if length == 0:
        return size - position  # The last box may say that it reaches to the end.
    if length == 1:
        return int.from_bytes(head[8:16], "big") if len(head) == 16 else 0
    return int(length)
