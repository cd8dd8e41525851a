"""What could follow at a picture's right: a piece from elsewhere in it, bent to meet the edge."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from imagine_async.sandbox.engines.arrays import FloatArray, mirrored_indices
from imagine_async.sandbox.engines.cv.opencv import cv2

_LEAST_WIDTH = 24
"""Columns below which a picture has no pieces to choose from and is mirrored."""

_COMPARED_SIDE = 96
"""Sides, at most, of the copy on which pieces are compared."""

_OVERLAP = 0.08
"""Width of the strip that is compared with the edge, in shares of the picture's."""

_MIRROR_COST = 0.004
"""What the mirror image costs, which meets the edge best and shows that it is one."""

_STRANGENESS = 1.0
"""How much a piece pays for its column most unlike the rest of the rows: rather more sky than a second subject."""


_AGAIN = 0.006
"""What a piece costs more each time that it, or one that overlaps it, is used again."""

_MOST_COARSE = 0.15
"""Misfit at most that fades out slowly; more would be seen as the ghost of what the piece shows there."""


@frozen
class Manner:
    """How pieces are taken.

    Args:
        piece: Width of a piece, in shares of the picture's.
        farness: What a piece costs, as a mean squared difference, that stands at the picture's other side.
    """

    piece: float
    farness: float


SIDEWAYS = Manner(0.24, 0.004)
"""What stands left in a scene may well stand right."""

UP_OR_DOWN = Manner(0.08, 0.3)
"""Above the sky follows sky, and nothing that stands on the ground."""


def continued_right(picture: FloatArray, columns: int, manner: Manner) -> FloatArray:
    """Return columns that follow a picture at its right without a seam.

    Args:
        picture: (height, width, 3) in 0..1.
        columns: How many.
        manner: How pieces are taken.
    """
    if picture.shape[1] < _LEAST_WIDTH:
        return picture[:, mirrored_indices(np.arange(columns) + picture.shape[1], picture.shape[1])]
    # Pieces come from the picture or its mirror image, in which the one next to the edge stands first.
    source = np.concatenate([picture, picture[:, ::-1]], axis=1)
    step = max(1, round(manner.piece * picture.shape[1]))
    choice = _Choice.of(source, step, manner.farness)
    pieces, edge, length = [picture[:, :0]], picture, 0
    while length < columns:
        start = choice.take(edge)
        pieces.append(_bent(source[:, start : start + step], edge[:, -1] - source[:, start - 1]))
        edge = np.concatenate([edge, pieces[-1]], axis=1)[:, -picture.shape[1] :]
        length += step
    return np.concatenate(pieces, axis=1)[:, :columns]


@frozen
class _Choice:
    """Which pieces there are and what they cost, on a small copy."""

    small: FloatArray
    scale: float
    piece: int
    starts: FloatArray
    own_costs: FloatArray

    @classmethod
    def of(cls, source: FloatArray, step: int, farness: float) -> _Choice:
        height, width, _ = source.shape
        half = min(width // 2, _COMPARED_SIDE)
        size = (2 * half, min(height, _COMPARED_SIDE))
        small: FloatArray = cv2.resize(np.ascontiguousarray(source), size, interpolation=cv2.INTER_AREA)
        scale = width / (2 * half)
        piece = max(1, round(step / scale))
        starts = np.array([*range(_overlap(half), half - piece), *range(half, 2 * half - piece)], np.float64)
        strange = _STRANGENESS * ((small - np.median(small, axis=1, keepdims=True)) ** 2).mean(axis=(0, 2))
        own_costs = np.array([_own_cost(strange, int(start), piece, farness) for start in starts])
        return cls(small, scale, piece, starts, own_costs)

    def take(self, edge: FloatArray) -> int:
        """Return the column of the source at which the piece begins that follows an edge best, and note its use."""
        width = self.small.shape[1] // 2
        size = (width, self.small.shape[0])
        tail = cv2.resize(np.ascontiguousarray(edge), size, interpolation=cv2.INTER_AREA)[:, -_overlap(width) :]
        misfits = [
            float(((self.small[:, int(start) - tail.shape[1] : int(start)] - tail) ** 2).mean())
            for start in self.starts
        ]
        best = self.starts[int(np.argmin(self.own_costs + misfits))]
        self.own_costs[np.abs(self.starts - best) < self.piece] += _AGAIN
        return max(1, round(float(best) * self.scale))


def _own_cost(strange: FloatArray, start: int, piece: int, farness: float) -> float:
    """Return what a piece costs wherever it is put."""
    half = len(strange) // 2
    mirrored = start >= half
    away = (start - half if mirrored else half - start - piece) / half
    return float(strange[start - _overlap(half) : start + piece].max()) + _MIRROR_COST * mirrored + farness * away


def _overlap(width: int) -> int:
    return max(1, round(_OVERLAP * width))


def _bent(piece: FloatArray, misfit: FloatArray) -> FloatArray:
    """Return a piece without its misfit at the edge, (height, 3), of which the coarse part fades out slowly."""
    height, width, _ = piece.shape
    column = np.ascontiguousarray(misfit[:, None])
    blurred = cv2.GaussianBlur(column, (1, 0), 1, sigmaY=max(0.5, 0.03 * height)).reshape(column.shape)
    coarse = np.clip(blurred, -_MOST_COARSE, _MOST_COARSE)
    distance = np.arange(width, dtype=np.float32)[None, :, None] / width
    bent: FloatArray = piece + coarse * np.exp(-2 * distance) + (column - coarse) * np.exp(-30 * distance)
    return np.clip(bent, 0, 1)
