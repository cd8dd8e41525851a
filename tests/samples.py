"""Small pictures for tests that do not care what they show."""

from __future__ import annotations

from io import BytesIO

import PIL.Image

__all__ = ["jpeg_bytes", "png_bytes"]


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
