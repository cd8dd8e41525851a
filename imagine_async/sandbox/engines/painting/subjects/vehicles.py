"""Boats, ships, cars, rockets and balloons."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.painting.brush import Point
from imagine_async.sandbox.engines.painting.colour import BLACK, WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects.figure import Figure

_CANVAS = hexadecimal("f6efe0")
_TIMBER = hexadecimal("5a3a26")
_GLASS = hexadecimal("8fb6cf")
_STEEL = hexadecimal("c9ced6")


def draw_boat(figure: Figure, hull: Colour) -> None:
    """Draw a sailing boat, about 0.95 wide."""
    figure.line([(0.47, 0.0), (0.47, 0.86)], [0.012, 0.018], _TIMBER, 0.5)
    figure.curve(
        [(0.485, 0.04), (0.62, 0.26), (0.80, 0.62), (0.87, 0.745), (0.66, 0.755), (0.485, 0.75), (0.49, 0.4)],
        _CANVAS,
        0.45,
    )
    jib = hull.mixed(WHITE, 0.3)
    figure.curve(
        [(0.455, 0.10), (0.36, 0.34), (0.22, 0.60), (0.12, 0.745), (0.28, 0.755), (0.45, 0.74), (0.44, 0.4)], jib, 0.45
    )
    for y in (0.26, 0.44, 0.60):
        figure.line([(0.487, y), (0.50 + (y - 0.02) * 0.48, y + 0.012)], [0.004, 0.003], _CANVAS.scaled(0.82), 0)
    figure.curve(
        [
            (0.04, 0.82),
            (0.25, 0.835),
            (0.50, 0.84),
            (0.75, 0.83),
            (0.96, 0.80),
            (0.90, 0.90),
            (0.80, 0.99),
            (0.50, 1.0),
            (0.22, 0.99),
            (0.10, 0.92),
        ],
        hull,
        0.5,
        0.1,
    )
    figure.line([(0.05, 0.83), (0.5, 0.85), (0.95, 0.81)], [0.018, 0.018, 0.018], WHITE.scaled(0.92), 0.3)


def draw_ship(figure: Figure, hull: Colour) -> None:
    """Draw a three-masted ship, about 1.2 wide."""
    for x, top in ((0.34, 0.10), (0.60, 0.0), (0.85, 0.12)):
        figure.line([(x, top), (x, 0.80)], [0.010, 0.018], _TIMBER, 0.4)
        for row, (upper, lower, half) in enumerate(((0.05, 0.20, 0.085), (0.215, 0.40, 0.115), (0.415, 0.64, 0.135))):
            _draw_sail(figure, x, top + upper * 0.95, top * 0.4 + lower, half, 1.0 - 0.04 * row)
    figure.face([(0.85, 0.12), (0.95, 0.145), (0.85, 0.17)], hull.mixed(hexadecimal("d0402f"), 0.5))
    figure.face([(0.95, 0.70), (1.24, 0.52), (0.97, 0.745)], _TIMBER, 0.3)
    figure.face([(0.96, 0.36), (1.20, 0.55), (0.97, 0.68)], _CANVAS.scaled(0.92), 0.4)
    figure.curve(
        [
            (0.09, 0.66),
            (0.22, 0.67),
            (0.26, 0.75),
            (0.60, 0.78),
            (0.90, 0.745),
            (1.06, 0.71),
            (0.98, 0.88),
            (0.90, 0.99),
            (0.50, 1.0),
            (0.20, 0.99),
            (0.12, 0.86),
        ],
        hull,
        0.5,
    )
    figure.line([(0.13, 0.80), (0.55, 0.85), (1.0, 0.78)], [0.02, 0.02, 0.015], hexadecimal("d8b25a"), 0.2)
    for step in range(7):
        figure.disc(0.25 + step * 0.095, 0.885 - 0.003 * step, 0.016, BLACK.mixed(hull, 0.3), 0)


def _draw_sail(figure: Figure, x: float, top: float, bottom: float, half: float, tone: float) -> None:
    figure.curve(
        [
            (x - half * 0.86, top),
            (x + half * 0.86, top),
            (x + half * 1.12, (top + bottom) / 2),
            (x + half, bottom),
            (x + half * 0.1, bottom - 0.02),
            (x - half, bottom),
            (x - half * 0.72, (top + bottom) / 2),
        ],
        _CANVAS.scaled(tone),
        0.7,
    )


def draw_car(figure: Figure, paint: Colour) -> None:
    """Draw a car from the side, facing right, about 2.3 wide."""
    figure.curve(
        [
            (0.10, 0.72),
            (0.10, 0.48),
            (0.40, 0.40),
            (0.72, 0.10),
            (1.05, 0.03),
            (1.38, 0.09),
            (1.70, 0.40),
            (2.08, 0.48),
            (2.24, 0.62),
            (2.22, 0.78),
            (2.0, 0.84),
            (0.4, 0.84),
            (0.14, 0.82),
        ],
        paint,
        0.6,
        0.22,
    )
    figure.curve(
        [(0.62, 0.40), (0.80, 0.17), (1.02, 0.11), (1.07, 0.12), (1.07, 0.40), (0.84, 0.41)],
        _GLASS.scaled(0.7),
        0.3,
        0.25,
    )
    figure.curve([(1.14, 0.40), (1.14, 0.12), (1.34, 0.16), (1.56, 0.39), (1.35, 0.41)], _GLASS.scaled(0.7), 0.3, 0.25)
    figure.line([(0.14, 0.56), (1.0, 0.53), (2.2, 0.58)], [0.012, 0.012, 0.012], paint.mixed(WHITE, 0.4), 0)
    figure.line([(1.10, 0.12), (1.10, 0.80)], [0.012, 0.012], paint.scaled(0.6), 0)
    figure.line([(0.88, 0.48), (0.98, 0.48)], [0.022, 0.022], _STEEL, 0.4)
    figure.curve([(2.08, 0.52), (2.20, 0.58), (2.20, 0.64), (2.08, 0.61)], hexadecimal("fff3c9"), 0.4)
    figure.curve([(0.10, 0.53), (0.18, 0.53), (0.18, 0.62), (0.10, 0.62)], hexadecimal("c2261f"), 0.4)
    figure.line([(0.16, 0.81), (2.18, 0.81)], [0.05, 0.05], paint.mixed(BLACK, 0.72), 0.4)
    for x in (0.54, 1.78):
        _draw_wheel(figure, x)


def _draw_wheel(figure: Figure, x: float) -> None:
    rubber = hexadecimal("1c1c20")
    figure.disc(x, 0.80, 0.225, rubber.scaled(0.8), 0)
    figure.disc(x, 0.81, 0.19, rubber.scaled(1.5), 0.4)
    figure.disc(x, 0.81, 0.115, _STEEL, 0.5)
    for step in range(5):
        turn = 2 * np.pi * step / 5 + 0.3
        figure.disc(x + 0.066 * np.cos(turn), 0.81 + 0.066 * np.sin(turn), 0.026, rubber, 0)
    figure.disc(x, 0.81, 0.028, _STEEL.scaled(0.7), 0.5)


def draw_rocket(figure: Figure, trim: Colour) -> None:
    """Draw a rocket with its flame, about 0.6 wide."""
    figure.mirror = 0.3
    for half, bottom, colour in ((0.10, 1.0, "ff7a1f"), (0.07, 0.94, "ffc23a"), (0.04, 0.88, "fff4c4")):
        right: list[Point] = [(0.3 + half * 0.7, 0.74), (0.3 + half, 0.80), (0.3, bottom)]
        figure.face([(0.3 - half * 0.7, 0.74), *right, (0.3 - half, 0.80)], hexadecimal(colour), glow=True)
    figure.pair([(0.40, 0.50), (0.56, 0.66), (0.56, 0.80), (0.40, 0.70)], trim.scaled(0.9), 0.4)
    figure.body(
        [(0, 0.0), (0.075, 0.10), (0.125, 0.30), (0.125, 0.55), (0.085, 0.74), (0, 0.75)],
        hexadecimal("eef0f4"),
        0.9,
        0.1,
    )
    figure.body([(0, 0.0), (0.05, 0.055), (0.098, 0.165), (0, 0.185)], trim, 0.9)
    figure.face([(0.215, 0.70), (0.385, 0.70), (0.37, 0.755), (0.23, 0.755)], hexadecimal("5a5f6b"), 0.5)
    figure.disc(0.3, 0.33, 0.062, trim.scaled(0.85), 0.4)
    figure.disc(0.3, 0.33, 0.045, hexadecimal("6fb4dd"), 0.6, gloss=0.5)
    figure.face([(0.285, 0.52), (0.315, 0.52), (0.315, 0.78), (0.285, 0.78)], trim.scaled(0.8), 0.4)


def draw_balloon(figure: Figure, cloth: Colour) -> None:
    """Draw a hot-air balloon, about 0.75 wide."""
    figure.mirror = 0.37
    for x in (0.29, 0.34, 0.40, 0.45):
        figure.line([(0.37 + (x - 0.37) * 1.5, 0.68), (x, 0.88)], [0.006, 0.006], _TIMBER, 0)
    half = [
        (0.0, 0.0),
        (0.20, 0.03),
        (0.34, 0.16),
        (0.37, 0.32),
        (0.30, 0.50),
        (0.16, 0.66),
        (0.09, 0.72),
        (0.0, 0.725),
    ]
    figure.body(half, cloth, 0.95, 0.08)
    for share, tone in ((0.80, hexadecimal("fbe9c8")), (0.52, cloth), (0.26, hexadecimal("fbe9c8"))):
        figure.body([(x * share, y) for x, y in half], tone, 0.9 if share > 0.7 else 0.5)
    figure.body([(0, 0.70), (0.085, 0.705), (0.075, 0.735), (0, 0.74)], cloth.scaled(0.7), 0.3)
    figure.face([(0.285, 0.87), (0.455, 0.87), (0.435, 1.0), (0.305, 1.0)], hexadecimal("9a6a3c"), 0.5)
    figure.line([(0.28, 0.875), (0.46, 0.875)], [0.025, 0.025], hexadecimal("6b4526"), 0.4)
