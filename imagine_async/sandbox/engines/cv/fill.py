"""Filling of a marked region: with what surrounds it, or with what a prompt names."""

from __future__ import annotations

from functools import partial

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray
from imagine_async.sandbox.engines.cv.background import placed
from imagine_async.sandbox.engines.cv.holes import filled
from imagine_async.sandbox.engines.cv.opencv import cv2
from imagine_async.sandbox.engines.editing import fill, inpaint

_NARROW = 0.04
"""Half the width, in shares of the longer side, up to which a hole shows no want of texture."""


def continued(picture: FloatArray, known: FloatArray) -> FloatArray:
    """Return a picture whose unknown pixels continue the known ones.

    Narrow holes are interpolated, which is nearest to the truth; wide ones get texture from elsewhere as well.
    """
    smooth = filled(picture, known)
    depth = cv2.distanceTransform((known < 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    if float(depth.max()) <= _NARROW * max(known.shape):
        return smooth
    return inpaint.inpaint(picture, known, filled)


def retouch(image: Image.Image, mask: Image.Image) -> Image.Image:
    """Remove what a mask marks; see :meth:`Engine.retouch`."""
    return inpaint.retouch(image, mask, continued)


def generative_fill(image: Image.Image, mask: Image.Image, prompt: str) -> Image.Image:
    """Paint a prompt, in the picture's own light, into the masked region; see :meth:`Engine.generative_fill`."""
    return fill.generative_fill(image, mask, prompt, fill.Tools(continued, partial(placed, shadow=False)))
