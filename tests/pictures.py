"""Pictures in every variety that the SDK has to know, made with Pillow."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import PIL.Image
from hypothesis import strategies as st

from imagine_async.requests import TextToImage
from imagine_async.results import Image
from imagine_async.sniff import sniff_bytes

__all__ = ["SIZE", "VARIETIES", "encode", "made_image", "pillow_opens", "texts", "variety"]

SIZE = (60, 44)
_THUMBNAIL_EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"


def encode(name: str, *, mode: str = "RGB", size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    """Encode a picture that is busy enough to have more data than header."""
    noise = PIL.Image.frombytes("RGB", size, random.Random(1).randbytes(3 * size[0] * size[1]))
    picture = PIL.Image.blend(noise, PIL.Image.radial_gradient("L").resize(size).convert("RGB"), 0.6)
    if mode.endswith("A"):
        picture.putalpha(PIL.Image.linear_gradient("L").resize(size))
    stream = BytesIO()
    picture.convert(mode).save(stream, name, **options)
    return stream.getvalue()


def _with_segments(jpeg: bytes, *payloads: bytes) -> bytes:
    """Put APP1 segments where cameras put them: right behind the start of the picture."""
    segments = (b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload for payload in payloads)
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def _with_thumbnail() -> bytes:
    return _with_segments(encode("JPEG"), _THUMBNAIL_EXIF + encode("JPEG", size=(16, 12)))


_MAKERS: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: encode("JPEG"),
    "jpeg-progressive": lambda: encode("JPEG", progressive=True),
    "jpeg-grey": lambda: encode("JPEG", mode="L"),
    "jpeg-large-exif": lambda: _with_segments(encode("JPEG"), *[b"Exif\0\0" + bytes(60_000)] * 2),
    "jpeg-thumbnail": _with_thumbnail,
    "png": lambda: encode("PNG"),
    "png-alpha": lambda: encode("PNG", mode="RGBA"),
    "png-palette": lambda: encode("PNG", mode="P"),
    "png-grey": lambda: encode("PNG", mode="L"),
    "webp": lambda: encode("WEBP", quality=70),
    "webp-lossless": lambda: encode("WEBP", lossless=True),
    "webp-extended": lambda: encode("WEBP", mode="RGBA"),
    "gif": lambda: encode("GIF", mode="P"),
    "avif": lambda: encode("AVIF"),
    "avif-alpha": lambda: encode("AVIF", mode="RGBA"),
}
VARIETIES = tuple(_MAKERS)
"""Names for `variety`: the format, then what is special about it."""


@cache
def variety(name: str) -> bytes:
    """Return the bytes of one variety, the same in the whole test run."""
    return _MAKERS[name]()


def pillow_opens(content: bytes) -> tuple[str, tuple[int, int]]:
    """Return the format and size that Pillow finds."""
    with PIL.Image.open(BytesIO(content)) as picture:
        return str(picture.format).lower(), picture.size


def made_image(content: bytes | None = None, **changes: Any) -> Image:
    """Return an `Image` such as a call gives back."""
    content = variety("png") if content is None else content
    picture = sniff_bytes(content)
    assert picture is not None
    facts: dict[str, Any] = {"request": TextToImage(prompt="a red fox", style="anime", seed=7), "seed": 7, **changes}
    return Image(content=content, format=picture.format, width=picture.width, height=picture.height, **facts)


def texts() -> st.SearchStrategy[str]:
    """Any text that Python can hold, lone surrogates included."""
    return st.text(st.characters(codec=None))
