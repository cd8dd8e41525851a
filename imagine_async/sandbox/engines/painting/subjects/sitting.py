"""Sitting animals seen from the front: one build, many coats."""

from __future__ import annotations

from dataclasses import dataclass

from imagine_async.sandbox.engines.painting.colour import BLACK, WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects.figure import Figure

_BROWN = hexadecimal("2a1a10")
_NOSE = hexadecimal("1d1719")


@dataclass(frozen=True)
class Build:
    """What tells one sitting animal from another.

    Attributes:
        ear: ``pointed``, ``folded``, ``round`` or ``long``.
        cheek: Width of the cheeks; 0.2 is narrow.
        muzzle: Width of the muzzle.
        bulk: Width of the body.
        socks: Whether the feet are dark.
        mask: Whether the cheeks and chest are pale.
        tail: ``bushy``, ``thin`` or ``none``.
        eye: Colour of the eyes.
        whiskers: Whether it has whiskers.
    """

    ear: str = "pointed"
    cheek: float = 0.2
    muzzle: float = 0.07
    bulk: float = 0.22
    socks: bool = False
    mask: bool = False
    tail: str = "thin"
    eye: Colour = _BROWN
    whiskers: bool = False


FOX = Build(cheek=0.235, muzzle=0.055, bulk=0.2, socks=True, mask=True, tail="bushy", eye=hexadecimal("b5761c"))
CAT = Build(cheek=0.19, muzzle=0.055, bulk=0.205, tail="thin", eye=hexadecimal("9ccb4b"), whiskers=True)
DOG = Build(ear="folded", cheek=0.175, muzzle=0.085, bulk=0.225, mask=True)
WOLF = Build(cheek=0.23, muzzle=0.07, bulk=0.25, mask=True, tail="bushy", eye=hexadecimal("e0b545"))
BEAR = Build(ear="round", cheek=0.2, muzzle=0.09, bulk=0.31, tail="none")
RABBIT = Build(ear="long", cheek=0.165, muzzle=0.05, bulk=0.2, mask=True, tail="none")


def draw_sitting(figure: Figure, coat: Colour, build: Build) -> None:
    """Draw a sitting animal, about 0.95 wide."""
    figure.mirror = 0.45
    pale = coat.mixed(WHITE, 0.82)
    _draw_tail(figure, coat, pale, build)
    _draw_body(figure, coat, pale, build)
    _draw_ears(figure, coat, build)
    _draw_head(figure, coat, pale, build)
    _draw_features(figure, pale, build)


def _draw_tail(figure: Figure, coat: Colour, pale: Colour, build: Build) -> None:
    if build.tail == "bushy":
        figure.curve(
            [
                (0.55, 0.93),
                (0.70, 0.90),
                (0.82, 0.76),
                (0.84, 0.60),
                (0.92, 0.64),
                (0.96, 0.80),
                (0.88, 0.95),
                (0.70, 1.0),
            ],
            coat.scaled(0.92),
            0.8,
        )
        figure.curve([(0.825, 0.71), (0.835, 0.57), (0.90, 0.60), (0.945, 0.73), (0.90, 0.70)], pale, 0.8)
    elif build.tail == "thin":
        figure.line(
            [(0.58, 0.94), (0.76, 0.96), (0.85, 0.82), (0.80, 0.66)],
            [0.07, 0.065, 0.055, 0.035],
            coat.scaled(0.88),
        )


def _draw_body(figure: Figure, coat: Colour, pale: Colour, build: Build) -> None:
    bulk = build.bulk
    figure.body(
        [(0, 0.36), (bulk * 0.62, 0.44), (bulk * 0.85, 0.62), (bulk * 1.08, 0.82), (bulk * 0.98, 0.96), (0, 0.985)],
        coat,
        0.8,
    )
    figure.discs(0.45 - bulk * 0.78, 0.87, bulk * 0.5, coat.scaled(0.95), 0.9, height=0.92)
    if build.mask:
        figure.body([(0, 0.42), (bulk * 0.52, 0.48), (bulk * 0.46, 0.62), (bulk * 0.2, 0.76), (0, 0.8)], pale, 0.6)
    foot = coat.mixed(BLACK, 0.72) if build.socks else coat.mixed(WHITE, 0.25 if build.mask else 0.0)
    for side in (-1, 1):
        x = 0.45 + side * bulk * 0.34
        figure.line([(x + side * 0.01, 0.6), (x, 0.8), (x, 0.96)], [0.11, 0.092, 0.085], coat.scaled(1.02))
        if build.socks:
            figure.line([(x, 0.8), (x, 0.97)], [0.08, 0.085], foot)
        figure.disc(x, 0.965, 0.058, foot, 0.7, height=0.6)


def _draw_ears(figure: Figure, coat: Colour, build: Build) -> None:
    inner = coat.mixed(hexadecimal("e8a79a"), 0.55).scaled(0.8)
    if build.ear == "pointed":
        figure.pair(
            [(0.46, 0.17), (0.60, -0.02), (0.655, 0.0), (0.43 + build.cheek, 0.24)],
            coat.scaled(0.92),
            0.5,
            smoothly=False,
        )
        figure.pair([(0.52, 0.15), (0.61, 0.03), (0.415 + build.cheek, 0.2)], inner, 0.4, smoothly=False)
    elif build.ear == "round":
        figure.discs(0.60, 0.11, 0.075, coat.scaled(0.92))
        figure.discs(0.60, 0.115, 0.042, inner)
    elif build.ear == "long":
        figure.pair([(0.47, 0.14), (0.48, -0.12), (0.54, -0.26), (0.59, -0.14), (0.56, 0.16)], coat, 0.7)
        figure.pair([(0.50, 0.10), (0.51, -0.10), (0.54, -0.19), (0.56, -0.10), (0.54, 0.10)], inner, 0.5)


def _draw_head(figure: Figure, coat: Colour, pale: Colour, build: Build) -> None:
    cheek = build.cheek
    figure.body(
        [
            (0, 0.085),
            (0.11, 0.10),
            (cheek * 0.82, 0.20),
            (cheek, 0.315),
            (cheek * 0.62, 0.395),
            (0.07, 0.455),
            (0, 0.465),
        ],
        coat,
        0.75,
    )
    if build.mask:
        figure.pair(
            [
                (0.455, 0.455),
                (0.47, 0.36),
                (0.53, 0.325),
                (0.45 + cheek * 0.92, 0.315),
                (0.45 + cheek * 0.6, 0.39),
                (0.51, 0.445),
            ],
            pale,
            0.4,
        )
    if build.ear == "folded":
        ear = coat.mixed(BLACK, 0.35)
        figure.pair([(0.54, 0.09), (0.63, 0.11), (0.685, 0.24), (0.665, 0.37), (0.615, 0.33), (0.585, 0.2)], ear, 0.7)


def _draw_features(figure: Figure, pale: Colour, build: Build) -> None:
    muzzle = pale if build.mask else pale.mixed(BLACK, 0.12)
    figure.disc(0.45, 0.385, build.muzzle, muzzle, 0.8, height=0.85)
    figure.curve([(0.41, 0.345), (0.45, 0.335), (0.49, 0.345), (0.465, 0.385), (0.435, 0.385)], _NOSE, 0.5, 0.35)
    figure.line([(0.45, 0.385), (0.45, 0.42)], [0.008, 0.008], _NOSE, 0)
    for side in (-1, 1):
        figure.line([(0.45, 0.42), (0.45 + side * 0.03, 0.43)], [0.009, 0.004], _NOSE, 0)
    figure.discs(0.365, 0.272, 0.034, _NOSE, 0, height=1.0)
    figure.discs(0.365, 0.272, 0.026, build.eye, 0.6)
    figure.discs(0.365, 0.272, 0.014, BLACK, 0, height=1.35)
    for x in (0.374, 0.544):
        figure.disc(x, 0.262, 0.0075, WHITE, 0)
    if build.whiskers:
        for side in (-1, 1):
            for slope in (-0.015, 0.012, 0.04):
                start = (0.45 + side * 0.04, 0.39)
                figure.line([start, (0.45 + side * 0.22, 0.385 + slope)], [0.005, 0.002], pale, 0)
