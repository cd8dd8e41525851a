"""Where facts go in a file of a picture, by format: a few bytes more at a few places, and no other change."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from xml.sax.saxutils import escape

from attrs import frozen

from imagine_async.sniff import colour_table_bytes, sniff

__all__ = ["COMMENT_BEGINNING", "KEYWORD", "XMP_ELEMENT", "Splice", "spliced", "splices"]

KEYWORD = b"imagine_async"
"""The keyword of the PNG chunk."""
COMMENT_BEGINNING = KEYWORD + b" "
"""What tells our comment in a JPEG or GIF from those of others."""
XMP_ELEMENT = b"imagine_async:facts"
"""The element within the XMP of a WebP."""

_PNG_HEADER_BYTES = 33
_LARGEST_JPEG_COMMENT = 65_533
_WEBP_HAS_ALPHA, _WEBP_HAS_XMP = 0x10, 0x04
# The namespace is our own invention: nobody else writes it.
_XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:imagine_async="urn:imagine_async:facts"><%(tag)s>%(text)s</%(tag)s>'
    b'</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


@frozen
class Splice:
    """A change of a file.

    Args:
        at: Bytes before it, in the original.
        new: What is put in.
        old: How many bytes of the original it stands for.
    """

    at: int
    new: bytes
    old: int = 0


def splices(beginning: bytes, size: int, facts: bytes) -> list[Splice] | None:
    """Tell how to put facts into a picture.

    Args:
        beginning: Its first 64 bytes, or all if there are fewer.
        size: Bytes in all.
        facts: JSON.

    Returns:
        The changes, in order; `None` for a format, or an amount of facts, that has no place for them.
    """
    changes = _changes(beginning, size, facts)
    # A header that is not true may point behind the end.
    return None if changes is None or any(change.at + change.old > size for change in changes) else changes


def spliced(pieces: Iterable[bytes], changes: list[Splice]) -> Iterator[bytes]:
    """Change a file as it streams by.

    Args:
        pieces: Its bytes.
        changes: In the order of their places; none is behind the end.
    """
    waiting = list(reversed(changes))
    at = skipped_to = 0
    for piece in pieces:
        end, start = at + len(piece), max(at, skipped_to)
        while waiting and waiting[-1].at <= end:
            change = waiting.pop()
            yield piece[start - at : change.at - at]
            yield change.new
            start = skipped_to = change.at + change.old
        yield piece[start - at :]
        at = end


def _changes(beginning: bytes, size: int, facts: bytes) -> list[Splice] | None:
    if beginning.startswith(b"\x89PNG\r\n\x1a\n") and beginning[12:16] == b"IHDR":
        return [Splice(_PNG_HEADER_BYTES, _png_chunk(facts))]
    if beginning.startswith(b"\xff\xd8\xff"):
        return _into_jpeg(beginning, facts)
    if beginning[:4] == b"GIF8" and len(beginning) >= 13:
        return _into_gif(beginning, facts)
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return _into_webp(beginning, size, facts)
    return None


def _png_chunk(facts: bytes) -> bytes:
    """Write international text, not compressed, in no language that is named."""
    payload = b"iTXt" + KEYWORD + bytes(5) + facts
    return struct.pack(">I", len(payload) - 4) + payload + struct.pack(">I", zlib.crc32(payload))


def _into_jpeg(beginning: bytes, facts: bytes) -> list[Splice] | None:
    comment = COMMENT_BEGINNING + facts
    if len(comment) > _LARGEST_JPEG_COMMENT:
        return None
    at = 2
    # JFIF and Exif want to be first.
    while at + 4 <= len(beginning) and beginning[at] == 0xFF and 0xE0 <= beginning[at + 1] <= 0xEF:
        at += 2 + int.from_bytes(beginning[at + 2 : at + 4], "big")
    return [Splice(at, b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment)]


def _into_gif(beginning: bytes, facts: bytes) -> list[Splice]:
    comment = COMMENT_BEGINNING + facts
    blocks = (comment[start : start + 255] for start in range(0, len(comment), 255))
    extension = b"\x21\xfe" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
    at = 13 + colour_table_bytes(beginning[10])
    # The older version has no comments.
    return [Splice(0, b"GIF89a", 6), Splice(at, extension)]


def _into_webp(beginning: bytes, size: int, facts: bytes) -> list[Splice] | None:
    declared = int.from_bytes(beginning[4:8], "little")
    header = _extended_header(beginning)
    if header is None or declared % 2 or 8 + declared > size:
        return None
    tag, text = XMP_ELEMENT, escape(json.dumps(json.loads(facts))).encode()
    xmp = _riff_chunk(b"XMP ", _XMP % {b"tag": tag, b"text": text})
    total = declared + len(header.new) - header.old + len(xmp)
    if total >= 2**32 - 10:
        return None
    return [Splice(4, struct.pack("<I", total), 4), header, Splice(8 + declared, xmp)]


def _extended_header(beginning: bytes) -> Splice | None:
    """Make the header that says that there is XMP; `None` where there is XMP already, or nothing to make it from."""
    if beginning[12:16] == b"VP8X":
        flags = beginning[20]
        return None if flags & _WEBP_HAS_XMP else Splice(20, bytes([flags | _WEBP_HAS_XMP]), 1)
    picture = sniff(BytesIO(beginning))
    if picture is None:
        return None
    is_see_through = beginning[12:16] == b"VP8L" and beginning[24] & 0x10
    flags = _WEBP_HAS_XMP | (_WEBP_HAS_ALPHA if is_see_through else 0)
    width, height = (struct.pack("<I", pixels - 1)[:3] for pixels in picture.size)
    return Splice(12, _riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + width + height))


def _riff_chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)
