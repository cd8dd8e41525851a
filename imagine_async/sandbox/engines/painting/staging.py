"""Placing of subjects in a painted scene: where they stand, how large, in which light."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, mix, resize_premultiplied
from imagine_async.sandbox.engines.painting.colour import WHITE
from imagine_async.sandbox.engines.painting.ground import ISLAND_DEPTH
from imagine_async.sandbox.engines.painting.grounding import (
    Placement,
    beam,
    cast_shadow,
    lay_figure,
    overgrow,
    reflect,
    shine,
)
from imagine_async.sandbox.engines.painting.prompt import Mention
from imagine_async.sandbox.engines.painting.scene import Scene
from imagine_async.sandbox.engines.painting.subjects.catalogue import SUBJECTS, Subject, figure_of
from imagine_async.sandbox.engines.painting.subjects.shading import Light, render

_DEPTH_SCALES = {"near": 1.0, "middle": 0.86, "far": 0.74}
_DEPTH_HAZE = {"near": 0.0, "middle": 0.10, "far": 0.26}
_ROWS = {"near": 0.93, "middle": 0.84, "far": 0.70}
_BARE_PLACES = ("studio", "room", "city", "abstract", "desert", "beach", "island")
_FLOATING_PLACES = ("space", "underwater")


def stage(scene: Scene, picture: FloatArray) -> None:
    """Paint every subject of a scene into its picture, in place, far ones first."""
    order = {"far": 0, "middle": 1, "near": 2}
    mentions = sorted(enumerate(scene.mentions), key=lambda item: order[SUBJECTS[item[1].subject].depth])
    for rank, mention in mentions:
        placements = _placements(scene, mention, rank)
        drawing = _Drawing.of(scene, mention, max(placement.height for placement in placements))
        for placement in placements:
            _paint(scene, picture, mention, placement, drawing)


def light_on(scene: Scene) -> Light:
    """Return the light that falls on a scene's subjects."""
    if scene.place == "space":
        return Light(
            side=1.0 if scene.sun_x > 0.5 else -1.0,
            rim=0.4,
            outline=scene.style.outline * scene.unit,
            cel=bool(scene.style.cel_steps),
        )
    air = scene.atmosphere
    low_sun = 1 - min(1.0, air.sun_height * 2)
    ambient = air.ambient.mixed(WHITE.scaled(0.52 if air.night else 0.72), 0.34 if air.night else 0.42)
    return Light(
        side=1.0 if scene.sun_x > 0.5 else -1.0,
        key=air.key.mixed(WHITE, 0.2),
        ambient=ambient,
        rim=0.12 + 0.5 * low_sun * air.disc + (0.35 if air.night else 0.0),
        cel=bool(scene.style.cel_steps),
        outline=scene.style.outline * scene.unit,
    )


def _placements(scene: Scene, mention: Mention, rank: int) -> list[Placement]:
    subject = SUBJECTS[mention.subject]
    generator = scene.generator(f"place {mention.subject}")
    count = mention.count
    columns = _columns(scene, subject, count, rank, generator)
    placements = [
        _placement(scene, subject, column, index, count, rank, generator) for index, column in enumerate(columns)
    ]
    return sorted(placements, key=lambda placement: placement.height)


def _columns(scene: Scene, subject: Subject, count: int, rank: int, generator: np.random.Generator) -> list[float]:
    if count == 1:
        side = -1.0 if scene.sun_x > 0.5 else 1.0
        offset = 0.0 if scene.place == "studio" and rank == 0 else side * float(generator.uniform(0.05, 0.16))
        turn = (1, -2.4, 2.2, -1.4)[min(rank, 3)]
        return [float(np.clip(0.5 + offset * turn, 0.12, 0.88))]
    if scene.place == "island":
        return [0.5 + float(offset) for offset in generator.uniform(-0.16, 0.16, count)]
    spread = (np.arange(count) + 0.5 + generator.uniform(-0.18, 0.18, count)) / count
    columns: list[float] = (0.08 + 0.84 * generator.permutation(spread)).tolist()
    return columns


def _placement(
    scene: Scene, subject: Subject, column: float, index: int, count: int, rank: int, generator: np.random.Generator
) -> Placement:
    width, height = scene.size
    crowd = 1.0 if count == 1 else (0.95, 0.62, 0.5, 0.42, 0.36, 0.32, 0.3)[min(index, 6)]
    minor = (1.0 if rank == 0 else 0.62) * (0.45 if scene.place == "island" and subject.habitat == "ground" else 1.0)
    share = subject.size * _DEPTH_SCALES[subject.depth] * crowd * minor
    tall = min(share * scene.unit, 0.86 * width / subject.aspect, 0.8 * height)
    base = _base(scene, subject, tall, crowd * minor, generator)
    return Placement(
        column * width, base, tall, _DEPTH_HAZE[subject.depth] + 0.1 * (1 - crowd), _habitat(scene, subject)
    )


def _habitat(scene: Scene, subject: Subject) -> str:
    if scene.place in _FLOATING_PLACES:
        return "air"
    wet = scene.place in ("sea", "lake", "beach", "island", "river", "waterfall", "city")
    return "ground" if subject.habitat == "water" and not wet else subject.habitat


def _base(scene: Scene, subject: Subject, tall: float, scale: float, generator: np.random.Generator) -> float:
    """Return the row of the feet: farther back for smaller figures, over the horizon for those in the air."""
    height = scene.size[1]
    habitat = _habitat(scene, subject)
    if scene.place in _FLOATING_PLACES or scene.place == "abstract":
        middle = float(generator.uniform(0.42, 0.58)) if scale > 0.9 else float(generator.uniform(0.25, 0.75))
        return middle * height + tall / 2
    if habitat == "air":
        top = float(generator.uniform(0.06, 0.16) if scale > 0.6 else generator.uniform(0.05, 0.30)) * height
        return top + tall
    if scene.place == "island" and habitat == "ground":
        return height * (scene.horizon + (1 - scene.horizon) / (ISLAND_DEPTH - 1.1 + 0.4 * scale))
    floor = _ROWS[subject.depth] if habitat == "ground" else scene.horizon + (1 - scene.horizon) * 0.42
    if scene.place == "studio":
        floor = 0.5 + 0.5 * min(0.74, tall / height) + 0.06
    back = scene.horizon + 0.06
    result: float = height * (back + (floor - back) * scale**0.7)
    return result


@dataclass(frozen=True)
class _Drawing:
    """A figure drawn once, for every place where it stands: (rows, columns, 4), its origin and its height in pixels."""

    pixels: FloatArray
    x: float
    y: float
    height: float

    @classmethod
    def of(cls, scene: Scene, mention: Mention, height: float) -> _Drawing:
        return cls(*render(figure_of(mention.subject, mention.colour), height, light_on(scene)), height)

    def at(self, height: float) -> _Drawing:
        """Return a copy in another height, at most this one's."""
        scale = height / self.height
        rows, columns, _ = self.pixels.shape
        if round(rows * scale) == rows:
            return replace(self, pixels=self.pixels.copy())
        size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        return _Drawing(resize_premultiplied(self.pixels, size), self.x * scale, self.y * scale, height)


def _paint(scene: Scene, picture: FloatArray, mention: Mention, placement: Placement, drawing: _Drawing) -> None:
    drawing = drawing.at(placement.height)
    drawn, origin_x, origin_y = drawing.pixels, drawing.x, drawing.y
    air = scene.atmosphere
    drawn[..., :3] = mix(drawn[..., :3], air.haze.array, min(0.7, placement.haze * air.haze_density * scene.style.haze))
    aspect = SUBJECTS[mention.subject].aspect
    left = round(placement.x - origin_x - aspect * placement.height / 2)
    top = round(placement.base - origin_y - placement.height)
    if mention.subject in ("moon", "lamp"):
        shine(picture, placement, night=scene.atmosphere.night)
    if mention.subject == "lighthouse" and (scene.atmosphere.night or scene.atmosphere.sun_height < 0.3):
        beam(scene, picture, placement)
    if placement.habitat == "ground":
        cast_shadow(scene, picture, placement, aspect * SUBJECTS[mention.subject].footing)
    elif placement.habitat == "water":
        reflect(scene, picture, drawn, left, round(placement.base))
    lay_figure(picture, drawn, left, top)
    if placement.habitat == "ground" and not scene.snowy and scene.place not in _BARE_PLACES:
        overgrow(scene, picture, placement, aspect * SUBJECTS[mention.subject].footing)
