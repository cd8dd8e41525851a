"""Trees and flowers scattered over the ground, far to near."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, mix
from imagine_async.sandbox.engines.painting.brush import circles, lay, stamp
from imagine_async.sandbox.engines.painting.colour import Colour, hexadecimal
from imagine_async.sandbox.engines.painting.ground import Ground
from imagine_async.sandbox.engines.painting.noise import texture
from imagine_async.sandbox.engines.painting.scene import Scene

_BANDS = 7
_NEEDLES = {"summer": "2f4f34", "autumn": "8f5a2c", "spring": "5f8a46", "snow": "4b6359"}
_TIP, _TRUNK = ((0.0, -1.0),), ((0.02, 0.0), (-0.02, 0.0))
_PETALS = ("f4f1e8", "f2c73b", "d9483b", "b56fd0", "ef8fb4")


def scatter_conifers(picture: FloatArray, ground: Ground) -> None:
    """Draw conifers on visible ground, in place, in bands of equal depth so that haze parts them."""
    generator = ground.scene.generator("conifers")
    nearest = 2.4 if ground.scene.place == "forest" else 4.0
    edges = nearest * (30 / nearest) ** np.linspace(1, 0, _BANDS + 1)
    needles = _needles(ground.scene)
    for band, (far, near) in enumerate(pairwise(edges.tolist())):
        count = round(_number(ground, ground.form.trees) * 2.4 / (band + 1.6) / _BANDS)
        depths = generator.uniform(near, far, count)
        _lay_band(picture, ground, _conifers(ground, generator, depths), (near + far) / 2, needles)


def _conifers(ground: Ground, generator: np.random.Generator, depths: FloatArray) -> list[FloatArray]:
    wood = ground.scene.place == "forest"
    columns = _groves(generator, len(depths))
    heights = ground.camera.focal / depths * generator.uniform(0.45, 1.25, len(depths)) * (1.7 if wood else 0.95)
    rows = ground.footholds(columns, depths)
    clearing = (np.abs(columns - 0.5) < 0.27) & (depths < 8) & wood
    kept = ~(np.isnan(rows) | clearing | (heights < 2))
    feet = np.stack([columns * ground.scene.size[0], rows + 0.02 * heights], axis=-1)
    return conifer_outlines(feet[kept], heights[kept], generator)


def _number(ground: Ground, usual: int) -> int:
    """Return how many of something to scatter: fewer in a small picture, where they would run together."""
    return round(usual * min(1.0, 0.15 + ground.scene.unit / 500))


def _groves(generator: np.random.Generator, count: int) -> FloatArray:
    """Return columns as shares of the width, gathered in groves, more towards the sides."""
    middles = generator.choice((0.02, 0.17, 0.3, 0.72, 0.86, 0.98), count)
    gathered = middles + generator.normal(0, 0.06, count)
    return np.where(generator.random(count) < 0.75, gathered, generator.random(count))


def conifer_outlines(feet: FloatArray, heights: FloatArray, generator: np.random.Generator) -> list[FloatArray]:
    """Return conifers' silhouettes: a trunk and tiers of drooping branches.

    Args:
        feet: Where they stand, (trees, 2) in pixels.
        heights: How tall they are, (trees,) in pixels.
        generator: Source of their differences.

    Returns:
        Each silhouette, (points, 2) in pixels.
    """
    if not len(heights):
        return []
    tiers = 9 if heights.max() > 40 else 5
    count = len(heights), 2 * tiers
    shares = np.repeat(np.linspace(0.02, 0.9, tiers), 2)
    reach = generator.uniform(0.15, 0.21, (len(heights), 1)) * shares**0.85 * generator.uniform(0.8, 1.15, count)
    reach[:, 1::2] *= 0.52
    down = np.broadcast_to(shares - 1, count).copy()
    down[:, 1::2] -= 0.012
    right = np.stack([reach * generator.uniform(0.85, 1.1, count), down], axis=-1)
    left = np.stack([-reach, down], axis=-1)[:, ::-1]
    tip, trunk = (np.broadcast_to(np.array(points), (len(heights), len(points), 2)) for points in (_TIP, _TRUNK))
    outlines = np.concatenate([tip, right, trunk, left], axis=1) * heights[:, None, None] + feet[:, None]
    return list(outlines.astype(np.float32))


def _lay_band(picture: FloatArray, ground: Ground, trees: list[FloatArray], depth: float, needles: FloatArray) -> None:
    shape = stamp(trees, ground.scene.size)
    if shape is None:
        return
    rows, columns = (
        slice(start, start + length)
        for start, length in zip((shape.top, shape.left), shape.coverage.shape, strict=True)
    )
    sideways = np.arange(columns.start, columns.stop, dtype=np.float32) - ground.scene.size[0] / 2
    sideways *= np.float32(depth / ground.camera.focal)
    haze, share = ground.haze_at(np.full_like(sideways, depth), sideways)
    colour = mix(_needle_colour(ground).array, haze, share)
    lay(picture, shape, colour, tone=_side_light(ground, shape.coverage) * needles[rows, columns])


def _needles(scene: Scene) -> FloatArray:
    """Return the texture of branches for the whole picture, about 1: dark gaps under light tiers."""
    cell = max(1.0, 0.006 * scene.unit)
    return 0.84 + np.float32(0.32) * texture(scene.generator("needles"), scene.size, (2.2 * cell, cell))


def _needle_colour(ground: Ground) -> Colour:
    scene = ground.scene
    needles = hexadecimal(_NEEDLES["snow" if scene.snowy else scene.season or "summer"])
    light = scene.atmosphere.ambient.mixed(scene.atmosphere.key, 0.45)
    return Colour(*(part * lit for part, lit in zip(needles, light, strict=True)))


def _side_light(ground: Ground, coverage: FloatArray) -> FloatArray:
    """Brighten the side of each tree that faces the sun: sharply along its edge, and softly as if it were round."""
    towards = -1 if ground.scene.sun_x > 0.5 else 1
    edge, body = (max(1, round(share * ground.scene.unit)) * towards for share in (0.006, 0.03))
    rim = np.clip(coverage - np.roll(coverage, edge, axis=1), 0, 1)
    turned = np.roll(coverage, -body, axis=1) - np.roll(coverage, body, axis=1)
    return 1 + (0.35 * rim + 0.3 * turned) / (1 + 0.5 * ground.scene.atmosphere.haze_density)


def scatter_blossoms(picture: FloatArray, ground: Ground) -> None:
    """Draw wild flowers on the near ground, in place, largest nearest."""
    generator = ground.scene.generator("blossoms")
    petals = [hexadecimal(code) for code in generator.choice(_PETALS, 2, replace=False)]
    if ground.scene.accent:
        petals[0] = ground.scene.accent
    air = ground.scene.atmosphere
    light = air.ambient.array * 0.6 + air.key.array * 0.75
    for colour in petals:
        spots = _blossoms(ground, generator, _number(ground, ground.form.blossoms // 2))
        lay(picture, stamp(spots, ground.scene.size), colour.array * light, 0.9)


def _blossoms(ground: Ground, generator: np.random.Generator, count: int) -> list[FloatArray]:
    columns, depths = generator.random(count), 1.02 + 4.2 * generator.random(count) ** 2
    radii = ground.camera.focal / depths * generator.uniform(0.004, 0.010, count)
    rows = ground.footholds(columns, depths) - radii * generator.uniform(1, 6, count)
    middles = np.stack([columns * ground.scene.size[0], rows], axis=-1)
    seen = (radii >= 0.4) & ~np.isnan(rows)
    return circles(middles[seen], radii[seen], 7)
