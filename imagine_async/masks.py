"""Masks: greyscale pictures that mark the area to change.

White means "change" by the custom of callers. The reference says only that the mask marks the area, so where a result
comes out the wrong way round, `invert_mask` turns the mask over.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, SupportsIndex

from imagine_async.errors import InvalidRequestError, MissingExtraError
from imagine_async.inputs import UNRESOLVED, ImageInput, Source, as_source
from imagine_async.requests.base import check_same_size

if TYPE_CHECKING:
    import PIL.Image

__all__ = ["check_mask", "invert_mask", "mask_from_alpha", "mask_from_box"]

_KEEP, _CHANGE = 0, 255
_MOST_PIXELS = 200_000_000
_SIXTEEN_TO_EIGHT_BITS = 255 / 65535


def mask_from_alpha(image: ImageInput, *, threshold: int = 128) -> bytes:
    """Make a mask that is white where a picture is transparent; needs the extra `images`.

    Args:
        image: A picture with transparency, in any form but a URL or a stream.
        threshold: From 1 to 255; a pixel counts as transparent where its alpha, from 0 to 255, is less.

    Returns:
        A PNG in greys of the picture's width and height, white (change) where it is transparent, black elsewhere.

    Raises:
        InvalidRequestError: The picture cannot be read or has no transparency, or the threshold is out of range.
        MissingExtraError: Pillow is not installed.
    """
    level = _whole_number("threshold", threshold)
    if not 1 <= level <= 255:
        raise InvalidRequestError("threshold", threshold, "pass a whole number from 1 to 255")
    picture = _decoded(image, "image", "mask_from_alpha()")
    if not picture.has_transparency_data:
        raise InvalidRequestError(
            "image", f"<{picture.mode} picture>", "it has no transparency; draw the mask, or use mask_from_box()"
        )
    table = [_CHANGE if alpha < level else _KEEP for alpha in range(256)]
    return _png(picture.convert("RGBA").getchannel("A").point(table))


def invert_mask(mask: ImageInput) -> bytes:
    """Exchange black and white; needs the extra `images`.

    Args:
        mask: A mask in any form but a URL or a stream. Colours count by their brightness, transparency does not count.

    Returns:
        A PNG in greys of the same width and height.

    Raises:
        InvalidRequestError: The mask cannot be read.
        MissingExtraError: Pillow is not installed.
    """
    picture = _decoded(mask, "mask", "invert_mask()")
    return _png(_in_greys(picture).point([255 - grey for grey in range(256)]))


def mask_from_box(size_or_image: tuple[int, int] | ImageInput, box: Sequence[SupportsIndex]) -> bytes:
    """Make a mask that is white in a rectangle; needs the extra `images`.

    Args:
        size_or_image: Width and height in pixels, or the picture that the mask is for, in any form but a URL or a
            stream.
        box: Left, top, right and bottom in pixels; right and bottom are the first that lie outside.

    Returns:
        A PNG in greys, white (change) inside the box, black elsewhere.

    Raises:
        InvalidRequestError: The picture cannot be read, or the box is empty or reaches beyond it.
        MissingExtraError: Pillow is not installed.
    """
    width, height = _size_of(size_or_image)
    left, top, right, bottom = _whole_numbers("box", box, ("left", "top", "right", "bottom"))
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise InvalidRequestError(
            "box", box, f"left < right and top < bottom, and all of it inside of {width}x{height} pixels"
        )
    try:
        import PIL.Image
    except ImportError:
        raise MissingExtraError("mask_from_box()", "images") from None
    mask = PIL.Image.new("L", (width, height), _KEEP)
    mask.paste(_CHANGE, (left, top, right, bottom))
    return _png(mask)


def check_mask(image: ImageInput, mask: ImageInput) -> None:
    """See that a mask has its picture's width and height. Reads headers only, and needs no extra.

    The sizes are those of the pixels as stored: a photograph that its EXIF data turn by 90 degrees is wider than high
    here if it is stored so.

    Args:
        image: The picture, in any form but a URL or a stream.
        mask: The mask, likewise.

    Raises:
        InvalidRequestError: The sizes differ, or one of them cannot be read.
    """
    check_same_size(_at_hand(image, "image"), _at_hand(mask, "mask"))


def _at_hand(value: object, name: str) -> Source:
    source = as_source(value, name)
    if isinstance(source, UNRESOLVED):
        raise InvalidRequestError(name, source.shown, "it is not read yet: fetch it first, and pass its bytes")
    return source


def _decoded(value: object, name: str, feature: str) -> PIL.Image.Image:
    try:
        import PIL.Image
    except ImportError:
        raise MissingExtraError(feature, "images") from None
    content = _at_hand(value, name).read()
    try:
        picture = PIL.Image.open(BytesIO(content))
        picture.load()
    except Exception as problem:
        # Decoders raise many things about a broken file.
        raise InvalidRequestError(name, content, f"the picture cannot be decoded: {problem}") from problem
    return picture


def _in_greys(picture: PIL.Image.Image) -> PIL.Image.Image:
    if picture.mode.startswith("I"):
        # Pillow would cut 16 bits off at 255 rather than scale them.
        picture = picture.convert("I").point(lambda grey: grey * _SIXTEEN_TO_EIGHT_BITS)
    return picture.convert("L")


def _size_of(value: object) -> tuple[int, int]:
    if not isinstance(value, tuple):
        return _at_hand(value, "image").picture.size
    width, height = _whole_numbers("size", value, ("width", "height"))
    if width < 1 or height < 1 or width * height > _MOST_PIXELS:
        raise InvalidRequestError(
            "size", value, f"pass a width and height of at least 1, {_MOST_PIXELS} pixels at most"
        )
    return width, height


def _whole_numbers(name: str, values: object, names: tuple[str, ...]) -> list[int]:
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes)) or len(values) != len(names):
        raise InvalidRequestError(name, values, f"pass ({', '.join(names)}) in pixels")
    return [_whole_number(name, value) for value in values]


def _whole_number(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise InvalidRequestError(name, value, "pass whole numbers")
    return operator.index(value)


def _png(picture: PIL.Image.Image) -> bytes:
    stream = BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
