"""The moon and ringed planets."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.painting.colour import Colour
from imagine_async.sandbox.engines.painting.subjects.figure import Figure, Part
from imagine_async.sandbox.engines.seeding import seeded_generator


def draw_moon(figure: Figure, face: Colour) -> None:
    """Draw a full moon with its seas and craters, 1 wide."""
    figure.disc(0.5, 0.5, 0.5, face, 0.25, glow=True)
    generator = seeded_generator("moon face")
    for x, y, radius in (
        (0.36, 0.34, 0.15),
        (0.58, 0.30, 0.10),
        (0.30, 0.58, 0.12),
        (0.55, 0.60, 0.16),
        (0.70, 0.48, 0.08),
    ):
        figure.disc(x, y, radius, face.scaled(0.80), glow=True, height=0.85)
        figure.disc(x + radius * 0.5, y + radius * 0.4, radius * 0.7, face.scaled(0.82), glow=True)
    for _ in range(26):
        angle, reach = generator.uniform(0, 6.28), 0.42 * np.sqrt(generator.random())
        x, y, radius = 0.5 + reach * np.cos(angle), 0.5 + reach * np.sin(angle), float(generator.uniform(0.01, 0.03))
        figure.disc(x, y, radius, face.scaled(1.06), glow=True)
        figure.disc(x + radius * 0.2, y + radius * 0.2, radius * 0.75, face.scaled(0.86), glow=True)


def draw_planet(figure: Figure, surface: Colour) -> None:
    """Draw a banded planet with rings, about 1.9 wide."""
    _draw_ring(figure, surface, behind=True)
    figure.disc(0.95, 0.5, 0.5, surface, 0.95)
    generator = seeded_generator("planet bands")
    for step in range(9):
        y = 0.10 + step * 0.1
        half = float(np.sqrt(max(0.0, 0.25 - (y - 0.5) ** 2)))
        tone = float(generator.uniform(0.72, 1.25))
        bow = 0.05
        shade = surface.turned(float(generator.uniform(-14, 14))).scaled(tone)
        width = float(generator.uniform(0.02, 0.06))
        figure.line(
            [(0.95 - half * 0.98, y), (0.95, y + bow), (0.95 + half * 0.98, y)],
            [width * 0.6, width, width * 0.6],
            shade,
            0.5,
        )
    _draw_ring(figure, surface, behind=False)


def _draw_ring(figure: Figure, surface: Colour, *, behind: bool) -> None:
    """Draw the half of the rings behind the planet or the half before it."""
    start = np.pi if behind else 0.0
    angles = np.linspace(start, start + np.pi, 48)
    for outer, inner, tone in ((0.95, 0.86, 0.75), (0.84, 0.76, 1.05), (0.74, 0.66, 0.85)):
        points = [(outer * np.cos(turn), outer * np.sin(turn)) for turn in angles]
        points += [(inner * np.cos(turn), inner * np.sin(turn)) for turn in angles[::-1]]
        flat = np.array(points, dtype=np.float32) * (1.0, 0.24)
        tilt = np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])
        outline = (flat @ tilt.T + (0.95, 0.5)).astype(np.float32)
        figure.parts.append(Part(outline, surface.mixed(Colour(0.95, 0.88, 0.75), 0.5).scaled(tone), 0.0))
