"""Birds, an owl and butterflies."""

from __future__ import annotations

from imagine_async.sandbox.engines.painting.colour import BLACK, WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects.figure import Figure

_BEAK = hexadecimal("eaa02f")


def draw_bird(figure: Figure, plumage: Colour) -> None:
    """Draw a bird on the wing, seen from the side, about 1.5 wide."""
    dark = plumage.mixed(BLACK, 0.35)
    figure.curve([(0.62, 0.60), (0.52, 0.30), (0.30, 0.02), (0.16, 0.0), (0.34, 0.36), (0.44, 0.66)], dark, 0.4)
    figure.face([(0.22, 0.74), (0.0, 0.70), (0.05, 0.80), (0.02, 0.88), (0.26, 0.82)], dark, 0.3)
    figure.curve(
        [
            (0.18, 0.76),
            (0.45, 0.62),
            (0.80, 0.58),
            (0.98, 0.60),
            (1.04, 0.68),
            (0.94, 0.76),
            (0.68, 0.86),
            (0.40, 0.86),
        ],
        plumage,
        0.8,
    )
    figure.curve([(0.40, 0.82), (0.65, 0.80), (0.90, 0.74), (0.68, 0.86), (0.50, 0.87)], plumage.mixed(WHITE, 0.7), 0.4)
    figure.face([(1.01, 0.63), (1.14, 0.685), (1.01, 0.71)], _BEAK, 0.3)
    figure.disc(0.965, 0.648, 0.016, BLACK, 0)
    figure.curve(
        [(0.50, 0.68), (0.60, 0.40), (0.86, 0.10), (1.10, 0.0), (1.02, 0.30), (0.86, 0.58), (0.72, 0.72)], plumage, 0.5
    )
    figure.curve([(0.86, 0.26), (0.98, 0.06), (1.10, 0.0), (1.03, 0.28), (0.90, 0.46)], dark, 0.3)


def draw_owl(figure: Figure, plumage: Colour) -> None:
    """Draw an owl on a branch, about 0.8 wide."""
    figure.mirror = 0.4
    pale = plumage.mixed(WHITE, 0.55)
    bark = hexadecimal("5b4030")
    figure.face([(0.17, 0.90), (0.63, 0.90), (0.66, 0.97), (0.74, 1.02), (0.06, 1.02), (0.14, 0.97)], bark, 0.6)
    figure.disc(0.4, 0.905, 0.23, hexadecimal("a8835c"), 0.2, height=0.2)
    figure.body([(0, 0.06), (0.20, 0.10), (0.27, 0.30), (0.29, 0.60), (0.20, 0.86), (0, 0.93)], plumage, 0.7)
    figure.pair([(0.42, 0.13), (0.60, 0.0), (0.66, 0.22)], plumage.scaled(0.85), 0.3, smoothly=False)
    figure.body([(0, 0.42), (0.16, 0.46), (0.17, 0.65), (0.09, 0.84), (0, 0.88)], pale, 0.5)
    for row in range(5):
        for step in range(-2, 3):
            column = 0.4 + (step + (row % 2) * 0.5) * 0.062
            if abs(column - 0.4) < 0.14 - row * 0.012:
                figure.disc(column, 0.52 + row * 0.068, 0.017, plumage.scaled(0.75), 0, height=1.3)
    figure.pair([(0.60, 0.34), (0.70, 0.50), (0.68, 0.74), (0.58, 0.86), (0.56, 0.60)], plumage.scaled(0.78), 0.6)
    figure.discs(0.295, 0.245, 0.118, pale, 0.3)
    figure.discs(0.295, 0.245, 0.070, hexadecimal("f0b52e"), 0.5)
    figure.discs(0.295, 0.245, 0.042, BLACK, 0)
    for x in (0.31, 0.52):
        figure.disc(x, 0.228, 0.014, WHITE, 0)
    figure.face([(0.36, 0.27), (0.44, 0.27), (0.40, 0.37)], _BEAK, 0.4)
    for x in (0.29, 0.34, 0.46, 0.51):
        figure.disc(x, 0.93, 0.024, _BEAK.scaled(0.85), 0.6, height=1.3)


def draw_butterfly(figure: Figure, wing: Colour) -> None:
    """Draw a butterfly with spread wings, about 1.2 wide."""
    figure.mirror = 0.6
    edge = wing.mixed(BLACK, 0.8)
    figure.pair(
        [(0.62, 0.48), (0.78, 0.50), (0.98, 0.62), (1.00, 0.84), (0.86, 0.97), (0.72, 0.84), (0.63, 0.62)], edge, 0.3
    )
    figure.pair(
        [(0.63, 0.52), (0.78, 0.54), (0.93, 0.65), (0.94, 0.82), (0.86, 0.90), (0.74, 0.80), (0.65, 0.62)],
        wing.turned(14).scaled(0.92),
        0.5,
    )
    figure.pair(
        [(0.62, 0.46), (0.72, 0.22), (0.94, 0.02), (1.16, 0.02), (1.18, 0.24), (1.04, 0.48), (0.80, 0.55)], edge, 0.3
    )
    figure.pair(
        [(0.64, 0.45), (0.74, 0.25), (0.94, 0.09), (1.07, 0.10), (1.09, 0.24), (0.99, 0.42), (0.80, 0.49)], wing, 0.5
    )
    for x, y, radius in ((1.115, 0.10, 0.018), (1.13, 0.20, 0.016), (1.10, 0.31, 0.014), (0.96, 0.80, 0.014)):
        figure.discs(x, y, radius, WHITE, 0)
    for tip in ((0.96, 0.14), (1.05, 0.24), (0.95, 0.38)):
        for side in (1, -1):
            figure.line([(0.6 + side * 0.05, 0.45), (0.6 + side * (tip[0] - 0.6), tip[1])], [0.012, 0.004], edge, 0)
    figure.body([(0, 0.30), (0.032, 0.36), (0.035, 0.55), (0.022, 0.80), (0, 0.84)], hexadecimal("2a2024"), 0.7)
    for side in (1, -1):
        figure.line([(0.6, 0.33), (0.6 + side * 0.08, 0.2), (0.6 + side * 0.14, 0.14)], [0.008, 0.007, 0.012], edge, 0)
