"""Seamless cloning: a region taken from elsewhere in the picture, its colours bent to meet its new border."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, blur_plane, mirrored_indices, resize_picture, resize_plane

_SCORING_SIDE = 96
"""Longer side of the copy on which shifts are compared."""

_DIRECTIONS = ((1.0, 0.0), (-1.0, 0.0), (1.0, 0.15), (-1.0, 0.15), (1.0, -0.15), (-1.0, -0.15), (0.0, 1.0), (0.0, -1.0))
"""Directions tried; sideways first, for what lies level with a region usually looks most like it."""

_LEVEL_BIAS = 1.6
"""Factor on the misfit of shifts up and down: in a scene they change the distance to the viewer."""


def shifted_donor(picture: FloatArray, known: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Return the picture moved so that known pixels cover the unknown ones best.

    Args:
        picture: (height, width, 3).
        known: 1 where pixels may be used, (height, width).

    Returns:
        The moved picture and where it is known, or None when no shift covers most of the region.
    """
    scale = min(1.0, _SCORING_SIDE / max(known.shape))
    small_size = (max(1, round(known.shape[1] * scale)), max(1, round(known.shape[0] * scale)))
    small = resize_picture(picture, small_size, Image.Resampling.BOX)
    small_known = (resize_plane(known, small_size, Image.Resampling.BOX) > 0.99).astype(np.float32)
    best = _best_shift(small, small_known)
    if best is None:
        return None
    rows, columns = (
        round(step * full / part) for step, full, part in zip(best, known.shape, small_known.shape, strict=True)
    )
    return _moved(picture, rows, columns), _moved(known, rows, columns)


def _best_shift(picture: FloatArray, known: FloatArray) -> tuple[int, int] | None:
    missing = np.argwhere(known < 0.5)
    if not len(missing):
        return None
    extent = missing.max(axis=0) - missing.min(axis=0) + 3
    scored = []
    for reach in (1.0, 1.3, 1.7):
        for across, down in _DIRECTIONS:
            shift = (round(down * reach * float(extent[0])), round(across * reach * float(extent[1])))
            scored.append((_misfit(picture, known, shift) * (_LEVEL_BIAS if across == 0 else 1.0), shift))
    misfit, shift = min(scored)
    return shift if np.isfinite(misfit) else None


def _misfit(picture: FloatArray, known: FloatArray, shift: tuple[int, int]) -> float:
    """Return the mean difference along the region's rim; infinite when too little of the region is covered."""
    donor, donor_known = _moved(picture, *shift), _moved(known, *shift)
    missing = 1 - known
    if (donor_known * missing).sum() < 0.97 * missing.sum():
        return float("inf")
    rim = (blur_plane(missing, 2.0) > 0.02) * known * donor_known
    difference = ((picture - donor) ** 2).sum(axis=-1)
    return float((difference * rim).sum() / max(float(rim.sum()), 1.0))


def _moved(array: FloatArray, rows: int, columns: int) -> FloatArray:
    """Return an array moved by whole pixels; past its edges it is continued by its mirror image."""
    row_indices = mirrored_indices(np.arange(array.shape[0]) - rows, array.shape[0])
    column_indices = mirrored_indices(np.arange(array.shape[1]) - columns, array.shape[1])
    return array[row_indices][:, column_indices]
