"""Things of the house, as for a product picture."""

from __future__ import annotations

import math

from imagine_async.sandbox.engines.painting.colour import BLACK, WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects.figure import Figure

_WOOD = hexadecimal("a9744a")
_BRASS = hexadecimal("c9a253")
_STEM = hexadecimal("4c8a3f")


def draw_mug(figure: Figure, glaze: Colour) -> None:
    """Draw a mug of coffee, about 1.1 wide."""
    figure.line(
        [(0.72, 0.34), (1.04, 0.34), (1.06, 0.72), (0.68, 0.80)], [0.085, 0.085, 0.085, 0.085], glaze.scaled(0.9)
    )
    figure.curve(
        [
            (0.10, 0.18),
            (0.44, 0.14),
            (0.78, 0.18),
            (0.79, 0.55),
            (0.75, 0.90),
            (0.62, 0.985),
            (0.44, 1.0),
            (0.26, 0.985),
            (0.13, 0.90),
            (0.09, 0.55),
        ],
        glaze,
        0.9,
        0.28,
    )
    figure.disc(0.44, 0.185, 0.352, glaze.mixed(WHITE, 0.35), 0.2, height=0.30)
    figure.disc(0.44, 0.195, 0.315, glaze.scaled(0.55), 0, height=0.27)
    figure.disc(0.44, 0.210, 0.295, hexadecimal("4a2a18"), 0.3, height=0.22)
    figure.disc(0.40, 0.200, 0.13, hexadecimal("8b5a35"), 0.3, height=0.2)


def draw_bottle(figure: Figure, glass: Colour) -> None:
    """Draw a bottle with a label, about 0.4 wide."""
    figure.mirror = 0.2
    figure.body(
        [
            (0, 0.14),
            (0.052, 0.145),
            (0.055, 0.28),
            (0.09, 0.36),
            (0.155, 0.43),
            (0.165, 0.60),
            (0.165, 0.93),
            (0.13, 0.99),
            (0, 1.0),
        ],
        glass,
        0.9,
        0.45,
    )
    figure.body([(0, 0.50), (0.13, 0.52), (0.14, 0.70), (0.13, 0.955), (0, 0.965)], glass.scaled(0.72), 0.5)
    figure.face([(0.045, 0.56), (0.355, 0.56), (0.355, 0.84), (0.045, 0.84)], hexadecimal("f3ead6"), 0.5)
    figure.line([(0.08, 0.60), (0.32, 0.60)], [0.008, 0.008], _BRASS, 0)
    figure.disc(0.2, 0.69, 0.055, glass.mixed(BLACK, 0.2), 0.5)
    figure.line([(0.10, 0.79), (0.30, 0.79)], [0.012, 0.012], hexadecimal("4a4038"), 0)
    figure.face([(0.14, 0.0), (0.26, 0.0), (0.265, 0.16), (0.135, 0.16)], _BRASS, 0.8, gloss=0.4)
    figure.curve([(0.065, 0.46), (0.085, 0.45), (0.085, 0.92), (0.065, 0.92)], glass.mixed(WHITE, 0.6), 0)


def draw_shoe(figure: Figure, upper: Colour) -> None:
    """Draw a running shoe facing right, about 1.75 wide."""
    figure.curve(
        [(0.14, 0.16), (0.34, 0.20), (0.56, 0.12), (0.66, 0.05), (0.52, 0.30), (0.24, 0.36)], upper.scaled(0.5), 0.3
    )
    figure.curve(
        [
            (0.08, 0.02),
            (0.16, 0.12),
            (0.36, 0.22),
            (0.58, 0.12),
            (0.70, 0.0),
            (0.86, 0.14),
            (1.12, 0.36),
            (1.44, 0.46),
            (1.66, 0.58),
            (1.70, 0.76),
            (1.40, 0.84),
            (0.5, 0.84),
            (0.08, 0.80),
            (0.07, 0.50),
        ],
        upper,
        0.7,
        0.1,
    )
    figure.curve(
        [(1.26, 0.44), (1.50, 0.49), (1.66, 0.60), (1.70, 0.76), (1.46, 0.80), (1.40, 0.62)], upper.scaled(0.8), 0.6
    )
    figure.curve([(0.07, 0.40), (0.26, 0.42), (0.34, 0.62), (0.30, 0.82), (0.09, 0.80)], upper.scaled(0.78), 0.5)
    figure.curve(
        [(0.44, 0.74), (0.66, 0.66), (0.94, 0.42), (1.04, 0.46), (0.84, 0.70), (0.54, 0.80)], WHITE.scaled(0.96), 0.4
    )
    for step in range(4):
        x, y = 0.74 + step * 0.115, 0.13 + step * 0.085
        figure.line([(x, y), (x + 0.10, y - 0.05)], [0.032, 0.028], WHITE.scaled(0.94), 0.6)
    figure.curve(
        [
            (0.05, 0.78),
            (0.5, 0.82),
            (1.2, 0.82),
            (1.70, 0.74),
            (1.74, 0.88),
            (1.56, 0.98),
            (0.9, 0.97),
            (0.2, 0.99),
            (0.04, 0.93),
        ],
        WHITE.scaled(0.95),
        0.6,
    )
    figure.line([(0.08, 0.975), (0.9, 0.955), (1.6, 0.965)], [0.04, 0.04, 0.035], upper.mixed(BLACK, 0.55), 0.3)


def draw_lamp(figure: Figure, shade: Colour) -> None:
    """Draw a lit table lamp, about 0.7 wide."""
    figure.mirror = 0.35
    figure.line([(0.35, 0.40), (0.35, 0.95)], [0.03, 0.03], _BRASS)
    figure.body([(0, 0.56), (0.07, 0.60), (0.105, 0.72), (0.06, 0.86), (0, 0.90)], shade.scaled(0.75), 0.9, 0.35)
    figure.body([(0, 0.915), (0.14, 0.925), (0.19, 0.97), (0.19, 0.995), (0, 1.0)], _BRASS, 0.6, 0.3)
    figure.disc(0.35, 0.435, 0.285, hexadecimal("fff1c2"), height=0.16, glow=True)
    figure.face(
        [(0.19, 0.0), (0.51, 0.0), (0.64, 0.43), (0.50, 0.452), (0.35, 0.458), (0.20, 0.452), (0.06, 0.43)],
        shade.mixed(hexadecimal("fff0c8"), 0.35),
        0.9,
    )
    figure.disc(0.35, 0.005, 0.16, hexadecimal("fff1c2"), height=0.14, glow=True)


def draw_chair(figure: Figure, cloth: Colour) -> None:
    """Draw an armchair, about 0.95 wide."""
    figure.mirror = 0.47
    for x, bottom in ((0.20, 0.94), (0.74, 0.94), (0.14, 1.0), (0.80, 1.0)):
        figure.line([(0.47 + (x - 0.47) * 0.9, 0.78), (x, bottom)], [0.05, 0.026], _WOOD)
    figure.body([(0, 0.0), (0.22, 0.02), (0.31, 0.12), (0.31, 0.50), (0.27, 0.68), (0, 0.70)], cloth.scaled(0.9), 0.6)
    for x, y in ((0.37, 0.20), (0.57, 0.20), (0.47, 0.34), (0.30, 0.34), (0.64, 0.34)):
        figure.disc(x, y, 0.014, cloth.scaled(0.6), 0.6)
    figure.body([(0, 0.54), (0.26, 0.55), (0.31, 0.61), (0.30, 0.70), (0, 0.72)], cloth.scaled(1.12), 0.7)
    figure.body([(0, 0.69), (0.33, 0.69), (0.34, 0.80), (0.30, 0.84), (0, 0.85)], cloth.scaled(0.85), 0.5)
    figure.pair(
        [(0.72, 0.46), (0.80, 0.40), (0.90, 0.44), (0.92, 0.60), (0.89, 0.82), (0.76, 0.84), (0.73, 0.66)], cloth, 0.7
    )


def draw_vase(figure: Figure, glaze: Colour) -> None:
    """Draw a vase, about 0.6 wide."""
    figure.mirror = 0.3
    half = [
        (0.0, 0.02),
        (0.13, 0.025),
        (0.105, 0.12),
        (0.10, 0.22),
        (0.20, 0.38),
        (0.27, 0.54),
        (0.24, 0.74),
        (0.15, 0.92),
        (0.14, 0.99),
        (0.0, 1.0),
    ]
    figure.body(half, glaze, 0.9, 0.35)
    for y, reach in ((0.42, 0.225), (0.46, 0.245), (0.70, 0.25)):
        figure.line(
            [(0.3 - reach, y - 0.01), (0.3, y + 0.02), (0.3 + reach, y - 0.01)], [0.012] * 3, glaze.mixed(WHITE, 0.6), 0
        )
    figure.disc(0.3, 0.032, 0.135, glaze.mixed(WHITE, 0.3), 0.2, height=0.2)
    figure.disc(0.3, 0.036, 0.112, glaze.scaled(0.3), 0, height=0.17)


def draw_bouquet(figure: Figure, glaze: Colour) -> None:
    """Draw flowers in a vase, about 0.9 wide."""
    figure.mirror = 0.45
    blooms = ((0.45, 0.13), (0.24, 0.20), (0.66, 0.21), (0.12, 0.34), (0.79, 0.35), (0.36, 0.31), (0.57, 0.33))
    for x, y in blooms:
        figure.line([(x, y), ((x + 0.45) / 2, 0.42), (0.45, 0.60)], [0.014, 0.016, 0.02], _STEM.scaled(0.9))
    for side in (-1, 1):
        for reach, y in ((0.34, 0.47), (0.24, 0.42)):
            tip = 0.45 + side * reach
            figure.curve(
                [(0.45, 0.55), ((0.45 + tip) / 2, y - 0.04), (tip, y), ((0.45 + tip) / 2, y + 0.07)], _STEM, 0.5
            )
    for (x, y), code in zip(
        blooms, ("e0527a", "f2b24a", "d9483b", "f4efe4", "b56fd0", "f2c9d4", "e87a4a"), strict=True
    ):
        _draw_bloom(figure, x, y, hexadecimal(code))
    half = [(0.0, 0.56), (0.10, 0.565), (0.085, 0.62), (0.15, 0.74), (0.165, 0.84), (0.12, 0.97), (0.0, 1.0)]
    figure.body(half, glaze, 0.9, 0.35)
    for y, reach in ((0.74, 0.14), (0.86, 0.155)):
        band = [(0.45 - reach, y), (0.45, y + 0.015), (0.45 + reach, y)]
        figure.line(band, [0.01] * 3, glaze.mixed(WHITE, 0.6), 0)


def _draw_bloom(figure: Figure, x: float, y: float, petals: Colour) -> None:
    for step in range(7):
        turn = 2 * math.pi * step / 7 + 9 * x
        shade = petals.scaled(0.86 + 0.04 * step)
        figure.disc(x + 0.058 * math.cos(turn), y + 0.05 * math.sin(turn), 0.05, shade, 0.6)
    figure.disc(x, y, 0.034, hexadecimal("e9b93c"), 0.6)


def draw_apple(figure: Figure, skin: Colour) -> None:
    """Draw an apple, about 1 wide."""
    figure.mirror = 0.48
    figure.curve(
        [
            (0.48, 0.24),
            (0.62, 0.16),
            (0.80, 0.19),
            (0.93, 0.36),
            (0.93, 0.60),
            (0.80, 0.86),
            (0.64, 0.99),
            (0.48, 0.955),
            (0.32, 0.99),
            (0.16, 0.86),
            (0.03, 0.60),
            (0.03, 0.36),
            (0.16, 0.19),
            (0.34, 0.16),
        ],
        skin,
        0.95,
        0.3,
    )
    figure.disc(0.48, 0.235, 0.10, skin.scaled(0.55), 0.9, height=0.28)
    figure.line([(0.48, 0.25), (0.49, 0.12), (0.54, 0.0)], [0.03, 0.024, 0.036], _WOOD.scaled(0.6))
    figure.curve([(0.51, 0.14), (0.62, 0.02), (0.80, 0.03), (0.72, 0.13), (0.60, 0.16)], hexadecimal("5c9a3c"), 0.6)
