"""Every subject that can be drawn: its drawing, its usual colour and the room it wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from imagine_async.sandbox.engines.painting.colour import Colour, hexadecimal
from imagine_async.sandbox.engines.painting.subjects import (
    buildings,
    heavens,
    people,
    plants,
    products,
    sitting,
    standing,
    swimmers,
    vehicles,
    wings,
)
from imagine_async.sandbox.engines.painting.subjects.figure import Figure

Drawing = Callable[[Figure, Colour], None]


@dataclass(frozen=True)
class Subject:
    """One subject.

    Attributes:
        drawing: Draws it into a figure in a colour.
        colour: Its colour when the prompt names none.
        aspect: Its width in units of its height.
        size: Its height as a share of the picture's unit when it is the main subject.
        habitat: ``ground``, ``water`` or ``air``: where it is placed.
        depth: ``near``, ``middle`` or ``far``: how far off it stands.
        footing: Share of its width that meets the ground.
    """

    drawing: Drawing
    colour: Colour
    aspect: float
    size: float
    habitat: str = "ground"
    depth: str = "near"
    footing: float = 1.0


def _sitting(build: sitting.Build, code: str, size: float = 0.5) -> Subject:
    return Subject(partial(sitting.draw_sitting, build=build), hexadecimal(code), 0.95, size)


def _subject(
    drawing: Drawing,
    code: str,
    aspect: float,
    size: float,
    habitat: str = "ground",
    depth: str = "near",
    footing: float = 1.0,
) -> Subject:
    return Subject(drawing, hexadecimal(code), aspect, size, habitat, depth, footing)


SUBJECTS: dict[str, Subject] = {
    "fox": _sitting(sitting.FOX, "d9702a"),
    "cat": _sitting(sitting.CAT, "8d8a88", 0.46),
    "dog": _sitting(sitting.DOG, "c08a4e"),
    "wolf": _sitting(sitting.WOLF, "7d8590", 0.54),
    "rabbit": _sitting(sitting.RABBIT, "b39b84", 0.38),
    "bear": _sitting(sitting.BEAR, "6b4630", 0.58),
    "owl": _subject(wings.draw_owl, "8e6b4a", 0.8, 0.5),
    "bird": _subject(wings.draw_bird, "4f6f92", 1.15, 0.2, "air"),
    "butterfly": _subject(wings.draw_butterfly, "f0922b", 1.2, 0.3, "air"),
    "horse": _subject(standing.draw_horse, "8a5632", 1.12, 0.5),
    "deer": _subject(standing.draw_deer, "a06a3f", 1.12, 0.48),
    "fish": _subject(swimmers.draw_fish, "f27a2c", 1.65, 0.26, "air"),
    "whale": _subject(swimmers.draw_whale, "3d5a78", 1.5, 0.4, "water"),
    "tree": _subject(plants.draw_tree, "5a8f3c", 0.96, 0.66, "ground", "middle", footing=0.4),
    "conifer": _subject(plants.draw_conifer, "3c7048", 0.6, 0.66, "ground", "middle", footing=0.55),
    "palm": _subject(plants.draw_palm, "4f9a46", 0.95, 0.66, "ground", "middle", footing=0.25),
    "flower": _subject(plants.draw_flower, "e0527a", 0.6, 0.58, footing=0.3),
    "mushroom": _subject(plants.draw_mushroom, "cf3028", 0.95, 0.42, footing=0.5),
    "cactus": _subject(plants.draw_cactus, "4d8a55", 0.75, 0.56, "ground", "middle", footing=0.4),
    "boat": _subject(vehicles.draw_boat, "b5402f", 0.96, 0.40, "water"),
    "ship": _subject(vehicles.draw_ship, "6d4428", 1.2, 0.44, "water"),
    "car": _subject(vehicles.draw_car, "c8322b", 2.3, 0.26),
    "rocket": _subject(vehicles.draw_rocket, "d83a34", 0.6, 0.52, "air"),
    "balloon": _subject(vehicles.draw_balloon, "d9402f", 0.75, 0.36, "air"),
    "castle": _subject(buildings.draw_castle, "b9b0a3", 1.2, 0.5, "ground", "far"),
    "lighthouse": _subject(buildings.draw_lighthouse, "c8342c", 0.8, 0.62, "water", "middle"),
    "house": _subject(buildings.draw_house, "e8dcc6", 1.25, 0.36, "ground", "middle"),
    "windmill": _subject(buildings.draw_windmill, "e6dccb", 0.9, 0.56, "ground", "middle", footing=0.6),
    "person": _subject(people.draw_person, "8a3b34", 0.5, 0.5),
    "astronaut": _subject(people.draw_astronaut, "eceef2", 0.75, 0.58),
    "robot": _subject(people.draw_robot, "9fb2c6", 0.75, 0.56),
    "mug": _subject(products.draw_mug, "3f7f8f", 1.1, 0.46),
    "bottle": _subject(products.draw_bottle, "3b7a57", 0.4, 0.62),
    "shoe": _subject(products.draw_shoe, "3a6fc0", 1.75, 0.38),
    "lamp": _subject(products.draw_lamp, "d9a441", 0.7, 0.62, footing=0.8),
    "chair": _subject(products.draw_chair, "3f7a78", 0.95, 0.56),
    "vase": _subject(products.draw_vase, "3a69a8", 0.6, 0.56),
    "bouquet": _subject(products.draw_bouquet, "3a69a8", 0.9, 0.66, footing=0.5),
    "apple": _subject(products.draw_apple, "cc2b2b", 1.0, 0.4),
    "moon": _subject(heavens.draw_moon, "f4efdc", 1.0, 0.24, "air"),
    "planet": _subject(heavens.draw_planet, "d39a5c", 1.9, 0.36, "air"),
}


def figure_of(subject: str, colour: Colour | None) -> Figure:
    """Return the figure of a subject (a key of ``SUBJECTS``) in a colour, by default its usual one."""
    entry = SUBJECTS[subject]
    figure = Figure()
    entry.drawing(figure, colour or entry.colour)
    return figure
