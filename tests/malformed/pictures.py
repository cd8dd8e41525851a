"""Files that are small and unpack to much, or are no pictures at all."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

__all__ = ["bad_pictures"]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _zeros(size: int) -> bytes:
    """Compress zeros without holding them."""
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(size >> 20))
    return packed + packer.compress(bytes(size & (1 << 20) - 1)) + packer.flush()


def _png(width: int, height: int, data: bytes, *, depth: int = 8, colours: int = 0, chunks: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + chunks + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _coded(kind: str, size: tuple[int, int], mode: str = "RGB") -> bytes:
    target = BytesIO()
    Image.new(mode, size).save(target, kind)
    return target.getvalue()


def _jpeg(width: int, height: int) -> bytes:
    """Make a small JPEG that says it is a large one."""
    coded = _coded("JPEG", (8, 8))
    place = coded.index(b"\xff\xc0") + 5
    return coded[:place] + struct.pack(">HH", height, width) + coded[place + 4 :]


def _webp(side: int) -> bytes:
    canvas = (side - 1).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + canvas + _coded("WEBP", (8, 8))[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bad_pictures() -> dict[str, bytes]:
    """Return the files by what is wrong with them."""
    # All 900 million pixels of one bit; of one byte, the first eighth.
    zeros = _zeros(30_000 * 3751)
    small, large = _coded("PNG", (64, 64)), _coded("PNG", (6300, 6300))
    photo = _coded("JPEG", (6300, 6300), "L")
    film = BytesIO()
    Image.new("P", (64, 64)).save(film, "GIF", save_all=True, append_images=[Image.new("P", (64, 64), 1)] * 50)
    return {
        "PNG of 900 MP": _png(30_000, 30_000, zeros),
        "PNG of 900 MP, 1 bit each": _png(30_000, 30_000, zeros, depth=1),
        "PNG of 2**31 a side": _png(2**31 - 1, 2**31 - 1, b"\0"),
        "PNG of no size": _png(0, 0, b"\0"),
        "PNG, cut at 40 MP": large[: len(large) // 2],
        "PNG, no end": small[:-16],
        "PNG with a bomb of text": _png(8, 8, b"\0", chunks=_chunk(b"zTXt", b"a\0\0" + zeros)),
        "PNG with a bomb of a profile": _png(8, 8, b"\0", chunks=_chunk(b"iCCP", b"a\0\0" + zeros)),
        "PNG of 16 bits, no data": _png(4000, 4000, b"", depth=16, colours=6),
        "PNG of a wrong checksum": small[:50] + b"\xff" + small[51:],
        "JPEG of 4 GP": _jpeg(65_500, 65_500),
        # With its end it would be taken for a whole picture, grey where nothing came.
        "JPEG of 40 MP in 8 x 8": _jpeg(6300, 6300)[:-2],
        "JPEG, cut at 40 MP": photo[: len(photo) // 2],
        "WebP of 268 MP": _webp(16_384),
        "WebP of 20 MP in 8 x 8": _webp(4472),
        "WebP, cut": _coded("WEBP", (4400, 4400))[:-4000],
        "GIF": _coded("GIF", (8, 8), "P"),
        "GIF of many pictures": film.getvalue(),
        "GIF of 4 GP": b"GIF89a\xff\xff\xff\xff\xf0\0\0" + bytes(900),
        "TIFF": _coded("TIFF", (8, 8)),
        "BMP": _coded("BMP", (8, 8)),
        "PDF": b"%PDF-1.7\n" + bytes(1000),
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9999 9999\n",
        "zip": b"PK\x03\x04" + bytes(1000),
        "nothing": b"",
        "one byte": b"\x89",
        "signature alone": b"\x89PNG\r\n\x1a\n",
        "zeros": bytes(100_000),
    }
