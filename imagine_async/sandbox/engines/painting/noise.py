"""Value noise: fractal sums, ridges, domain warp and tileable textures for ground seen in perspective."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, Size, resize_plane

_MARGIN = 2
"""Extra lattice cells on each side, so that bicubic interpolation never sees the lattice's end."""

_SAMPLES_PER_CELL = 4

_CELL_PIXELS = 8
"""Pixels across a cell that show its whole shape."""

_STRIP = 64
"""Rows that are sampled at a time: few enough to stay in a core's cache."""

_TILE = 384
"""Side in pixels of a tile of fine texture."""


def value_noise(generator: np.random.Generator, size: Size, cells: tuple[float, float]) -> FloatArray:
    """Return smooth noise, a (height, width) plane in about 0..1.

    Args:
        generator: Source of the lattice values.
        size: Width and height in pixels.
        cells: Lattice cells across the width and the height; more is finer.
    """
    columns, rows = (int(np.ceil(count)) + 2 * _MARGIN for count in cells)
    lattice = Image.fromarray(generator.random((rows, columns), dtype=np.float32))
    box = (_MARGIN, _MARGIN, _MARGIN + cells[0], _MARGIN + cells[1])
    return np.asarray(lattice.resize(size, Image.Resampling.BICUBIC, box=box), dtype=np.float32)


def fractal_noise(
    generator: np.random.Generator,
    size: Size,
    cells: tuple[float, float],
    octaves: int = 5,
    gain: float = 0.5,
) -> FloatArray:
    """Return a sum of noise octaves, each twice as fine and `gain` times as strong, in about 0..1."""
    strengths = [gain**octave for octave in range(octaves)]
    total = np.zeros((1, 1), dtype=np.float32)
    for octave, strength in enumerate(strengths):
        finer = cells[0] * 2.0**octave, cells[1] * 2.0**octave
        needed = _resolution(size, finer)
        total = resize_plane(total, needed, Image.Resampling.BILINEAR)
        total = total + value_noise(generator, needed, finer) * np.float32(strength / sum(strengths))
    return resize_plane(total, size, Image.Resampling.BILINEAR)


def _resolution(size: Size, cells: tuple[float, float]) -> Size:
    """Return a size that is enough for noise of so many cells: the coarse octaves have nothing fine to show."""
    width, height = size
    while (
        width % 2 == height % 2 == 0
        and width >= 2 * _CELL_PIXELS * cells[0]
        and height >= 2 * _CELL_PIXELS * cells[1]
        and 8 * width > size[0]
    ):
        width, height = width // 2, height // 2
    return width, height


def texture(generator: np.random.Generator, size: Size, cell: tuple[float, float]) -> FloatArray:
    """Return fine noise, a (height, width) plane in about 0..1, made of equal tiles without seams.

    Args:
        generator: Source of the lattice values.
        size: Width and height in pixels.
        cell: Width and height of a cell in pixels; a few, or the tiles show.
    """
    cells = [max(1, round(_TILE / length)) for length in cell]
    lattice = np.pad(generator.random((cells[1], cells[0]), dtype=np.float32), _MARGIN, mode="wrap")
    box = (_MARGIN, _MARGIN, _MARGIN + cells[0], _MARGIN + cells[1])
    tile = np.asarray(Image.fromarray(lattice).resize((_TILE, _TILE), Image.Resampling.BICUBIC, box=box))
    return np.tile(tile, (-(-size[1] // _TILE), -(-size[0] // _TILE)))[: size[1], : size[0]]


def _samples(cells: float, most: int) -> int:
    """Return how many samples hold noise of so many cells without loss that would show."""
    return min(most, int(np.ceil(_SAMPLES_PER_CELL * cells)))


def ridged(noise: FloatArray) -> FloatArray:
    """Fold noise about its middle so that mid values become sharp crests at 1."""
    return 1 - np.abs(noise * 2 - 1)


def sample(plane: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Return a plane's values at positions in pixels, bilinear, wrapping round at the edges."""
    continued = np.pad(plane, ((0, 1), (0, 1)), mode="wrap")
    result = np.empty(x.shape, dtype=np.float32)
    for top in range(0, len(x), _STRIP):
        strip = slice(top, top + _STRIP)
        result[strip] = _sampled(continued, x[strip], y[strip])
    return result


def _sampled(continued: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Sample a plane that is continued by one row and one column, so that every pixel has its next."""
    height, width = continued.shape
    left, top = np.floor(x), np.floor(y)
    across, down = (x - left).astype(np.float32), (y - top).astype(np.float32)
    place = top.astype(np.intp) % (height - 1) * width + left.astype(np.intp) % (width - 1)
    flat = continued.reshape(-1)
    lower: FloatArray
    upper, lower = flat[place], flat[place + width]
    place += 1
    upper += (flat[place] - upper) * across
    place += width
    lower += (flat[place] - lower) * across
    lower -= upper
    lower *= down
    lower += upper
    return lower


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
