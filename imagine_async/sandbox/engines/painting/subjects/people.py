"""People, astronauts and robots, standing."""

from __future__ import annotations

from imagine_async.sandbox.engines.painting.colour import BLACK, WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects.figure import Figure

_SKIN = hexadecimal("c98f6b")
_TROUSERS = hexadecimal("36414f")
_LEATHER = hexadecimal("4a3020")
_EYE = hexadecimal("5ff0ff")


def draw_person(figure: Figure, coat: Colour) -> None:
    """Draw a wanderer seen from behind, with coat, pack and staff, about 0.5 wide."""
    figure.mirror = 0.24
    figure.line([(0.43, 0.22), (0.46, 1.0)], [0.012, 0.014], _LEATHER, 0.4)
    for side, foot in ((-1, 0.19), (1, 0.30)):
        figure.line(
            [(0.24 + side * 0.035, 0.55), (0.24 + side * 0.045, 0.76), (foot, 0.97)], [0.095, 0.075, 0.058], _TROUSERS
        )
        figure.disc(foot, 0.975, 0.042, _LEATHER, 0.6, height=0.55)
    figure.line([(0.33, 0.22), (0.40, 0.36), (0.43, 0.44)], [0.075, 0.062, 0.045], coat.scaled(0.82))
    figure.line([(0.15, 0.22), (0.10, 0.38), (0.11, 0.52)], [0.075, 0.062, 0.048], coat.scaled(0.82))
    figure.disc(0.435, 0.455, 0.026, _SKIN, 0.6)
    figure.disc(0.11, 0.535, 0.026, _SKIN, 0.6)
    figure.body([(0, 0.165), (0.085, 0.175), (0.115, 0.26), (0.105, 0.42), (0.15, 0.66), (0, 0.69)], coat, 0.8)
    figure.line([(0.24, 0.45), (0.24, 0.68)], [0.006, 0.012], coat.scaled(0.6), 0)
    figure.body([(0, 0.20), (0.08, 0.21), (0.09, 0.34), (0.075, 0.44), (0, 0.45)], hexadecimal("7d5a38"), 0.7)
    figure.line([(0.17, 0.30), (0.31, 0.30)], [0.018, 0.018], _LEATHER, 0.3)
    figure.disc(0.24, 0.105, 0.066, hexadecimal("3a261c"), 0.7, height=1.15)
    figure.body([(0, 0.065), (0.085, 0.075), (0.115, 0.085), (0, 0.098)], coat.mixed(BLACK, 0.35), 0.4)
    figure.body([(0, 0.0), (0.05, 0.01), (0.07, 0.075), (0, 0.085)], coat.mixed(BLACK, 0.25), 0.7)
    figure.curve(
        [(0.17, 0.165), (0.24, 0.145), (0.31, 0.165), (0.30, 0.20), (0.24, 0.205), (0.18, 0.20)],
        hexadecimal("d8a13c"),
        0.6,
    )


def draw_astronaut(figure: Figure, suit: Colour) -> None:
    """Draw an astronaut from the front, about 0.75 wide."""
    figure.mirror = 0.37
    grey = hexadecimal("8d95a3")
    figure.body([(0, 0.30), (0.19, 0.32), (0.20, 0.62), (0, 0.64)], grey, 0.4)
    figure.line([(0.22, 0.38), (0.08, 0.48), (0.05, 0.64)], [0.13, 0.12, 0.10], suit.scaled(0.94))
    figure.line([(0.52, 0.38), (0.66, 0.46), (0.68, 0.28)], [0.13, 0.12, 0.10], suit.scaled(0.94))
    figure.disc(0.05, 0.67, 0.058, grey, 0.7)
    figure.disc(0.685, 0.25, 0.058, grey, 0.7)
    for side in (-1, 1):
        x = 0.37 + side * 0.085
        figure.line([(x, 0.60), (x + side * 0.015, 0.78), (x + side * 0.02, 0.92)], [0.16, 0.14, 0.12], suit)
        figure.curve([(x - 0.075, 0.90), (x + 0.085, 0.90), (x + 0.095, 0.99), (x - 0.085, 0.99)], grey, 0.6)
    figure.body([(0, 0.30), (0.15, 0.33), (0.17, 0.48), (0.155, 0.64), (0, 0.67)], suit, 0.8)
    figure.face([(0.29, 0.45), (0.45, 0.45), (0.45, 0.55), (0.29, 0.55)], grey.scaled(1.15), 0.3)
    for x, colour in ((0.32, "e2483a"), (0.37, "f2c23b"), (0.42, "4bb36a")):
        figure.disc(x, 0.50, 0.015, hexadecimal(colour), 0.5)
    figure.disc(0.37, 0.18, 0.175, suit, 0.8)
    figure.disc(0.37, 0.185, 0.130, hexadecimal("d8a03a"), 0.3, height=0.86)
    figure.disc(0.37, 0.188, 0.118, hexadecimal("1c2a4a"), 0.8, height=0.86, gloss=0.7)
    figure.curve([(0.29, 0.14), (0.34, 0.11), (0.37, 0.105), (0.32, 0.145), (0.295, 0.19)], WHITE, 0)


def draw_robot(figure: Figure, shell: Colour) -> None:
    """Draw a friendly robot from the front, about 0.75 wide."""
    figure.mirror = 0.37
    joint = hexadecimal("4b515c")
    figure.line([(0.37, 0.0), (0.37, 0.08)], [0.012, 0.016], joint, 0.3)
    figure.disc(0.37, 0.0, 0.026, hexadecimal("ff6a4a"), 0.6, gloss=0.5)
    for side in (-1, 1):
        figure.line(
            [(0.37 + side * 0.19, 0.46), (0.37 + side * 0.28, 0.56), (0.37 + side * 0.27, 0.68)], [0.055] * 3, joint
        )
        figure.disc(0.37 + side * 0.20, 0.45, 0.062, shell.scaled(0.85), 0.7)
        figure.disc(0.37 + side * 0.27, 0.71, 0.055, shell.scaled(0.9), 0.7)
        x = 0.37 + side * 0.09
        figure.line([(x, 0.72), (x, 0.90)], [0.06, 0.06], joint)
        figure.curve(
            [(x - 0.075, 0.90), (x + 0.075, 0.90), (x + 0.095, 0.99), (x - 0.095, 0.99)], shell.scaled(0.85), 0.6
        )
    figure.body([(0, 0.39), (0.15, 0.395), (0.195, 0.44), (0.18, 0.66), (0.13, 0.76), (0, 0.77)], shell, 0.7, 0.15)
    figure.body([(0, 0.46), (0.10, 0.465), (0.11, 0.53), (0.10, 0.60), (0, 0.605)], hexadecimal("20283a"), 0.3)
    for row, width in enumerate((0.07, 0.045, 0.06)):
        y = 0.495 + row * 0.038
        figure.line([(0.37 - width, y), (0.37 + width, y)], [0.014, 0.014], _EYE.scaled(0.8), 0)
    figure.line([(0.37, 0.36), (0.37, 0.41)], [0.09, 0.09], joint)
    figure.discs(0.135, 0.215, 0.045, joint, 0.6, height=1.4)
    figure.body([(0, 0.075), (0.16, 0.08), (0.225, 0.13), (0.225, 0.30), (0.16, 0.355), (0, 0.36)], shell, 0.7, 0.15)
    figure.body(
        [(0, 0.125), (0.13, 0.13), (0.175, 0.17), (0.17, 0.27), (0.12, 0.305), (0, 0.31)], hexadecimal("161c2b"), 0.4
    )
    for x in (0.295, 0.445):
        figure.disc(x, 0.205, 0.036, _EYE, glow=True)
        figure.disc(x + 0.01, 0.195, 0.012, WHITE, glow=True)
    figure.line([(0.31, 0.265), (0.37, 0.28), (0.43, 0.265)], [0.008, 0.014, 0.008], _EYE, 0)
