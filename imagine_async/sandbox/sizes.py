"""Pixels of pictures by aspect ratio; all of them invented, because the vendor names none."""

from __future__ import annotations

import math

from imagine_async.catalog import Invented

__all__ = ["picture_size", "ratio_of"]

_STEP = 16


def ratio_of(aspect_ratio: str) -> float:
    """Read an aspect ratio.

    Args:
        aspect_ratio: A documented one, for example `16:9`.
    """
    width, _, height = aspect_ratio.partition(":")
    return int(width) / int(height)


def picture_size(aspect_ratio: str) -> tuple[int, int]:
    """Return the full pixels, width and height, of a ratio, all of about the same area.

    The ratios that v2 shares have the sizes of `Invented.SIZES`; those of v1 alone are computed.

    Args:
        aspect_ratio: One of the documented ratios.
    """
    if aspect_ratio in Invented.SIZES:
        return Invented.SIZES[aspect_ratio]
    width = 1024 * math.sqrt(ratio_of(aspect_ratio))
    return _stepped(width), _stepped(1024 * 1024 / width)


def _stepped(side: float) -> int:
    return _STEP * round(side / _STEP)
