"""What ties a figure to its surroundings: shadow, reflection, tufts before its feet, its own light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, add_light, blur_plane
from imagine_async.sandbox.engines.painting.brush import lay, stamp, streaks
from imagine_async.sandbox.engines.painting.colour import Colour
from imagine_async.sandbox.engines.painting.scene import Scene


@dataclass(frozen=True)
class Placement:
    """Where one figure goes.

    Attributes:
        x: Column of its middle in pixels.
        base: Row of its feet in pixels.
        height: Its height in pixels.
        haze: Share of haze over it.
        habitat: ``ground``, ``water`` or ``air``.
    """

    x: float
    base: float
    height: float
    haze: float
    habitat: str


def lay_figure(picture: FloatArray, figure: FloatArray, left: int, top: int) -> None:
    """Lay a figure (rows, columns, 4) over a picture, in place, cut at the picture's edges."""
    height, width, _ = picture.shape
    rows = slice(max(0, -top), min(figure.shape[0], height - top))
    columns = slice(max(0, -left), min(figure.shape[1], width - left))
    if rows.stop <= rows.start or columns.stop <= columns.start:
        return
    part = figure[rows, columns]
    target = picture[top + rows.start : top + rows.stop, left + columns.start : left + columns.stop]
    target += (part[..., :3] - target) * part[..., 3:]


def _ellipse(picture: FloatArray, x: float, y: float, across: float, down: float) -> FloatArray:
    """Return each pixel's distance from an ellipse's middle, 1 on its rim."""
    columns = (np.arange(picture.shape[1], dtype=np.float32) - x) / max(across, 1)
    rows = (np.arange(picture.shape[0], dtype=np.float32) - y) / max(down, 1)
    result: FloatArray = np.hypot(columns[None, :], rows[:, None])
    return result


def cast_shadow(scene: Scene, picture: FloatArray, placement: Placement, aspect: float) -> None:
    """Darken the ground under a figure and away from the sun, in place."""
    half = 0.42 * aspect * placement.height
    away = -0.35 if scene.sun_x > 0.5 else 0.35
    top = max(0, int(placement.base - half * 0.5))
    region = picture[top : int(placement.base + half * 0.5) + 1]
    if not region.size:
        return
    contact = np.exp(
        -(_ellipse(region, placement.x, placement.base - top, half, max(half * 0.13, 0.006 * scene.unit)) ** 2) * 1.2
    )
    thrown = np.exp(
        -(_ellipse(region, placement.x + away * half, placement.base - top, half * 1.5, half * 0.2) ** 2) * 1.1
    )
    region *= (1 - 0.5 * contact - 0.26 * thrown)[..., None]


def overgrow(scene: Scene, picture: FloatArray, placement: Placement, aspect: float) -> None:
    """Draw tufts before the feet in the ground's own colours, so that the figure stands in the scene, not on it."""
    generator = scene.generator(f"tufts {placement.x}")
    width, height = scene.size
    half = 0.5 * aspect * placement.height
    tall = 0.05 * placement.height
    row = int(np.clip(placement.base + 0.03 * height, 0, height - 1))
    low, high = (int(np.clip(placement.x + side * half, 0, width - 1)) for side in (-1, 1))
    ground = picture[row, low : high + 1].mean(axis=0)
    for tone in (0.72, 0.9, 1.1):
        feet = (placement.x, placement.base) + generator.normal(0, 0.42, (60, 1)) * (1.25 * half, 0)
        feet += (0, 0.25 * tall) * generator.random((60, 1))
        tips = feet + tall * np.stack([generator.normal(0, 0.3, 60), generator.uniform(-1.0, -0.35, 60)], axis=-1)
        blades = streaks(tips, feet, 0.0, 0.26 * tall)
        lay(picture, stamp(blades, scene.size), ground * np.float32(tone), 0.9)


def shine(picture: FloatArray, placement: Placement, *, night: bool) -> None:
    """Add the glow of a figure that shines, in place."""
    row = placement.base - placement.height * (0.5 if placement.habitat == "air" else 0.7)
    distance = _ellipse(picture, placement.x, row, placement.height * 0.5, placement.height * 0.5)
    light = Colour(0.62, 0.68, 0.85) if night else Colour(0.7, 0.6, 0.4)
    add_light(picture, 0.55 * np.exp(-distance * 1.1), light.array)


def beam(scene: Scene, picture: FloatArray, placement: Placement) -> None:
    """Add a lantern's two opposite beams and its glow."""
    row, spread = placement.base - 0.81 * placement.height, 0.055
    columns = np.arange(picture.shape[1], dtype=np.float32)[None, :] - placement.x
    rows = np.arange(picture.shape[0], dtype=np.float32)[:, None] - row
    reach = np.hypot(columns, rows) / scene.unit
    angle = np.arctan2(rows + 0.12 * columns, np.abs(columns) + 1e-3)
    beam = np.exp(-((angle / spread) ** 2) - reach * 1.5) * 0.75 + 0.8 * np.exp(-reach * 26)
    strength = 1.0 if scene.atmosphere.night else 0.5
    add_light(picture, beam * strength, Colour(1.0, 0.9, 0.62).array)


def reflect(scene: Scene, picture: FloatArray, drawn: FloatArray, left: int, base: int) -> None:
    """Lay the figure's rippled mirror image below its waterline, and a little foam along it."""
    mirrored = drawn[::-1].copy()
    rows = np.arange(mirrored.shape[0], dtype=np.float32)
    sway = np.sin(rows * 60 / mirrored.shape[0] + 8 * np.sin(rows * 7 / mirrored.shape[0])) * 0.012 * mirrored.shape[0]
    for index, shift in enumerate((sway * (0.3 + rows / len(rows))).astype(int)):
        mirrored[index] = np.roll(mirrored[index], int(shift), axis=0)
    fade = np.linspace(0.55, 0.05, len(rows), dtype=np.float32)[:, None]
    mirrored[..., 3] = blur_plane(mirrored[..., 3], 1.0) * fade
    mirrored[..., :3] *= 0.72
    lay_figure(picture, mirrored, left, base - 4)
    half = 0.42 * drawn.shape[1]
    top = max(0, int(base - half * 0.2))
    region = picture[top : int(base + half * 0.2)]
    foam = np.exp(-(_ellipse(region, left + drawn.shape[1] / 2, base - top, half, half * 0.035) ** 2))
    add_light(region, foam * 0.3, scene.atmosphere.cloud_light.array)
