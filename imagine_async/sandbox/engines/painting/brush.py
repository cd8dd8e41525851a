"""Anti-aliased shapes: polygons drawn enlarged with Pillow, reduced, and laid over a float picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from imagine_async.sandbox.engines.arrays import FloatArray, Size

_OVERSAMPLING = 2

_CROWDED = 0.12
"""Share of covered pixels from which going through a whole stamp is quicker than picking them out."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Stamp:
    """The coverage of some shapes.

    Attributes:
        coverage: (height, width) in 0..1.
        left: Column of its left edge in the picture.
        top: Row of its top edge in the picture.
    """

    coverage: FloatArray
    left: int
    top: int


def stamp(polygons: Sequence[FloatArray], size: Size) -> Stamp | None:
    """Return the coverage of polygons, each (points, 2) in pixels, cut to a picture's size; None if outside."""
    if not polygons:
        return None
    points = np.concatenate(polygons)
    left, top = np.maximum(np.floor(points.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 1, size)
    if right <= left or bottom <= top:
        return None
    scale = _OVERSAMPLING
    canvas = Image.new("L", ((right - left) * scale, (bottom - top) * scale))
    draw = ImageDraw.Draw(canvas)
    for polygon in polygons:
        draw.polygon(((polygon - (left, top)) * scale).ravel().tolist(), fill=255)
    coverage = np.asarray(canvas.reduce(scale), dtype=np.float32) / 255
    return Stamp(coverage, int(left), int(top))


def lay(
    picture: FloatArray,
    shape: Stamp | None,
    colour: FloatArray,
    opacity: float = 1.0,
    tone: FloatArray | None = None,
) -> None:
    """Lay a colour over a picture where a stamp covers it, in place.

    Args:
        picture: (height, width, 3).
        shape: The stamp; nothing happens without one.
        colour: (3,), or one colour for each of the stamp's columns, (columns, 3).
        opacity: Factor on the coverage.
        tone: Factor on the colour for each of the stamp's pixels, (rows, columns).
    """
    if shape is None:
        return
    covered = np.flatnonzero(shape.coverage > 0)
    if len(covered) > _CROWDED * shape.coverage.size:
        _lay_all(picture, shape, colour, opacity, tone)
        return
    # Most stamps are mostly empty, so only covered pixels are touched.
    rows, columns = np.divmod(covered, shape.coverage.shape[1])
    share = shape.coverage[rows, columns] * np.float32(opacity)
    factor = None if tone is None else tone[rows, columns]
    places = (rows + shape.top, columns + shape.left)
    for index in range(3):
        channel = picture[..., index]
        paint = colour[index] if colour.ndim == 1 else colour[columns, index]
        below = channel[places]
        channel[places] = below + ((paint if factor is None else paint * factor) - below) * share


def _lay_all(picture: FloatArray, shape: Stamp, colour: FloatArray, opacity: float, tone: FloatArray | None) -> None:
    height, width = shape.coverage.shape
    region = picture[shape.top : shape.top + height, shape.left : shape.left + width]
    share = shape.coverage * np.float32(opacity)
    for index in range(3):
        paint = colour[index] if colour.ndim == 1 else colour[None, :, index]
        change = (paint if tone is None else paint * tone) - region[..., index]
        change *= share
        region[..., index] += change


def polygon(points: Iterable[Point]) -> FloatArray:
    """Return points as an (n, 2) array."""
    return np.array(list(points), dtype=np.float32)


def circle(x: float, y: float, radius: float, points: int = 20) -> FloatArray:
    """Return a circle as a polygon."""
    return (_unit_circle(points) * radius + (x, y)).astype(np.float32)


@cache
def _unit_circle(points: int) -> FloatArray:
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def circles(middles: FloatArray, radii: FloatArray, points: int) -> list[FloatArray]:
    """Return circles as polygons: middles (n, 2) and radii (n,) in pixels."""
    rounds = middles[:, None] + radii[:, None, None] * circle(0, 0, 1, points)
    return list(rounds.astype(np.float32))


def streaks(starts: FloatArray, ends: FloatArray, thin: float, thick: float) -> list[FloatArray]:
    """Return straight strokes as polygons, each from a start to an end, (n, 2), widening on its way."""
    along = ends - starts
    normal = along[:, ::-1] * (-0.5, 0.5) / np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-6)
    corners = [starts + thin * normal, ends + thick * normal, ends - thick * normal, starts - thin * normal]
    return list(np.stack(corners, axis=1).astype(np.float32))


def smooth(points: Sequence[Point], steps: int = 8) -> FloatArray:
    """Return the closed Catmull-Rom curve through points as a polygon."""
    knots = np.array(points, dtype=np.float32)
    before, after = np.roll(knots, 1, axis=0), np.roll(knots, -1, axis=0)
    later = np.roll(knots, -2, axis=0)
    share = (np.arange(steps, dtype=np.float32) / steps)[None, :, None]
    first, second, third, fourth = (knot[:, None] for knot in (before, knots, after, later))
    cubic = -first + 3 * second - 3 * third + fourth
    square = 2 * first - 5 * second + 4 * third - fourth
    curve = 0.5 * (2 * second + (third - first) * share + square * share**2 + cubic * share**3)
    return curve.reshape(-1, 2)


def ribbon(points: Sequence[Point], widths: Sequence[float]) -> FloatArray:
    """Return a line through points as a polygon of varying width, as one smooth stroke."""
    path = np.array(points, dtype=np.float32)
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=-1) * (np.array(widths, dtype=np.float32) / 2)[:, None]
    return np.concatenate([path + normal, (path - normal)[::-1]])
