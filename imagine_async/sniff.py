"""What bytes are: picture format, size in pixels, and whether the file ends where it should, without a decoder.

Only headers are read, so a 20 MB file costs a few seeks. Formats: JPEG, PNG, WebP, GIF and AVIF.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO

from attrs import frozen

__all__ = ["MEDIA_TYPES", "SUFFIXES", "Picture", "is_complete", "sniff", "sniff_bytes"]

MEDIA_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "gif": ".gif", "avif": ".avif"}

_PNG_END = b"IEND\xaeB`\x82"
_JPEG_END = b"\xff\xd9"
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN = 0xDA
_AVIF_HEADER_BYTES = 4096


@frozen
class Picture:
    """What the header of a picture says.

    Args:
        format: `jpeg`, `png`, `webp`, `gif` or `avif`.
        width: Pixels across.
        height: Pixels down.
    """

    format: str
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height


def sniff(stream: BinaryIO) -> Picture | None:
    """Read the header of a picture.

    Args:
        stream: A seekable binary stream; it is read from its present position, and left anywhere.

    Returns:
        The picture's format and size, or `None` where the bytes are no picture or end within the header.
    """
    start = stream.tell()
    reader = _reader_for(stream.read(32))
    if reader is None:
        return None
    stream.seek(start)
    try:
        return reader(stream)
    except (struct.error, IndexError, ValueError):
        return None


def sniff_bytes(content: bytes) -> Picture | None:
    """Read the header of a picture that is held in memory.

    Args:
        content: The file's bytes.

    Returns:
        As `sniff`.
    """
    return sniff(BytesIO(content))


def is_complete(content: bytes, picture: Picture) -> bool:
    """Tell whether the bytes end where the format says that they must.

    Args:
        content: The whole file.
        picture: What `sniff_bytes` found in it.

    Returns:
        False for a file that is cut.
    """
    match picture.format:
        case "png":
            return content.rfind(_PNG_END) > 0
        case "jpeg":
            return content.rfind(_JPEG_END) > _scan_offset(content)
        case "gif":
            return content.rstrip(b"\0").endswith(b";")
        case "webp":
            return len(content) >= 8 + int.from_bytes(content[4:8], "little")
        case _:
            return _boxes_fit(content)


def _reader_for(head: bytes) -> Callable[[BinaryIO], Picture] | None:
    if head.startswith(b"\xff\xd8\xff"):
        return _read_jpeg
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _read_png
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _read_webp
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _read_gif
    if head[4:12] in (b"ftypavif", b"ftypavis"):
        return _read_avif
    return None


def _measured(name: str, width: int, height: int) -> Picture:
    if not (width > 0 and height > 0):
        raise ValueError("a picture has at least one pixel")
    return Picture(name, width, height)


def _read_png(stream: BinaryIO) -> Picture:
    head = stream.read(24)
    if head[12:16] != b"IHDR":
        raise ValueError("no IHDR")
    return _measured("png", *struct.unpack(">II", head[16:24]))


def _read_gif(stream: BinaryIO) -> Picture:
    return _measured("gif", *struct.unpack("<HH", stream.read(10)[6:10]))


def _read_webp(stream: BinaryIO) -> Picture:
    head = stream.read(30)
    kind = head[12:16]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(head[24:27], "little")
        return _measured("webp", width, 1 + int.from_bytes(head[27:30], "little"))
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return _measured("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack("<HH", head[26:30])
    return _measured("webp", width & 0x3FFF, height & 0x3FFF)


def _read_avif(stream: BinaryIO) -> Picture:
    head = stream.read(_AVIF_HEADER_BYTES)
    at = head.index(b"ispe")
    return _measured("avif", *struct.unpack(">II", head[at + 8 : at + 16]))


def _read_jpeg(stream: BinaryIO) -> Picture:
    for marker, length in _jpeg_segments(stream):
        if marker in _FRAME_MARKERS:
            _, height, width = struct.unpack(">BHH", stream.read(5))
            return _measured("jpeg", width, height)
        stream.seek(length, 1)
    raise ValueError("no frame header")


def _jpeg_segments(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """Yield marker and payload length up to the first scan; the consumer moves past the payload."""
    stream.read(2)
    while True:
        byte = stream.read(1)[0]
        while byte != 0xFF:
            byte = stream.read(1)[0]
        while byte == 0xFF:
            byte = stream.read(1)[0]
        if byte in _BARE_MARKERS:
            continue
        length: int = struct.unpack(">H", stream.read(2))[0] - 2
        if length < 0:
            raise ValueError("segment shorter than its own length")
        yield byte, length
        if byte == _START_OF_SCAN:
            return


def _scan_offset(content: bytes) -> int:
    """Find where the picture data of a JPEG begins, behind any thumbnail with an end marker of its own."""
    stream = BytesIO(content)
    try:
        for _, length in _jpeg_segments(stream):
            stream.seek(length, 1)
    except (struct.error, IndexError, ValueError):
        return len(content)
    return stream.tell()


def _boxes_fit(content: bytes) -> bool:
    """Walk the top-level boxes of an ISO media file and see that the last ends with the file."""
    at = 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        if size == 0:
            return True
        if size < 8:
            return False
        at += size
    return at == len(content)
