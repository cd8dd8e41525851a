"""The guided filter of He, Sun and Tang (2010): smooths a plane without crossing the edges of a picture."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray
from imagine_async.sandbox.engines.cv.opencv import cv2

_REGULARITY = 1e-4


def guided(picture: FloatArray, plane: FloatArray, radius: int) -> FloatArray:
    """Return a plane whose edges follow those of a picture.

    Args:
        picture: The guide, (height, width, 3) in 0..1.
        plane: What is smoothed, (height, width) in 0..1.
        radius: Pixels, at least 1.
    """
    mean_guide, mean_plane = _mean(picture, radius), _mean(plane, radius)
    slope = _slope(picture, mean_guide, _mean(picture * plane[..., None], radius), mean_plane, radius)
    offset = mean_plane - (slope * mean_guide).sum(axis=-1)
    result: FloatArray = (_mean(slope, radius) * picture).sum(axis=-1) + _mean(offset, radius)
    return np.clip(result, 0, 1)


def _slope(
    picture: FloatArray, mean: FloatArray, mean_product: FloatArray, mean_plane: FloatArray, radius: int
) -> FloatArray:
    """Solve, at every pixel, for the linear function of colour that fits the plane best."""
    outer = picture[..., :, None] * picture[..., None, :]
    mean_outer = _mean(outer.reshape(*mean.shape[:2], 9), radius).reshape(outer.shape)
    covariance = mean_outer - mean[..., :, None] * mean[..., None, :]
    covariance += np.eye(3, dtype=np.float32) * np.float32(_REGULARITY)
    with_plane = mean_product - mean * mean_plane[..., None]
    slope: FloatArray = np.linalg.solve(covariance, with_plane[..., None])[..., 0].astype(np.float32)
    return slope


def _mean(array: FloatArray, radius: int) -> FloatArray:
    mean: FloatArray = cv2.blur(array, (2 * radius + 1, 2 * radius + 1))
    return mean
