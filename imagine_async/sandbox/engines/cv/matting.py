"""Cutting a subject out: GrabCut on a reduced copy, refined by a guided filter to a soft alpha."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, from_image, smoothstep, to_image
from imagine_async.sandbox.engines.cv.cutting import Labels, best_cut
from imagine_async.sandbox.engines.cv.guided import guided
from imagine_async.sandbox.engines.cv.holes import filled
from imagine_async.sandbox.engines.cv.opencv import cv2
from imagine_async.sandbox.engines.editing.matting import has_transparency, subject_alpha

_LEAST_SIDE = 24
"""Shorter side of the reduced copy below which GrabCut has too few pixels to learn from."""

_FULL_SIDE = 384
"""Longer side up to which a picture is not reduced at all."""

_MOST_SIDE = 768
"""Longer side of the reduced copy, which bounds the time for large pictures."""

_LEAST_SHARE = 0.004
"""Share of the picture below which, or above whose complement, a cut-out counts as failed."""


def remove_background(image: Image.Image) -> Image.Image:
    """Return an image with its background made transparent; see :meth:`Engine.remove_background`."""
    if has_transparency(image):
        return image.convert("RGBA")
    picture = from_image(image)
    alpha = cut_alpha(picture)
    solid = (alpha > 0.97).astype(np.float32)
    cut_out = to_image(np.where((alpha > 0.001)[..., None], filled(picture, solid), picture))
    cut_out.putalpha(to_image(alpha))
    return cut_out


def cut_alpha(picture: FloatArray) -> FloatArray:
    """Return the opacity of a picture's subject, a (height, width) plane in 0..1.

    Where GrabCut finds nothing, or everything, the border's colours decide, as in the procedural engine.
    """
    small = _reduced((picture * 255).astype(np.uint8))
    if min(small.shape[:2]) < _LEAST_SIDE:
        return subject_alpha(picture)
    subject = best_cut(small)
    if not _LEAST_SHARE < float(subject.mean()) < 1 - _LEAST_SHARE:
        return subject_alpha(picture)
    radius = max(2, round(0.008 * max(subject.shape)))
    reduced = small.astype(np.float32) * np.float32(1 / 255)
    return smoothstep(0.1, 0.9, guided(picture, reduced, subject.astype(np.float32), radius))


def _reduced(picture: Labels) -> Labels:
    """Return a picture at half its size, or more where it is small, or less where it is large."""
    height, width, _ = picture.shape
    longer = max(height, width)
    target = min(longer, max(_FULL_SIDE, min(longer // 2, _MOST_SIDE)))
    size = (max(1, width * target // longer), max(1, height * target // longer))
    reduced: Labels = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return reduced
