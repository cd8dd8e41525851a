"""Connected regions of a mask, found with whole-array operations."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imagine_async.sandbox.engines.arrays import IntArray

Mask = npt.NDArray[np.bool_]

_MOST_SWEEPS = 400
"""Sweeps after which even a spiral counts as labelled well enough."""


def label_regions(mask: Mask) -> IntArray:
    """Return a number from 1 for every 4-connected region of a (height, width) mask, 0 outside it.

    Each sweep gives every straight run of pixels, first along rows and then along columns, the lowest label
    found in it, until nothing changes.
    """
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    row_starts, column_starts = _run_starts(mask), _run_starts(mask.T)
    for _ in range(_MOST_SWEEPS):
        swept = _lowest_in_runs(labels, row_starts)
        swept = _lowest_in_runs(swept.T, column_starts).T
        if np.array_equal(swept, labels):
            break
        labels = swept
    return _consecutive(labels)


def reached_from_border(mask: Mask) -> Mask:
    """Return the part of a mask that is connected to the border of its array."""
    labels = label_regions(np.pad(mask, 1, constant_values=True))
    reached: Mask = labels == labels[0, 0]
    return reached[1:-1, 1:-1]


def _run_starts(mask: Mask) -> npt.NDArray[np.intp]:
    """Return where, in the flattened array, a run of equal mask values begins; each row begins a new one."""
    begins = np.ones(mask.shape, dtype=bool)
    begins[:, 1:] = mask[:, 1:] != mask[:, :-1]
    return np.flatnonzero(begins)


def _lowest_in_runs(labels: IntArray, starts: npt.NDArray[np.intp]) -> IntArray:
    lowest = np.minimum.reduceat(labels.ravel(), starts)
    lengths = np.diff(starts, append=labels.size)
    return np.repeat(lowest, lengths).reshape(labels.shape)


def _consecutive(labels: npt.NDArray[np.integer[Any]]) -> IntArray:
    """Renumber labels without gaps, 0 staying 0."""
    found, inverse = np.unique(labels, return_inverse=True)
    offset = 0 if found[0] == 0 else 1
    numbered: IntArray = inverse.reshape(labels.shape) + offset
    return numbered
