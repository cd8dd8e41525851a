"""Sizes of films, and pictures cut to them. All sizes are invented: the vendor names none."""

from __future__ import annotations

import math

from PIL import Image, ImageOps

__all__ = ["MARGIN", "cut_to", "film_size", "nearest_film_size", "with_margin"]

MARGIN = 1.25
"""How much larger than the film its picture is, so that the camera can move and stay sharp."""

_SHARE = 2
_SMALLEST = 16
_WIDEST = 3.0


def film_size(picture_size: tuple[int, int]) -> tuple[int, int]:
    """Return the pixels of a film: half of a picture's in each direction, and even, as the codecs want them.

    Args:
        picture_size: Width and height of a picture of the same ratio.
    """
    width, height = picture_size
    return _even(width / _SHARE), _even(height / _SHARE)


def nearest_film_size(source_size: tuple[int, int], square: tuple[int, int]) -> tuple[int, int]:
    """Return the pixels of a film that keeps its picture's ratio, unless that is very long or tall.

    Args:
        source_size: Width and height of the picture.
        square: Width and height of a square picture, whose film's area this one gets.
    """
    ratio = min(_WIDEST, max(1 / _WIDEST, source_size[0] / source_size[1]))
    return film_size((round(square[0] * math.sqrt(ratio)), round(square[1] / math.sqrt(ratio))))


def cut_to(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale a picture so that it covers a film with its margin, and cut off what stands over.

    Args:
        picture: The picture.
        size: Width and height of the film.
    """
    return ImageOps.fit(picture, with_margin(size))


def with_margin(size: tuple[int, int]) -> tuple[int, int]:
    """Return the pixels of the picture that a film is made from.

    Args:
        size: Width and height of the film.
    """
    return round(size[0] * MARGIN), round(size[1] * MARGIN)


def _even(side: float) -> int:
    return max(_SMALLEST, 2 * round(side / 2))
