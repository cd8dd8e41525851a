"""The shapes and colours of the ground, place by place, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imagine_async.sandbox.engines.painting.colour import Colour, hexadecimal


@dataclass(frozen=True)
class Soil:
    """The colours of the ground.

    Attributes:
        low: Flat near ground.
        lush: What grows in patches on it.
        high: Slopes and far ground.
        rock: Steep faces.
        shore: The rim of water.
    """

    low: Colour
    lush: Colour
    high: Colour
    rock: Colour
    shore: Colour


def _soil(codes: str) -> Soil:
    return Soil(*map(hexadecimal, codes.split()))


GRASS = _soil("86a04a 52793a 4a6b42 8b8078 c2ad84")
SAND = _soil("e6bd84 d9a567 c98f58 b0764a f0d3a0")
STRAND = _soil("ecd6a8 dcc08e 55763f 8f8272 c9ac78")
MOOR = _soil("6f8548 47652f 3c5a3a 857b74 9c8f78")
SNOW = _soil("eef3f9 dbe6f2 c4d4e6 7d8592 cfdbe6")
AUTUMN = _soil("c59a45 b9642c 96552c 8b7c70 c2ad84")
SPRING = _soil("9ab85a 74a04c 6d9455 8b8078 c2ad84")


@dataclass(frozen=True)
class Landform:
    """The shape of the ground.

    Heights are in units of the depth of the picture's bottom edge; water lies at height 0.

    Attributes:
        levels: Pairs of depth and ground level, interpolated between.
        hills: Height of rolling hills.
        mountains: Height of mountains.
        mountains_from: Depth at which mountains begin to rise.
        valley: Half-width of the gap between the mountains, as a share of their depth.
        dunes: Height of sand dunes.
        channel: Half-width of a winding river, 0 for none.
        island: Height of an island in open water, 0 for none.
        snowline: Height above which snow lies.
        soil: Colours of the ground.
        trees: Number of conifers scattered over it.
        blossoms: Number of wild flowers scattered over the near ground.
    """

    levels: tuple[tuple[float, float], ...] = ((1, 0.05), (4, 0.1), (44, 0.4))
    hills: float = 0.3
    mountains: float = 0.0
    mountains_from: float = 12.0
    valley: float = 0.15
    dunes: float = 0.0
    channel: float = 0.0
    island: float = 0.0
    snowline: float = 5.0
    soil: Soil = GRASS
    trees: int = 0
    blossoms: int = 0


_OPEN_WATER = ((1, -0.3), (44, -0.3))

LANDFORMS = {
    "mountains": Landform(hills=0.55, mountains=14.0, snowline=4.2, soil=MOOR, trees=90, blossoms=60),
    "lake": Landform(
        levels=((1, 0.03), (1.35, 0.0), (1.8, -0.12), (8, -0.15), (10, 0.05), (14, 0.5), (44, 1.0)),
        hills=0.12,
        mountains=10.5,
        mountains_from=11.0,
        soil=MOOR,
        trees=70,
    ),
    "sea": Landform(levels=_OPEN_WATER, hills=0.0, soil=STRAND),
    "beach": Landform(levels=((1, 0.06), (1.6, 0.0), (2.2, -0.1), (44, -0.3)), hills=0.05, soil=STRAND),
    "island": Landform(levels=_OPEN_WATER, hills=0.0, island=1.0, snowline=99.0, soil=STRAND),
    "forest": Landform(levels=((1, 0.03), (6, 0.12), (44, 2.4)), hills=0.3, soil=MOOR, trees=420),
    "desert": Landform(levels=((1, 0.04), (44, 0.5)), hills=0.1, dunes=0.8, snowline=99.0, soil=SAND),
    "meadow": Landform(hills=0.75, mountains=3.2, mountains_from=18.0, snowline=9.0, trees=36, blossoms=320),
    "river": Landform(
        levels=((1, 0.1), (44, 0.12)),
        hills=0.12,
        mountains=9.0,
        mountains_from=13.0,
        channel=0.34,
        soil=MOOR,
        trees=110,
    ),
    "waterfall": Landform(
        levels=((1, 0.04), (1.5, -0.08), (6, -0.1), (7, 0.3)),
        hills=0.2,
        mountains=6.0,
        mountains_from=5.0,
        valley=0.02,
        snowline=9.0,
        soil=MOOR,
        trees=120,
    ),
    "village": Landform(hills=0.5, mountains=8.0, mountains_from=16.0, trees=50, blossoms=120),
    "city": Landform(levels=_OPEN_WATER, hills=0.0, soil=MOOR),
}


def landform_for(place: str, season: str | None, *, snowy: bool) -> Landform:
    """Return the ground of a place (a key of ``LANDFORMS``, else a meadow) in a season."""
    form = LANDFORMS.get(place, LANDFORMS["meadow"])
    if snowy:
        return replace(form, soil=SNOW, snowline=0.9, blossoms=0)
    if season == "autumn" and form.soil not in (SAND, STRAND):
        return replace(form, soil=AUTUMN, blossoms=form.blossoms // 3)
    if season == "spring" and form.soil not in (SAND, STRAND):
        return replace(form, soil=SPRING, blossoms=form.blossoms * 2)
    return form
