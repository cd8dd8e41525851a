"""Trees, flowers, a cactus and mushrooms."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.painting.colour import WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects.figure import Figure
from imagine_async.sandbox.engines.seeding import seeded_generator

_BARK = hexadecimal("5d4232")
_STEM = hexadecimal("4c8a3f")


def draw_tree(figure: Figure, leaves: Colour) -> None:
    """Draw a broad-leaved tree, about 0.95 wide."""
    figure.line([(0.47, 1.0), (0.49, 0.8), (0.47, 0.5)], [0.12, 0.07, 0.045], _BARK)
    for end in ((0.28, 0.46), (0.68, 0.44), (0.38, 0.32), (0.60, 0.30)):
        figure.line([(0.48, 0.68), end], [0.045, 0.015], _BARK)
    generator = seeded_generator("tree crown")
    for tone, count, spread, radius in ((0.74, 24, 0.36, 0.10), (0.9, 36, 0.35, 0.062), (1.06, 40, 0.32, 0.042)):
        for _ in range(count):
            angle, reach = generator.uniform(0, 2 * np.pi), spread * np.sqrt(generator.random())
            x, y = 0.48 + reach * np.cos(angle) * 1.18, 0.32 + reach * np.sin(angle) * 0.82
            lift = (1.1 - tone) * 0.08
            shade = leaves.turned(float(generator.uniform(-9, 9))).scaled(tone * float(generator.uniform(0.88, 1.12)))
            figure.disc(x - lift * 0.3, y + lift, radius * float(generator.uniform(0.7, 1.2)), shade, 0.65)


def draw_conifer(figure: Figure, needles: Colour) -> None:
    """Draw a fir tree, about 0.6 wide."""
    figure.mirror = 0.3
    figure.face([(0.27, 0.85), (0.33, 0.85), (0.34, 1.0), (0.26, 1.0)], _BARK, 0.6)
    for tier in range(7, -1, -1):
        top, half = tier * 0.108, 0.075 + tier * 0.031
        low = top + 0.19
        right = [
            (half * share, low + (0.028 if step % 2 else 0.0) - 0.02 * share)
            for step, share in enumerate((1.0, 0.78, 0.55, 0.3, 0.1))
        ]
        left = [(-x, y) for x, y in reversed(right)]
        outline = [(0.3 + x, y) for x, y in [(0.0, top), *right, *left]]
        figure.face(outline, needles.scaled(0.75 + 0.045 * (7 - tier)), 0.9)


def draw_palm(figure: Figure, fronds: Colour) -> None:
    """Draw a leaning palm, about 0.9 wide."""
    figure.line(
        [(0.30, 1.0), (0.36, 0.7), (0.44, 0.45), (0.52, 0.28)], [0.07, 0.05, 0.042, 0.036], hexadecimal("8a6a48")
    )
    for angle in (200, 165, 232, 340, 15, 308, 270, 130, 50):
        turn = np.radians(angle)
        mid = (0.52 + 0.24 * np.cos(turn), 0.27 + 0.20 * np.sin(turn) - 0.04)
        tip = (0.52 + 0.42 * np.cos(turn), 0.27 + 0.26 * np.sin(turn) + 0.13)
        shade = fronds.scaled(0.7 + 0.35 * (np.sin(turn) < 0) + 0.1 * np.cos(turn))
        figure.line([(0.52, 0.27), mid, tip], [0.03, 0.085, 0.004], shade, 0.7)
    for x, y in ((0.49, 0.30), (0.54, 0.31), (0.52, 0.335)):
        figure.disc(x, y, 0.026, hexadecimal("6b4a2c"), 0.7)


def draw_flower(figure: Figure, petals: Colour) -> None:
    """Draw a flower on its stem, about 0.6 wide."""
    figure.line([(0.30, 0.32), (0.32, 0.62), (0.28, 1.0)], [0.022, 0.026, 0.032], _STEM)
    figure.curve([(0.305, 0.82), (0.40, 0.62), (0.58, 0.56), (0.52, 0.72), (0.38, 0.82)], _STEM.scaled(1.1), 0.5)
    figure.curve([(0.295, 0.90), (0.20, 0.74), (0.04, 0.70), (0.10, 0.84), (0.22, 0.91)], _STEM.scaled(0.85), 0.5)
    for ring, (count, reach, width, tone) in enumerate(
        ((11, 0.27, 0.062, 0.8), (11, 0.235, 0.055, 1.0), (9, 0.16, 0.045, 1.12))
    ):
        for step in range(count):
            turn = 2 * np.pi * (step + 0.5 * ring) / count - np.pi / 2
            _draw_petal(figure, turn, reach, width, petals.turned(ring * 5).scaled(tone))
    figure.disc(0.30, 0.28, 0.075, hexadecimal("c98a1d"), 0.6)
    figure.disc(0.30, 0.275, 0.052, hexadecimal("e9b93c"), 0.6)


def _draw_petal(figure: Figure, turn: float, reach: float, width: float, colour: Colour) -> None:
    ahead, aside = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    steps = ((0.12, 0.3), (0.55, 1.0), (0.88, 0.75), (1.0, 0.0), (0.88, -0.75), (0.55, -1.0), (0.12, -0.3))
    points = [np.array([0.30, 0.28]) + ahead * share * reach + aside * side * width for share, side in steps]
    figure.curve([(float(x), float(y)) for x, y in points], colour, 0.7)


def draw_mushroom(figure: Figure, cap: Colour) -> None:
    """Draw a toadstool, about 0.95 wide."""
    figure.mirror = 0.47
    cream = hexadecimal("efe3cc")
    figure.body([(0, 0.38), (0.10, 0.45), (0.095, 0.75), (0.13, 0.95), (0, 1.0)], cream, 0.8)
    figure.body([(0, 0.40), (0.26, 0.42), (0.40, 0.47), (0.22, 0.53), (0, 0.55)], cream.scaled(0.72), 0.4)
    figure.body([(0, 0.555), (0.12, 0.57), (0.15, 0.66), (0.06, 0.64), (0, 0.66)], cream.scaled(0.95), 0.5)
    figure.body(
        [(0, 0.02), (0.20, 0.06), (0.37, 0.22), (0.45, 0.44), (0.40, 0.50), (0.2, 0.475), (0, 0.47)], cap, 0.8, 0.12
    )
    for x, y, radius in (
        (0.40, 0.16, 0.055),
        (0.60, 0.22, 0.045),
        (0.25, 0.30, 0.045),
        (0.47, 0.34, 0.06),
        (0.72, 0.38, 0.04),
        (0.14, 0.42, 0.03),
        (0.62, 0.42, 0.03),
        (0.52, 0.08, 0.03),
    ):
        figure.disc(x, y, radius, WHITE.scaled(0.97), 0.5, height=0.8)


def draw_cactus(figure: Figure, skin: Colour) -> None:
    """Draw a saguaro, about 0.75 wide."""
    for path in ([(0.40, 0.66), (0.18, 0.66), (0.16, 0.40)], [(0.40, 0.56), (0.60, 0.55), (0.62, 0.28)]):
        figure.line(path, [0.10, 0.10, 0.095], skin.scaled(0.92))
        figure.disc(path[-1][0], path[-1][1], 0.048, skin.scaled(0.92), 0.7)
    figure.line([(0.40, 0.10), (0.40, 1.0)], [0.15, 0.16], skin)
    figure.disc(0.40, 0.10, 0.075, skin, 0.8)
    for x in (0.36, 0.40, 0.44):
        figure.line([(x, 0.09), (x, 0.98)], [0.006, 0.006], skin.scaled(0.7), 0)
    for angle in range(0, 360, 60):
        figure.disc(
            0.40 + 0.022 * np.cos(np.radians(angle)),
            0.04 + 0.015 * np.sin(np.radians(angle)),
            0.02,
            hexadecimal("ee6f9e"),
            0.5,
        )
