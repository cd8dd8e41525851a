"""The sandbox's own convention for the target of AI Resize.

The vendor's page could not be read and no caller sends a target size, so everything here is invented: the parts
`aspect_ratio`, or `width` and `height`, and what happens without them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from attrs import evolve

from imagine_async.catalog import AI_RESIZE, AspectRatio, FormField
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.sizes import ratio_of

__all__ = ["RESIZE_WITH_SIZE", "resized"]

RESIZE_WITH_SIZE = evolve(
    AI_RESIZE,
    fields=(
        *AI_RESIZE.fields,
        FormField("aspect_ratio", allowed=tuple(AspectRatio)),
        FormField("width", "integer"),
        FormField("height", "integer"),
    ),
)
"""The catalog's endpoint with the invented parts; all are optional."""


_RATIOS = sorted(ratio_of(text) for text in AspectRatio)


def resized(size: tuple[int, int], values: Mapping[str, str], *, max_pixels: int) -> tuple[int, int]:
    """Choose the size a picture is extended to.

    Exactly `width` x `height` where they are given; else the smallest size of the asked `aspect_ratio` that the picture
    fits into; else of the nearest wider documented ratio, or the nearest narrower one where none is wider.

    Args:
        size: Width and height of the picture, in pixels.
        values: The form's text parts.
        max_pixels: Pixels, width times height, of the largest result.

    Raises:
        RefusedError: Only one side is given, or sides and a ratio, or the result would be empty or too large.
    """
    sides = [values[side] for side in ("width", "height") if side in values]
    if len(sides) == 1 or (sides and "aspect_ratio" in values):
        raise RefusedError(1100, "Give width and height, or an aspect_ratio, or none of them.")
    if sides:
        target = int(sides[0]), int(sides[1])
    else:
        asked = values.get("aspect_ratio")
        target = _extended(size, _next_ratio(size) if asked is None else ratio_of(asked))
    if min(target) < 1 or target[0] * target[1] > max_pixels:
        raise RefusedError(1100, f"The resized picture must have from 1 to {max_pixels} pixels.")
    return target


def _next_ratio(size: tuple[int, int]) -> float:
    ratio = size[0] / size[1]
    wider = [known for known in _RATIOS if known > ratio]
    return wider[0] if wider else [known for known in _RATIOS if known < ratio][-1]


def _extended(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    width, height = size
    return max(width, math.ceil(height * ratio)), max(height, math.ceil(width / ratio))
