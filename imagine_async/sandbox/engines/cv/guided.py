"""The guided filter of He and Sun (2015): smooths a plane without crossing the edges of a picture."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray
from imagine_async.sandbox.engines.cv.opencv import cv2

_REGULARITY = 1e-4


def guided(picture: FloatArray, reduced: FloatArray, plane: FloatArray, radius: int) -> FloatArray:
    """Return a plane at a picture's size whose edges follow those of the picture.

    What is fitted is fitted on a reduced copy, which is many times faster and hardly to be told from the whole.

    Args:
        picture: The guide, (height, width, 3) in 0..1.
        reduced: The same, smaller.
        plane: What is smoothed, in 0..1, of the size of the reduced copy.
        radius: Pixels of the reduced copy, at least 1.
    """
    slope, offset = _fitted(reduced, plane, radius)
    size = (picture.shape[1], picture.shape[0])
    terms = np.concatenate([_mean(slope, radius), _mean(offset, radius)[..., None]], axis=-1)
    terms = cv2.resize(terms, size, interpolation=cv2.INTER_LINEAR)
    result: FloatArray = (terms[..., :3] * picture).sum(axis=-1) + terms[..., 3]
    return np.clip(result, 0, 1)


def _fitted(picture: FloatArray, plane: FloatArray, radius: int) -> tuple[FloatArray, FloatArray]:
    """Return slope and offset, at every pixel, of the linear function of colour that fits the plane best."""
    mean, mean_plane = _mean(picture, radius), _mean(plane, radius)
    outer = picture[..., :, None] * picture[..., None, :]
    mean_outer = _mean(outer.reshape(*plane.shape, 9), radius).reshape(outer.shape)
    covariance = mean_outer - mean[..., :, None] * mean[..., None, :]
    covariance += np.eye(3, dtype=np.float32) * np.float32(_REGULARITY)
    with_plane = _mean(picture * plane[..., None], radius) - mean * mean_plane[..., None]
    slope: FloatArray = np.linalg.solve(covariance, with_plane[..., None])[..., 0].astype(np.float32)
    return slope, mean_plane - (slope * mean).sum(axis=-1)


def _mean(array: FloatArray, radius: int) -> FloatArray:
    mean: FloatArray = cv2.blur(array, (2 * radius + 1, 2 * radius + 1))
    return mean
