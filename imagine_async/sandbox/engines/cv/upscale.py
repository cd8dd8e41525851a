"""Enlarging: iterative back-projection in floating point."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, from_image, to_image
from imagine_async.sandbox.engines.cv.opencv import cv2

_ROUNDS = 3


def upscale(image: Image.Image) -> Image.Image:
    """Return an image at twice its width and height; see :meth:`Engine.upscale`."""
    if not image.has_transparency_data:
        return to_image(doubled(from_image(image)))
    rgba = image.convert("RGBA")
    enlarged = to_image(doubled(from_image(rgba.convert("RGB"))))
    enlarged.putalpha(rgba.getchannel("A").resize(enlarged.size, Image.Resampling.BICUBIC))
    return enlarged


def doubled(picture: FloatArray) -> FloatArray:
    """Return a (height, width, 3) picture at twice its size, such that its reduction is the picture again."""
    height, width, _ = picture.shape
    # A soft beginning: what is missing is brought by the rounds, while the ringing of a sharp one would stay.
    enlarged = cv2.resize(picture, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    for _ in range(_ROUNDS):
        enlarged += cv2.resize(picture - _halved(enlarged), (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    result: FloatArray = np.clip(enlarged, 0, 1)
    return result


def _halved(picture: FloatArray) -> FloatArray:
    half: FloatArray = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return half
