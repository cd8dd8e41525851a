"""Extending a picture past its edges with pieces of itself that fit, softer the farther out."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, Size, from_image, mix, smoothstep, to_image
from imagine_async.sandbox.engines.cv.continuation import SIDEWAYS, UP_OR_DOWN, Manner, continued_right
from imagine_async.sandbox.engines.cv.opencv import cv2
from imagine_async.sandbox.engines.editing.outpaint import distance_outside, fitted_box

_SOFTNESS = 0.004
"""Deviation of the blur far out, in shares of the longer side."""


def outpaint(image: Image.Image, size: Size) -> Image.Image:
    """Return an image extended to a size (width, height); see :meth:`Engine.ai_resize`."""
    box = fitted_box(image.size, size)
    scaled = image.convert("RGB").resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
    if scaled.size == size:
        return scaled
    wide = _both_sides(from_image(scaled), box[0], size[0] - box[2], SIDEWAYS)
    upright = _both_sides(wide.swapaxes(0, 1), box[1], size[1] - box[3], UP_OR_DOWN)
    whole = upright.swapaxes(0, 1)
    result = to_image(_softened(np.ascontiguousarray(whole), box))
    result.paste(scaled, box[:2])
    return result


def _both_sides(picture: FloatArray, before: int, after: int, manner: Manner) -> FloatArray:
    """Return a picture with so many columns added at its left and at its right."""
    left = continued_right(picture[:, ::-1], before, manner)[:, ::-1]
    return np.concatenate([left, picture, continued_right(picture, after, manner)], axis=1)


def _softened(picture: FloatArray, box: tuple[int, int, int, int]) -> FloatArray:
    """Blend towards a softer copy with the distance from the box: what repeats there draws no eye."""
    height, width, _ = picture.shape
    longer = max(height, width)
    soft = cv2.GaussianBlur(picture, (0, 0), max(0.5, _SOFTNESS * longer))
    share = smoothstep(0.04, 0.4, distance_outside(box, (width, height)) / longer)
    return mix(picture, soft, share[..., None])
