"""Value noise: fractal sums, ridges, domain warp and tileable textures for ground seen in perspective."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, Size, resize_plane

_MARGIN = 2
"""Extra lattice cells on each side, so that bicubic interpolation never sees the lattice's end."""

_SAMPLES_PER_CELL = 4


def value_noise(
    generator: np.random.Generator, size: Size, cells: tuple[float, float], *, rough: bool = False
) -> FloatArray:
    """Return smooth noise, a (height, width) plane in about 0..1.

    Args:
        generator: Source of the lattice values.
        size: Width and height in pixels.
        cells: Lattice cells across the width and the height; more is finer.
        rough: Whether cells are joined by straight ramps, for textures of a few pixels: half the work.
    """
    columns, rows = (int(np.ceil(count)) + 2 * _MARGIN for count in cells)
    lattice = Image.fromarray(generator.random((rows, columns), dtype=np.float32))
    box = (_MARGIN, _MARGIN, _MARGIN + cells[0], _MARGIN + cells[1])
    resample = Image.Resampling.BILINEAR if rough else Image.Resampling.BICUBIC
    return np.asarray(lattice.resize(size, resample, box=box), dtype=np.float32)


def fractal_noise(
    generator: np.random.Generator,
    size: Size,
    cells: tuple[float, float],
    octaves: int = 5,
    gain: float = 0.5,
) -> FloatArray:
    """Return a sum of noise octaves, each twice as fine and `gain` times as strong, in about 0..1.

    Coarse octaves are summed at a few samples per cell and enlarged together.
    """
    total, reach = np.zeros((1, 1), dtype=np.float32), 0.0
    for octave in range(octaves):
        columns, rows = (count * 2.0**octave for count in cells)
        sampled = size if octave == octaves - 1 else (_samples(columns, size[0]), _samples(rows, size[1]))
        total = resize_plane(total, sampled) + np.float32(gain**octave) * value_noise(
            generator, sampled, (columns, rows)
        )
        reach += gain**octave
    total *= np.float32(1 / reach)
    return total


def _samples(cells: float, most: int) -> int:
    """Return how many samples hold noise of so many cells without loss that would show."""
    return min(most, int(np.ceil(_SAMPLES_PER_CELL * cells)))


def ridged(noise: FloatArray) -> FloatArray:
    """Fold noise about its middle so that mid values become sharp crests at 1."""
    return 1 - np.abs(noise * 2 - 1)


def sample(plane: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Return a plane's values at positions in pixels, bilinear, wrapping round at the edges."""
    height, width = plane.shape
    left, top = np.floor(x), np.floor(y)
    across, down = (x - left).astype(np.float32), (y - top).astype(np.float32)
    column, row = left.astype(np.int32) % width, top.astype(np.int32) % height
    next_column, next_row = (column + 1) % width, (row + 1) % height * width
    flat, row = plane.reshape(-1), row * width
    upper = flat[row + column] * (1 - across) + flat[row + next_column] * across
    lower = flat[next_row + column] * (1 - across) + flat[next_row + next_column] * across
    result: FloatArray = upper + (lower - upper) * down
    return result


def warp(plane: FloatArray, shift_x: FloatArray | np.float32, shift_y: FloatArray | np.float32) -> FloatArray:
    """Return a plane displaced by per-pixel shifts in pixels, to the nearest pixel, clamped at the edges."""
    height, width = plane.shape
    columns = np.clip(np.arange(width) + shift_x, 0, width - 1).astype(np.int32)
    rows = np.clip(np.arange(height)[:, None] + shift_y, 0, height - 1).astype(np.int32)
    result: FloatArray = plane.reshape(-1)[rows * width + columns]
    return result


class TileableNoise:
    """Fractal noise that repeats without a seam, sampled at any position.

    One period is one unit; values are in about 0..1.
    """

    def __init__(
        self,
        generator: np.random.Generator,
        *,
        cells: int = 6,
        octaves: int = 5,
        gain: float = 0.5,
        crests: bool = False,
        resolution: int = 512,
    ) -> None:
        """Draw one period of noise.

        Args:
            generator: Source of the lattice values.
            cells: Lattice cells per period in the coarsest octave.
            octaves: Number of octaves.
            gain: Strength of an octave relative to the one before.
            crests: Whether each octave is folded into ridges.
            resolution: Samples per period.
        """
        total = np.zeros((1, 1), dtype=np.float32)
        for octave in range(octaves):
            count = cells * 2**octave
            side = resolution if octave == octaves - 1 else _samples(count, resolution)
            layer = _enlarged_tile(generator.random((count, count), dtype=np.float32), side)
            total = _enlarged_tile(total, side) + np.float32(gain**octave) * (ridged(layer) if crests else layer)
        self._plane = total / np.float32(sum(gain**octave for octave in range(octaves)))

    def at(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the noise at positions in periods."""
        resolution = self._plane.shape[0]
        return sample(self._plane, x * resolution, y * resolution)


def _enlarged_tile(tile: FloatArray, side: int) -> FloatArray:
    """Return a square tile enlarged to a side in pixels, seamless as before."""
    length = len(tile)
    if length == side:
        return tile
    wrapped = Image.fromarray(np.pad(tile, _MARGIN, mode="wrap"))
    box = (_MARGIN, _MARGIN, _MARGIN + length, _MARGIN + length)
    return np.asarray(wrapped.resize((side, side), Image.Resampling.BICUBIC, box=box), dtype=np.float32)
