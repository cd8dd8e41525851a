"""Small pictures for tests that do not care what they show."""

from __future__ import annotations

import zlib
from io import BytesIO

import PIL.Image

__all__ = ["jpeg_bytes", "padded_png", "png_bytes"]


def png_bytes(width: int = 16, height: int = 16, *, colour: str = "red") -> bytes:
    """Make a PNG of one colour."""
    return _encoded(PIL.Image.new("RGB", (width, height), colour), "PNG")


def jpeg_bytes(width: int = 64, height: int = 64) -> bytes:
    """Make a JPEG of a gradient, so that its data is longer than its header."""
    return _encoded(PIL.Image.radial_gradient("L").resize((width, height)), "JPEG")


def _encoded(picture: PIL.Image.Image, name: str) -> bytes:
    stream = BytesIO()
    picture.save(stream, name)
    return stream.getvalue()


def padded_png(size: int) -> bytes:
    """Make a PNG of exactly so many bytes, at least 200, most of them in a chunk of its own."""
    png = png_bytes()
    data = bytes(size - len(png) - 12)
    chunk = len(data).to_bytes(4, "big") + b"paDd" + data + zlib.crc32(b"paDd" + data).to_bytes(4, "big")
    at = png.index(b"IDAT") - 4
    return png[:at] + chunk + png[at:]
