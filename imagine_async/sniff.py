"""What bytes are: picture format, size in pixels, and whether the file ends where it should, without a decoder.

Only headers are read, so a 20 MB file costs a few seeks. Formats: JPEG, PNG, WebP, GIF and AVIF.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO

from attrs import frozen

from imagine_async.file_view import FileView

__all__ = [
    "MEDIA_TYPES",
    "SUFFIXES",
    "Picture",
    "begins_like_a_picture",
    "colour_table_bytes",
    "is_complete",
    "sniff",
    "sniff_bytes",
]

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
_MOST_MARKERS = 4096
_GIF_EXTENSION, _GIF_IMAGE, _GIF_TRAILER = 0x21, 0x2C, 0x3B
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


def sniff_bytes(content: bytes | FileView) -> Picture | None:
    """Read the header of a picture that is held in memory, or looked at on disk.

    Args:
        content: The file's bytes.

    Returns:
        As `sniff`.
    """
    return sniff(_stream_of(content))


def begins_like_a_picture(content: bytes) -> bool:
    """Tell whether the first bytes are a picture's, however few follow.

    Args:
        content: A file's bytes, or their beginning.

    Returns:
        True where a magic number stands.
    """
    return _reader_for(content[:32]) is not None


def is_complete(content: bytes | FileView, picture: Picture) -> bool:
    """Tell whether the bytes end where the format says that they must.

    Args:
        content: The whole file, in memory or on disk.
        picture: What `sniff` found in it.

    Returns:
        False for a file that is cut.
    """
    match picture.format:
        case "png":
            return content.rfind(_PNG_END) > 0
        case "jpeg":
            return content.rfind(_JPEG_END) > _scan_offset(content)
        case "gif":
            return _gif_ends(content)
        case "webp":
            return len(content) >= 8 + int.from_bytes(content[4:8], "little")
        case _:
            return _boxes_end(content)


def _stream_of(content: bytes | FileView) -> BinaryIO:
    """Return a stream at the beginning of a file."""
    if isinstance(content, FileView):
        content.stream.seek(0)
        return content.stream
    return BytesIO(content)


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
    if len(head) < (25 if kind == b"VP8L" else 30):
        raise ValueError("the header is cut")
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
    for _ in range(_MOST_MARKERS):
        lead, marker = stream.read(2)
        if lead != 0xFF:
            raise ValueError("no marker where one belongs")
        if marker == 0xFF:
            # A fill byte: the marker may begin with the next one.
            stream.seek(-1, 1)
        elif marker not in _BARE_MARKERS:
            length: int = struct.unpack(">H", stream.read(2))[0] - 2
            if length < 0:
                raise ValueError("segment shorter than its own length")
            yield marker, length
            if marker == _START_OF_SCAN:
                return
    raise ValueError("a header without an end")


def _scan_offset(content: bytes | FileView) -> int:
    """Find where the picture data of a JPEG begins, behind any thumbnail with an end marker of its own."""
    stream = _stream_of(content)
    try:
        for _, length in _jpeg_segments(stream):
            stream.seek(length, 1)
    except (struct.error, IndexError, ValueError):
        return len(content)
    return stream.tell()


def _gif_ends(content: bytes | FileView) -> bool:
    """Walk the blocks of a GIF up to its trailer."""
    try:
        at = 13 + colour_table_bytes(content[10])
        while content[at] != _GIF_TRAILER:
            at = _gif_block_end(content, at)
    except IndexError:
        return False
    return True


def _gif_block_end(content: bytes | FileView, at: int) -> int:
    if content[at] == _GIF_EXTENSION:
        at += 2
    elif content[at] == _GIF_IMAGE:
        at += 11 + colour_table_bytes(content[at + 9])
    else:
        raise IndexError("no block begins like this")
    while content[at]:
        at += 1 + content[at]
    return at + 1


def colour_table_bytes(flags: int) -> int:
    """Tell how long a colour table of a GIF is.

    Args:
        flags: The byte that says whether there is one, and of how many colours.
    """
    return 3 << ((flags & 0x07) + 1) if flags & 0x80 else 0


def _boxes_end(content: bytes | FileView) -> bool:
    """Walk the top-level boxes of an ISO media file: its data is there, and the last box ends with the file."""
    at, has_data = 0, False
    while at + 8 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        has_data |= kind == b"mdat"
        if size == 1:
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        if size == 0:
            return has_data
        if size < 8:
            return False
        at += size
    return has_data and at == len(content)
