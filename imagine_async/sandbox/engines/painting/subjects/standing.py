"""Standing hoofed animals in profile, facing right."""

from __future__ import annotations

from imagine_async.sandbox.engines.painting.colour import BLACK, WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects.figure import Figure

_HOOF = hexadecimal("241c1a")


def draw_horse(figure: Figure, coat: Colour) -> None:
    """Draw a horse, about 1.15 wide."""
    mane = coat.mixed(BLACK, 0.62)
    _draw_legs(figure, coat.scaled(0.7), shift=0.055, slim=1.0)
    figure.line([(0.21, 0.43), (0.10, 0.50), (0.07, 0.68), (0.11, 0.86)], [0.05, 0.10, 0.09, 0.015], mane)
    _draw_trunk(figure, coat)
    figure.curve(
        [
            (0.68, 0.46),
            (0.76, 0.27),
            (0.87, 0.10),
            (0.95, 0.12),
            (0.95, 0.25),
            (0.88, 0.42),
            (0.84, 0.57),
            (0.72, 0.58),
        ],
        coat,
        0.6,
    )
    figure.curve(
        [
            (0.86, 0.10),
            (0.93, 0.06),
            (0.99, 0.11),
            (1.09, 0.25),
            (1.10, 0.31),
            (1.04, 0.34),
            (0.97, 0.27),
            (0.89, 0.24),
        ],
        coat.scaled(1.04),
        0.6,
    )
    figure.curve(
        [
            (0.93, 0.06),
            (0.86, 0.055),
            (0.76, 0.20),
            (0.67, 0.40),
            (0.70, 0.46),
            (0.76, 0.36),
            (0.81, 0.30),
            (0.88, 0.16),
        ],
        mane,
        0.4,
    )
    figure.face([(0.88, 0.09), (0.895, 0.0), (0.94, 0.08)], coat.scaled(0.9), 0.3)
    figure.disc(0.975, 0.16, 0.014, BLACK, 0)
    figure.disc(1.075, 0.295, 0.011, coat.mixed(BLACK, 0.6), 0)
    _draw_legs(figure, coat, shift=0.0, slim=1.0)


def draw_deer(figure: Figure, coat: Colour) -> None:
    """Draw a stag, about 1.15 wide."""
    pale = coat.mixed(WHITE, 0.6)
    _draw_antlers(figure, hexadecimal("c7a983"))
    _draw_legs(figure, coat.scaled(0.68), shift=0.05, slim=0.72)
    figure.disc(0.20, 0.52, 0.055, pale, 0.6, height=1.3)
    _draw_trunk(figure, coat)
    figure.curve(
        [
            (0.69, 0.50),
            (0.76, 0.36),
            (0.83, 0.24),
            (0.91, 0.24),
            (0.91, 0.36),
            (0.87, 0.50),
            (0.83, 0.62),
            (0.72, 0.60),
        ],
        coat.scaled(0.96),
        0.6,
    )
    figure.curve([(0.87, 0.37), (0.90, 0.42), (0.86, 0.53), (0.82, 0.58), (0.83, 0.48)], pale, 0.5)
    figure.curve(
        [(0.82, 0.24), (0.88, 0.205), (0.94, 0.23), (1.03, 0.315), (1.03, 0.35), (0.97, 0.36), (0.89, 0.34)],
        coat.scaled(1.05),
        0.6,
    )
    figure.curve([(0.84, 0.235), (0.77, 0.20), (0.72, 0.21), (0.77, 0.255)], coat.scaled(0.85), 0.5)
    figure.disc(0.925, 0.262, 0.013, BLACK, 0)
    figure.disc(1.03, 0.328, 0.018, _HOOF, 0.5)
    _draw_legs(figure, coat, shift=0.0, slim=0.72)


def _draw_trunk(figure: Figure, coat: Colour) -> None:
    figure.curve(
        [
            (0.19, 0.46),
            (0.28, 0.41),
            (0.45, 0.43),
            (0.62, 0.43),
            (0.76, 0.42),
            (0.86, 0.50),
            (0.81, 0.61),
            (0.66, 0.645),
            (0.45, 0.64),
            (0.33, 0.66),
            (0.22, 0.62),
        ],
        coat,
        0.8,
    )


def _draw_legs(figure: Figure, coat: Colour, *, shift: float, slim: float) -> None:
    hind = [(0.27 + shift, 0.56), (0.235 + shift, 0.72), (0.275 + shift, 0.83), (0.255 + shift, 0.97)]
    fore = [(0.765 - shift, 0.56), (0.775 - shift, 0.72), (0.765 - shift, 0.85), (0.77 - shift, 0.97)]
    figure.line(hind, [0.19 * slim, 0.085 * slim, 0.055 * slim, 0.05 * slim], coat)
    figure.line(fore, [0.14 * slim, 0.075 * slim, 0.052 * slim, 0.05 * slim], coat)
    for x in (0.255 + shift, 0.77 - shift):
        half = 0.032 * slim + 0.006
        figure.face([(x - half * 0.8, 0.955), (x + half * 0.8, 0.955), (x + half * 1.3, 1.0), (x - half, 1.0)], _HOOF)


def _draw_antlers(figure: Figure, colour: Colour) -> None:
    for lean, tone in ((-0.05, 0.75), (0.03, 1.0)):
        shade = colour.scaled(tone)
        beam = [(0.87, 0.22), (0.83 + lean, 0.12), (0.84 + lean, 0.04), (0.91 + lean, -0.06)]
        figure.line(beam, [0.026, 0.022, 0.018, 0.008], shade)
        for start, tip in (((0.835, 0.13), (0.91, 0.09)), ((0.835, 0.06), (0.76, -0.04)), ((0.86, 0.0), (0.84, -0.10))):
            figure.line([(start[0] + lean, start[1]), (tip[0] + lean, tip[1])], [0.018, 0.006], shade)
