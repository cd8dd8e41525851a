"""Facts out of a file of a picture, by format; only the parts before them, or beside them, are looked at."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO
from xml.sax.saxutils import unescape

from imagine_async.batch.sinks.embedding import COMMENT_BEGINNING, KEYWORD, XMP_ELEMENT
from imagine_async.sniff import colour_table_bytes

__all__ = ["extracted"]

_MOST_PARTS = 100_000
_IN_XMP = re.compile(b"<%(tag)s>(.*?)</%(tag)s>" % {b"tag": XMP_ELEMENT}, re.DOTALL)


def extracted(file: BinaryIO, most: int) -> bytes | None:
    """Find the facts in a picture.

    Args:
        file: A seekable binary file; it is left anywhere.
        most: Bytes of facts that are read at most.

    Returns:
        JSON, as far as the file tells the truth; `None` where there is none.
    """
    head = file.read(16)
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return _in_png(file, most)
        if head.startswith(b"\xff\xd8\xff"):
            return _in_jpeg(file)
        if head.startswith(b"GIF8"):
            return _in_gif(file, most)
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return _in_webp(file, most)
    except (struct.error, IndexError):
        pass  # The file is cut.
    return None


def _in_png(file: BinaryIO, most: int) -> bytes | None:
    beginning = KEYWORD + bytes(5)
    file.seek(8)
    for _ in range(_MOST_PARTS):
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind in (b"IDAT", b"IEND"):
            break
        if kind == b"iTXt" and length <= most + len(beginning):
            payload = file.read(length)
            if payload.startswith(beginning):
                return payload[len(beginning) :]
            file.seek(4, 1)
        else:
            file.seek(length + 4, 1)
    return None


def _in_jpeg(file: BinaryIO) -> bytes | None:
    file.seek(2)
    for _ in range(_MOST_PARTS):
        lead, marker, length = struct.unpack(">BBH", file.read(4))
        if lead != 0xFF or marker == 0xDA or length < 2:
            break
        payload = file.read(length - 2)
        if marker == 0xFE and payload.startswith(COMMENT_BEGINNING):
            return payload[len(COMMENT_BEGINNING) :]
    return None


def _in_webp(file: BinaryIO, most: int) -> bytes | None:
    file.seek(12)
    for _ in range(_MOST_PARTS):
        kind, length = struct.unpack("<4sI", file.read(8))
        if kind == b"XMP ":
            # What is escaped is longer.
            found = _IN_XMP.search(file.read(min(length, 8 * most)))
            return None if found is None else unescape(found[1].decode(errors="replace")).encode()
        file.seek(length + length % 2, 1)
    return None


def _in_gif(file: BinaryIO, most: int) -> bytes | None:
    file.seek(10)
    file.seek(13 + colour_table_bytes(file.read(1)[0]))
    for _ in range(_MOST_PARTS):
        introducer = file.read(1)[0]
        if introducer == 0x21:
            label = file.read(1)[0]
            comment = b"".join(_blocks(file, most if label == 0xFE else 0))
            if comment.startswith(COMMENT_BEGINNING):
                return comment[len(COMMENT_BEGINNING) :]
        elif introducer == 0x2C:
            file.seek(colour_table_bytes(file.read(9)[8]) + 1, 1)
            list(_blocks(file, 0))
        else:
            break
    return None


def _blocks(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Yield the blocks of one part, up to the empty one; of more than `most` bytes none."""
    taken = 0
    while length := file.read(1)[0]:
        block = file.read(length)
        taken += length
        if taken <= most + 255:
            yield block
