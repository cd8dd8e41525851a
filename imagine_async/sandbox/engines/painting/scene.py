"""The scene to paint: a description with every gap filled, from the prompt or from the seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from imagine_async.sandbox.engines.painting.atmosphere import Atmosphere, atmosphere_for, tinted
from imagine_async.sandbox.engines.painting.colour import Colour
from imagine_async.sandbox.engines.painting.prompt import Description, Mention, describe
from imagine_async.sandbox.engines.painting.styles import Style
from imagine_async.sandbox.engines.seeding import seeded_generator

HOMES = {
    "fish": "underwater",
    "whale": "sea",
    "boat": "lake",
    "ship": "sea",
    "lighthouse": "sea",
    "palm": "beach",
    "cactus": "desert",
    "mushroom": "forest",
    "owl": "forest",
    "bear": "forest",
    "wolf": "forest",
    "castle": "mountains",
    "astronaut": "space",
    "planet": "space",
    "rocket": "space",
    "mug": "studio",
    "bottle": "studio",
    "shoe": "studio",
    "lamp": "studio",
    "chair": "studio",
    "vase": "studio",
    "bouquet": "room",
    "apple": "studio",
    "robot": "studio",
}
"""Where a subject is at home when the prompt names no place; elsewhere, in a meadow."""

INHABITANTS = {"village": Mention("house", None, 5), "island": Mention("palm", None, 3)}
"""What stands in a place when the prompt names no subject."""

_SCENIC_PLACES = ("mountains", "lake", "abstract", "meadow", "abstract", "desert", "sea", "river")


@dataclass(frozen=True)
class Scene:
    """Everything a picture is painted from.

    Attributes:
        size: Width and height in pixels.
        place: A key of ``words.PLACES``.
        time: A key of ``words.TIMES``.
        weather: A key of ``words.WEATHERS``.
        season: A key of ``words.SEASONS``, or None for summer.
        mentions: The subjects, most important first.
        accent: Colour that tints the scene, if the prompt names one.
        atmosphere: The light.
        style: The look.
        horizon: Row of the horizon as a share of the height.
        sun_x: Column of the sun as a share of the width.
        key: Text that seeds every random choice.
    """

    size: tuple[int, int]
    place: str
    time: str
    weather: str
    season: str | None
    mentions: tuple[Mention, ...]
    accent: Colour | None
    atmosphere: Atmosphere
    style: Style
    horizon: float
    sun_x: float
    key: str

    def generator(self, part: str) -> np.random.Generator:
        """Return the random generator of one part of the picture, independent of all other parts."""
        return seeded_generator(self.key, part)

    @property
    def snowy(self) -> bool:
        """Whether snow lies on the ground."""
        return self.weather == "snow"

    @property
    def unit(self) -> float:
        """The length in pixels that subjects and strokes are measured in: the shorter side, roughly."""
        width, height = self.size
        return min(width, height, 0.75 * max(width, height))

    @property
    def sun_y(self) -> float:
        """Row of the sun as a share of the height."""
        return self.horizon * (1 - 0.86 * self.atmosphere.sun_height)


def scene_for(prompt: str, *, style: Style, size: tuple[int, int], seed: int) -> Scene:
    """Return the scene a prompt names, every gap filled by its subjects, then by the seed."""
    description = describe(prompt)
    key = f"{' '.join(prompt.lower().split())}|{seed}"
    generator = seeded_generator(key, "scene")
    place = description.place or _home(description, generator)
    time = description.time or _usual_time(description, place, generator)
    weather = description.weather or _usual_weather(description, generator)
    atmosphere = atmosphere_for(time, weather)
    if description.accent:
        atmosphere = tinted(atmosphere, description.accent, 0.5)
    return Scene(
        size=size,
        place=place,
        time=time,
        weather=weather,
        season=description.season,
        mentions=description.mentions or tuple(_inhabitants(place)),
        accent=description.accent,
        atmosphere=atmosphere,
        style=style,
        horizon=float(generator.uniform(0.5, 0.62)),
        sun_x=float(generator.choice([generator.uniform(0.16, 0.36), generator.uniform(0.64, 0.84)])),
        key=key,
    )


def _home(description: Description, generator: np.random.Generator) -> str:
    for mention in description.mentions:
        if mention.subject in HOMES:
            return HOMES[mention.subject]
    if description.mentions:
        return "meadow"
    if description.time or description.weather or description.season:
        return str(generator.choice(["mountains", "lake", "meadow", "river"]))
    return str(generator.choice(_SCENIC_PLACES))


def _inhabitants(place: str) -> Iterator[Mention]:
    if place in INHABITANTS:
        yield INHABITANTS[place]


def _usual_time(description: Description, place: str, generator: np.random.Generator) -> str:
    if any(mention.subject == "moon" for mention in description.mentions) or place == "space":
        return "night"
    if place in ("underwater", "studio") or description.weather:
        return "day"
    return str(generator.choice(["day", "golden", "day", "dawn", "sunset"]))


def _usual_weather(description: Description, generator: np.random.Generator) -> str:
    return str(generator.choice(["clear", "fair", "fair"]))
