"""A figure: parts drawn one over the other, each a closed outline of one colour with a rounded body.

Coordinates are in units of the figure's height, x to the right from 0 to the figure's aspect, y down from 0
to 1, where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray
from imagine_async.sandbox.engines.painting.brush import Point, circle, polygon, ribbon, smooth
from imagine_async.sandbox.engines.painting.colour import Colour


@dataclass(frozen=True)
class Part:
    """One part of a figure.

    Attributes:
        outline: (points, 2) in figure units.
        colour: Its colour under white light.
        roundness: How far the rounding of its edges reaches inwards, as a share of its smaller side.
        gloss: Strength of its highlight.
        glow: Whether it shines by itself and takes no shading.
    """

    outline: FloatArray
    colour: Colour
    roundness: float = 0.5
    gloss: float = 0.0
    glow: bool = False


@dataclass
class Figure:
    """The parts of a subject, back to front.

    Attributes:
        parts: The parts.
        mirror: Column about which :meth:`pair` mirrors.
    """

    parts: list[Part] = field(default_factory=list)
    mirror: float = 0.5

    def curve(self, points: Sequence[Point], colour: Colour, roundness: float = 0.5, gloss: float = 0.0) -> None:
        """Add a smooth closed curve through points."""
        self.parts.append(Part(smooth(points), colour, roundness, gloss))

    def face(
        self,
        points: Sequence[Point],
        colour: Colour,
        roundness: float = 0.0,
        *,
        gloss: float = 0.0,
        glow: bool = False,
    ) -> None:
        """Add a polygon with sharp corners, flat unless rounded."""
        self.parts.append(Part(polygon(points), colour, roundness, gloss, glow))

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        colour: Colour,
        roundness: float = 0.5,
        *,
        height: float = 1.0,
        gloss: float = 0.0,
        glow: bool = False,
    ) -> None:
        """Add a disc, or an ellipse whose height is a factor of its width."""
        outline = (circle(0, 0, radius, 40) * (1, height) + (x, y)).astype(np.float32)
        self.parts.append(Part(outline, colour, roundness, gloss, glow))

    def line(self, points: Sequence[Point], widths: Sequence[float], colour: Colour, roundness: float = 0.6) -> None:
        """Add a tapering limb through points, smoothed."""
        path, spread = _densified(points, widths)
        self.parts.append(Part(ribbon(path, spread), colour, roundness))

    def pair(self, points: Sequence[Point], colour: Colour, roundness: float = 0.5, *, smoothly: bool = True) -> None:
        """Add a closed outline and its mirror image."""
        mirrored = [(2 * self.mirror - x, y) for x, y in points]
        for side in (points, mirrored):
            if smoothly:
                self.curve(side, colour, roundness)
            else:
                self.face(side, colour, roundness)

    def discs(
        self,
        x: float,
        y: float,
        radius: float,
        colour: Colour,
        roundness: float = 0.5,
        height: float = 1.0,
        gloss: float = 0.0,
    ) -> None:
        """Add a disc and its mirror image."""
        for column in (x, 2 * self.mirror - x):
            self.disc(column, y, radius, colour, roundness, height=height, gloss=gloss)

    def body(self, half: Sequence[Point], colour: Colour, roundness: float = 0.5, gloss: float = 0.0) -> None:
        """Add a symmetric smooth body from its right half, top to bottom, x measured from the mirror."""
        right = [(self.mirror + x, y) for x, y in half]
        left = [(self.mirror - x, y) for x, y in reversed(half) if x > 0]
        self.curve([*right, *left], colour, roundness, gloss)


def _densified(points: Sequence[Point], widths: Sequence[float]) -> tuple[list[Point], list[float]]:
    smoothing = _smoothing(len(points))
    steps = np.linspace(0, 1, len(smoothing))
    columns, rows = (smoothing @ np.array(points, dtype=np.float64)).T.tolist()
    return list(zip(columns, rows, strict=True)), np.interp(steps, np.linspace(0, 1, len(widths)), widths).tolist()


@cache
def _smoothing(count: int) -> FloatArray:
    """Return the matrix that turns so many points into those of the cubic nearest to them, or through them."""
    degree = min(3, count - 1)
    knots, steps = (np.vander(np.linspace(0, 1, number), degree + 1) for number in (count, max(2, 7 * (count - 1))))
    return steps @ np.linalg.pinv(knots)
