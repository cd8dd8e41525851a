"""Filling of holes: pull-push interpolation, relaxed at every scale."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray
from imagine_async.sandbox.engines.cv.opencv import cv2

_SMALLEST = 2
_ROUNDS = 10
"""Rounds of relaxation at each scale; thin holes need them, wide ones have their shape from coarser scales."""

_SPREAD = 0.7
"""Exponent of the confidence that a coarser pixel has from its share of known ones; 1 would be the plain mean."""


def filled(picture: FloatArray, known: FloatArray) -> FloatArray:
    """Return a picture whose unknown pixels are interpolated smoothly from the known ones.

    Args:
        picture: (height, width, 3), float32.
        known: Confidence of each pixel, (height, width) in 0..1.
    """
    weight = known[..., None].astype(np.float32)
    weighted = np.concatenate([picture * weight, weight], axis=-1)
    return picture * weight + _pull_push(weighted) * (1 - weight)


def _pull_push(weighted: FloatArray) -> FloatArray:
    """Fill from ever smaller copies; the last channel is the weight, the others are multiplied by it."""
    height, width, _ = weighted.shape
    weight = weighted[..., -1:]
    if min(height, width) <= _SMALLEST:
        return _mean_filled(weighted)
    half = ((width + 1) // 2, (height + 1) // 2)
    smaller = cv2.resize(weighted, half, interpolation=cv2.INTER_AREA)
    smaller /= np.maximum(smaller[..., -1:], 1e-4) ** (1 - _SPREAD)
    coarse = cv2.resize(_pull_push(smaller), (width, height), interpolation=cv2.INTER_LINEAR)
    return _relaxed(coarse, weighted[..., :-1] / np.maximum(weight, 1e-4), np.clip(weight * 1.6, 0, 1))


def _mean_filled(weighted: FloatArray) -> FloatArray:
    weight = weighted[..., -1:]
    mean = weighted[..., :-1].sum(axis=(0, 1)) / max(float(weight.sum()), 1e-4)
    return np.where(weight > 1e-3, weighted[..., :-1] / np.maximum(weight, 1e-4), mean).astype(np.float32)


def _relaxed(coarse: FloatArray, colour: FloatArray, trust: FloatArray) -> FloatArray:
    """Let unknown pixels become the mean of their neighbours, over and over, while known ones stay."""
    result = coarse + (colour - coarse) * trust
    for _ in range(_ROUNDS):
        mean = cv2.blur(result, (3, 3), borderType=cv2.BORDER_REPLICATE)
        result = mean + (colour - mean) * trust
    return result
