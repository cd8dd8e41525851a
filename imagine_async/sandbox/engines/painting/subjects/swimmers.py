"""Fish and whales, facing right."""

from __future__ import annotations

from imagine_async.sandbox.engines.painting.colour import BLACK, WHITE, Colour
from imagine_async.sandbox.engines.painting.subjects.figure import Figure


def draw_fish(figure: Figure, scales: Colour) -> None:
    """Draw a fish, about 1.7 wide."""
    fin = scales.turned(-14).scaled(0.85)
    figure.curve(
        [(0.38, 0.50), (0.12, 0.20), (0.0, 0.14), (0.09, 0.50), (0.0, 0.88), (0.14, 0.82), (0.38, 0.54)], fin, 0.4
    )
    figure.curve([(0.62, 0.26), (0.80, 0.02), (1.04, 0.0), (1.22, 0.22), (1.10, 0.26)], fin, 0.4)
    figure.curve([(0.72, 0.76), (0.74, 0.96), (0.88, 1.0), (1.0, 0.80)], fin, 0.4)
    figure.curve(
        [(0.30, 0.50), (0.60, 0.24), (0.98, 0.15), (1.36, 0.26), (1.62, 0.48), (1.40, 0.70), (1.0, 0.84), (0.60, 0.74)],
        scales,
        0.8,
        0.12,
    )
    figure.curve(
        [(0.5, 0.62), (0.9, 0.66), (1.3, 0.62), (1.5, 0.58), (1.3, 0.74), (0.95, 0.82), (0.62, 0.73)],
        scales.mixed(WHITE, 0.55),
        0.5,
    )
    for x, low, high in ((0.62, 0.29, 0.70), (0.90, 0.20, 0.76), (1.18, 0.22, 0.72)):
        figure.curve(
            [(x, low), (x + 0.09, low - 0.005), (x + 0.12, 0.5), (x + 0.05, high), (x, high), (x + 0.04, 0.5)],
            scales.mixed(WHITE, 0.78),
            0.3,
        )
    figure.curve([(1.08, 0.54), (0.92, 0.60), (0.86, 0.74), (1.02, 0.70), (1.14, 0.60)], fin, 0.4)
    figure.disc(1.43, 0.42, 0.052, WHITE, 0.4)
    figure.disc(1.445, 0.42, 0.030, BLACK, 0)
    figure.disc(1.455, 0.408, 0.010, WHITE, 0)
    figure.line([(1.60, 0.52), (1.54, 0.555), (1.48, 0.55)], [0.008, 0.010, 0.006], scales.mixed(BLACK, 0.6), 0)


def draw_whale(figure: Figure, skin: Colour) -> None:
    """Draw a whale leaping to the right, about 1.5 wide."""
    pale = skin.mixed(WHITE, 0.72)
    figure.curve(
        [
            (0.10, 0.62),
            (-0.06, 0.48),
            (-0.16, 0.30),
            (0.02, 0.36),
            (0.12, 0.52),
            (0.18, 0.34),
            (0.36, 0.26),
            (0.26, 0.46),
            (0.19, 0.66),
        ],
        skin.scaled(0.85),
        0.5,
    )
    figure.curve(
        [
            (0.08, 0.58),
            (0.20, 0.62),
            (0.44, 0.46),
            (0.80, 0.20),
            (1.16, 0.12),
            (1.42, 0.20),
            (1.50, 0.36),
            (1.40, 0.56),
            (1.10, 0.76),
            (0.74, 0.86),
            (0.40, 0.82),
            (0.16, 0.70),
        ],
        skin,
        0.8,
        0.1,
    )
    figure.curve(
        [(0.55, 0.80), (0.85, 0.70), (1.15, 0.54), (1.47, 0.40), (1.42, 0.56), (1.12, 0.77), (0.78, 0.86)], pale, 0.5
    )
    for shift in (0.0, 0.05, 0.10, 0.15):
        figure.line(
            [
                (0.80 + shift, 0.835 - shift * 0.4),
                (1.10 + shift * 0.8, 0.70 - shift * 0.5),
                (1.38 + shift * 0.4, 0.52 - shift * 0.4),
            ],
            [0.003, 0.008, 0.003],
            skin,
            0,
        )
    figure.curve([(0.92, 0.62), (0.98, 0.84), (0.88, 1.0), (0.80, 0.84), (0.80, 0.68)], skin.scaled(0.78), 0.5)
    figure.face([(0.58, 0.36), (0.60, 0.24), (0.72, 0.28)], skin.scaled(0.85), 0.3)
    figure.disc(1.25, 0.43, 0.022, BLACK, 0)
    figure.disc(1.257, 0.423, 0.008, WHITE, 0)
