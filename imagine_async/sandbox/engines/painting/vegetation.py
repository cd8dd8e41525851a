"""Trees and flowers scattered over the ground, far to near."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, mix
from imagine_async.sandbox.engines.painting.brush import circle, lay, stamp
from imagine_async.sandbox.engines.painting.colour import Colour, hexadecimal
from imagine_async.sandbox.engines.painting.ground import Ground
from imagine_async.sandbox.engines.painting.noise import texture

_BANDS = 7
_NEEDLES = {"summer": "2f4f34", "autumn": "a8552a", "spring": "5f8a46", "snow": "4b6359"}
_PETALS = ("f4f1e8", "f2c73b", "d9483b", "b56fd0", "ef8fb4")


def scatter_conifers(picture: FloatArray, ground: Ground) -> None:
    """Draw conifers on visible ground, in place, in bands of equal depth so that haze parts them."""
    generator = ground.scene.generator("conifers")
    nearest = 2.4 if ground.scene.place == "forest" else 4.0
    edges = nearest * (30 / nearest) ** np.linspace(1, 0, _BANDS + 1)
    for band, (far, near) in enumerate(pairwise(edges.tolist())):
        count = round(_number(ground, ground.form.trees) * 2.4 / (band + 1.6) / _BANDS)
        trees = [_conifer(ground, generator, float(generator.uniform(near, far))) for _ in range(count)]
        _lay_band(picture, ground, [tree for tree in trees if tree is not None], (near + far) / 2)


def _conifer(ground: Ground, generator: np.random.Generator, depth: float) -> FloatArray | None:
    wood = ground.scene.place == "forest"
    column = _grove(generator)
    clearing = abs(column - 0.5) < 0.27 and depth < 8 and wood
    row = ground.foothold(column, depth)
    height = ground.camera.pixels_per_unit(depth) * float(generator.uniform(0.45, 1.25)) * (1.7 if wood else 0.95)
    if row is None or clearing or height < 2:
        return None
    return conifer_outline(column * ground.scene.size[0], row + 0.02 * height, height, generator)


def _number(ground: Ground, usual: int) -> int:
    """Return how many of something to scatter: fewer in a small picture, where they would run together."""
    return round(usual * min(1.0, 0.15 + ground.scene.unit / 500))


def _grove(generator: np.random.Generator) -> float:
    """Return a column as a share of the width; columns gather in groves, more towards the sides."""
    middle = float(generator.choice((0.02, 0.17, 0.3, 0.72, 0.86, 0.98)))
    return middle + float(generator.normal(0, 0.06)) if generator.random() < 0.75 else float(generator.random())


def conifer_outline(x: float, base: float, height: float, generator: np.random.Generator) -> FloatArray:
    """Return a conifer's silhouette, (points, 2) in pixels: a trunk and tiers of drooping branches."""
    tiers = 9 if height > 40 else 5
    half = height * float(generator.uniform(0.15, 0.21))
    shares = np.repeat(np.linspace(0.02, 0.9, tiers, dtype=np.float32), 2)
    reach = half * shares**0.85 * generator.uniform(0.8, 1.15, 2 * tiers)
    reach[1::2] *= 0.52
    rows = base - height + shares * height
    rows[1::2] -= 0.012 * height
    left = np.stack([x - reach, rows], axis=-1)
    right = np.stack([x + reach * generator.uniform(0.85, 1.1, 2 * tiers), rows], axis=-1)
    trunk = np.array([[x + half * 0.12, base], [x - half * 0.12, base]])
    return np.concatenate([[[x, base - height]], right, trunk, left[::-1]]).astype(np.float32)


def _lay_band(picture: FloatArray, ground: Ground, trees: list[FloatArray], depth: float) -> None:
    shape = stamp(trees, ground.scene.size)
    if shape is None:
        return
    columns = (shape.left + np.arange(shape.coverage.shape[1], dtype=np.float32)) / ground.scene.size[0] - 0.5
    sideways = columns * ground.scene.size[0] * depth / ground.camera.focal
    haze, share = ground.haze_at(np.full_like(sideways, depth), sideways)
    colour = mix(_needle_colour(ground).array, haze, share)
    shade = _side_light(ground, shape.coverage)
    lay(picture, shape, colour, tone=shade * _needles(ground, shape.coverage))


def _needles(ground: Ground, coverage: FloatArray) -> FloatArray:
    """Return the texture of branches, about 1: dark gaps under light tiers."""
    height, width = coverage.shape
    cell = max(1.0, 0.006 * ground.scene.unit)
    branches = texture(ground.scene.generator("needles"), (width, height), (2.2 * cell, cell)) * np.float32(0.32)
    branches += np.float32(0.84)
    return branches


def _needle_colour(ground: Ground) -> Colour:
    scene = ground.scene
    needles = hexadecimal(_NEEDLES["snow" if scene.snowy else scene.season or "summer"])
    light = scene.atmosphere.ambient.mixed(scene.atmosphere.key, 0.45)
    return Colour(*(part * lit for part, lit in zip(needles, light, strict=True)))


def _side_light(ground: Ground, coverage: FloatArray) -> FloatArray:
    """Brighten the side of each tree that faces the sun."""
    step = max(1, round(0.006 * ground.scene.unit))
    towards = -step if ground.scene.sun_x > 0.5 else step
    rim = coverage - np.roll(coverage, towards, axis=1)
    return 1 + 0.35 * np.clip(rim, 0, 1) / (1 + 0.5 * ground.scene.atmosphere.haze_density)


def scatter_blossoms(picture: FloatArray, ground: Ground) -> None:
    """Draw wild flowers on the near ground, in place, largest nearest."""
    generator = ground.scene.generator("blossoms")
    petals = [hexadecimal(code) for code in generator.choice(_PETALS, 2, replace=False)]
    if ground.scene.accent:
        petals[0] = ground.scene.accent
    air = ground.scene.atmosphere
    light = air.ambient.array * 0.6 + air.key.array * 0.75
    for colour in petals:
        spots = [_blossom(ground, generator) for _ in range(_number(ground, ground.form.blossoms // 2))]
        shape = stamp([spot for spot in spots if spot is not None], ground.scene.size)
        lay(picture, shape, colour.array * light, 0.9)


def _blossom(ground: Ground, generator: np.random.Generator) -> FloatArray | None:
    column, depth = float(generator.random()), 1.02 + 4.2 * float(generator.random()) ** 2
    row = ground.foothold(column, depth)
    radius = ground.camera.pixels_per_unit(depth) * float(generator.uniform(0.004, 0.010))
    if row is None or radius < 0.4:
        return None
    return circle(column * ground.scene.size[0], row - radius * float(generator.uniform(1, 6)), radius, 7)
