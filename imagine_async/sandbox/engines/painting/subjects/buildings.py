"""Houses, castles, lighthouses and windmills."""

from __future__ import annotations

from imagine_async.sandbox.engines.painting.colour import BLACK, WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects.figure import Figure

_PANE = hexadecimal("ffd98a")
_TIMBER = hexadecimal("5b3d2b")


def draw_house(figure: Figure, walls: Colour) -> None:
    """Draw a cottage, about 1.25 wide."""
    roof = hexadecimal("8e4a38") if walls.luminance > 0.4 else hexadecimal("4a4a55")
    figure.face([(0.88, 0.05), (0.99, 0.05), (0.99, 0.30), (0.88, 0.30)], hexadecimal("8a6a5c"), 0.2)
    figure.face([(0.52, 0.46), (1.16, 0.46), (1.16, 1.0), (0.52, 1.0)], walls, 0.1)
    figure.face([(0.10, 0.48), (0.34, 0.20), (0.58, 0.48), (0.58, 1.0), (0.10, 1.0)], walls.scaled(0.86), 0.1)
    figure.face([(0.34, 0.14), (1.04, 0.14), (1.25, 0.52), (0.60, 0.52)], roof, 0.15)
    for row in range(1, 5):
        y = 0.14 + row * 0.076
        figure.line([(0.34 + row * 0.052, y), (1.04 + row * 0.042, y)], [0.006, 0.006], roof.scaled(0.75), 0)
    figure.face([(0.34, 0.12), (0.38, 0.16), (0.08, 0.55), (0.03, 0.52)], roof.scaled(1.15), 0.2)
    figure.face([(0.34, 0.12), (0.38, 0.16), (0.64, 0.53), (0.60, 0.56)], roof.scaled(0.7), 0.2)
    figure.face([(0.26, 0.66), (0.42, 0.66), (0.42, 1.0), (0.26, 1.0)], _TIMBER, 0.2)
    figure.disc(0.395, 0.84, 0.011, hexadecimal("d9b04a"), 0.5)
    for left, top, right, bottom in ((0.285, 0.42, 0.395, 0.56), (0.66, 0.62, 0.82, 0.82), (0.92, 0.62, 1.08, 0.82)):
        _draw_window(figure, left, top, right, bottom)


def _draw_window(figure: Figure, left: float, top: float, right: float, bottom: float) -> None:
    frame = 0.014
    figure.face(
        [
            (left - frame, top - frame),
            (right + frame, top - frame),
            (right + frame, bottom + frame),
            (left - frame, bottom + frame),
        ],
        WHITE.scaled(0.92),
    )
    figure.face([(left, top), (right, top), (right, bottom), (left, bottom)], _PANE, glow=True)
    middle, height = (left + right) / 2, (top + bottom) / 2
    figure.line([(middle, top), (middle, bottom)], [0.01, 0.01], WHITE.scaled(0.9), 0)
    figure.line([(left, height), (right, height)], [0.01, 0.01], WHITE.scaled(0.9), 0)


def draw_castle(figure: Figure, stone: Colour) -> None:
    """Draw a castle with pointed towers, about 1.2 wide."""
    roof = hexadecimal("41597f") if stone.luminance > 0.3 else hexadecimal("7d3440")
    for x, top, half in ((0.60, 0.26, 0.10), (0.36, 0.38, 0.065), (0.84, 0.34, 0.07)):
        _draw_tower(figure, x, top, half, stone.scaled(0.86), roof.scaled(0.9))
    _draw_wall(figure, 0.18, 1.04, 0.64, stone)
    for x, top, half in ((0.14, 0.48, 0.085), (1.06, 0.46, 0.09), (0.44, 0.56, 0.06), (0.77, 0.56, 0.06)):
        _draw_tower(figure, x, top, half, stone, roof)
    figure.face(
        [(0.52, 1.0), (0.52, 0.82), (0.56, 0.76), (0.605, 0.74), (0.65, 0.76), (0.69, 0.82), (0.69, 1.0)], _TIMBER, 0.3
    )


def _draw_wall(figure: Figure, left: float, right: float, top: float, stone: Colour) -> None:
    figure.face([(left, top), (right, top), (right, 1.0), (left, 1.0)], stone.scaled(0.93), 0.06)
    x = left
    while x < right - 0.03:
        figure.face(
            [(x, top - 0.035), (x + 0.035, top - 0.035), (x + 0.035, top + 0.01), (x, top + 0.01)], stone.scaled(0.93)
        )
        x += 0.066
    for row in range(4):
        y = top + 0.07 + row * 0.075
        figure.line([(left, y), (right, y)], [0.004, 0.004], stone.scaled(0.78), 0)


def _draw_tower(figure: Figure, x: float, top: float, half: float, stone: Colour, roof: Colour) -> None:
    figure.face([(x - half, top), (x + half, top), (x + half, 1.0), (x - half, 1.0)], stone, 0.9)
    lip = half * 1.18
    figure.face(
        [(x - lip, top - 0.01), (x + lip, top - 0.01), (x + half, top + 0.06), (x - half, top + 0.06)],
        stone.scaled(0.9),
        0.6,
    )
    figure.face([(x - lip * 1.05, top), (x, top - half * 2.7), (x + lip * 1.05, top)], roof, 0.9)
    peak = top - half * 2.7
    figure.line([(x, peak), (x, peak - 0.06)], [0.006, 0.004], _TIMBER, 0)
    figure.face([(x, peak - 0.06), (x + 0.055, peak - 0.045), (x, peak - 0.028)], hexadecimal("d0402f"), 0.2)
    for drop in (0.12, 0.26):
        figure.curve(
            [
                (x - 0.013, top + drop),
                (x, top + drop - 0.02),
                (x + 0.013, top + drop),
                (x + 0.013, top + drop + 0.05),
                (x - 0.013, top + drop + 0.05),
            ],
            _PANE.mixed(_TIMBER, 0.35),
            0.2,
        )


def draw_lighthouse(figure: Figure, bands: Colour) -> None:
    """Draw a banded lighthouse on its rock, about 0.8 wide."""
    figure.mirror = 0.4
    rock = hexadecimal("5f5a58")
    for lower, upper, tone in ((0.0, 0.2, 1), (0.2, 0.4, 0), (0.4, 0.6, 1), (0.6, 0.8, 0), (0.8, 1.0, 1)):
        _draw_band(figure, lower, upper, bands if tone else WHITE.scaled(0.95))
    figure.face([(0.275, 0.235), (0.525, 0.235), (0.51, 0.265), (0.29, 0.265)], hexadecimal("3a3d45"), 0.3)
    figure.face([(0.335, 0.135), (0.465, 0.135), (0.465, 0.237), (0.335, 0.237)], hexadecimal("fff0b8"), glow=True)
    for x in (0.335, 0.378, 0.422, 0.465):
        figure.line([(x, 0.135), (x, 0.237)], [0.008, 0.008], hexadecimal("3a3d45"), 0)
    figure.face([(0.31, 0.14), (0.40, 0.05), (0.49, 0.14)], bands.scaled(0.85), 0.8)
    figure.disc(0.40, 0.045, 0.014, bands.scaled(0.7))
    for y in (0.42, 0.62):
        figure.face([(0.385, y), (0.415, y), (0.415, y + 0.05), (0.385, y + 0.05)], hexadecimal("3c4552"))
    figure.face([(0.365, 0.90), (0.365, 0.83), (0.40, 0.81), (0.435, 0.83), (0.435, 0.90)], _TIMBER, 0.3)
    figure.face(
        [
            (0.02, 1.0),
            (0.08, 0.93),
            (0.17, 0.905),
            (0.23, 0.88),
            (0.33, 0.90),
            (0.45, 0.885),
            (0.56, 0.875),
            (0.63, 0.91),
            (0.73, 0.93),
            (0.80, 1.0),
        ],
        rock,
        0.8,
    )
    figure.face([(0.20, 1.0), (0.27, 0.94), (0.40, 0.96), (0.47, 1.0)], rock.scaled(0.75), 0.6)


def _draw_band(figure: Figure, lower: float, upper: float, colour: Colour) -> None:
    bottom, top = 0.90 - lower * 0.64, 0.90 - upper * 0.64
    low, high = 0.135 - lower * 0.04, 0.135 - upper * 0.04
    figure.face([(0.4 - low, bottom), (0.4 - high, top), (0.4 + high, top), (0.4 + low, bottom)], colour, 0.5)


def draw_windmill(figure: Figure, walls: Colour) -> None:
    """Draw a windmill, about 0.9 wide."""
    figure.mirror = 0.45
    figure.face([(0.27, 1.0), (0.345, 0.36), (0.555, 0.36), (0.63, 1.0)], walls, 0.9)
    figure.curve([(0.33, 0.375), (0.36, 0.27), (0.45, 0.22), (0.54, 0.27), (0.57, 0.375), (0.45, 0.385)], _TIMBER, 0.8)
    figure.face([(0.41, 1.0), (0.41, 0.86), (0.45, 0.83), (0.49, 0.86), (0.49, 1.0)], _TIMBER, 0.3)
    for y in (0.5, 0.68):
        _draw_window(figure, 0.425, y, 0.475, y + 0.06)
    for ahead, aside in (
        ((0.62, -0.78), (0.78, 0.62)),
        ((0.78, 0.62), (-0.62, 0.78)),
        ((-0.62, 0.78), (-0.78, -0.62)),
        ((-0.78, -0.62), (0.62, -0.78)),
    ):
        _draw_sail(figure, ahead, aside)
    figure.disc(0.45, 0.33, 0.026, _TIMBER)


def _draw_sail(figure: Figure, ahead: tuple[float, float], aside: tuple[float, float]) -> None:
    def at(along: float, across: float) -> tuple[float, float]:
        return 0.45 + ahead[0] * along + aside[0] * across, 0.33 + ahead[1] * along + aside[1] * across

    figure.face([at(0.1, 0.0), at(0.44, 0.0), at(0.44, 0.085), at(0.1, 0.07)], hexadecimal("efe6d2"), 0.2)
    figure.line([at(0.0, 0.0), at(0.45, 0.0)], [0.02, 0.012], _TIMBER, 0.3)
    for along in (0.18, 0.27, 0.36):
        figure.line([at(along, 0.0), at(along, 0.08)], [0.006, 0.006], _TIMBER.mixed(BLACK, 0.1), 0)
