"""Deep space: nebulae, dust lanes, stars and the limb of a world."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, add_light, mix, resize_picture, smoothstep
from imagine_async.sandbox.engines.painting.colour import BLACK, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.noise import fractal_noise, ridged, warp
from imagine_async.sandbox.engines.painting.scene import Scene
from imagine_async.sandbox.engines.painting.sky import star_field

_GASES = (("3b5bd6", "d65bb0"), ("1f8a9e", "e8845a"), ("6a3fd0", "3fb0d8"), ("b03a5b", "f0a860"), ("2f6fd0", "8f4fd8"))


def paint_space(scene: Scene) -> FloatArray:
    """Return a nebula among stars, with a planet's limb below when the prompt names no other world."""
    picture = resize_picture(_nebula(scene), scene.size, Image.Resampling.BILINEAR)
    add_light(picture, *star_field(scene, 0.95))
    if not any(mention.subject in ("planet", "moon") for mention in scene.mentions):
        _paint_limb(scene, picture)
    return picture


def _nebula(scene: Scene) -> FloatArray:
    width, height = scene.size
    size = (max(8, width // 2), max(8, height // 2))
    generator = scene.generator("nebula")
    cells = (2.2 * width / max(width, height), 2.2 * height / max(width, height))
    bend = fractal_noise(generator, size, cells, octaves=4)
    gas = fractal_noise(generator, size, (cells[0] * 1.4, cells[1] * 1.4), octaves=6, gain=0.55)
    reach = 0.55 * min(size)
    gas = warp(gas, (bend - 0.5) * reach, (0.5 - bend) * reach * 0.8)
    lanes = ridged(fractal_noise(generator, size, (cells[0] * 1.6, cells[1] * 1.6), octaves=5))
    cool, warm = _gases(scene, generator)
    band = _band(size, float(generator.uniform(-0.9, 0.9)))
    density = smoothstep(0.36, 0.82, gas) * band
    heat = smoothstep(0.45, 0.62, warp(bend, (gas - 0.5) * reach * 0.4, np.float32(0)))[..., None]
    colour = mix(cool.array, warm.array, heat)
    glow = density[..., None] * colour * np.float32(1.25)
    add_light(glow, density**3, warm.mixed(Colour(1, 1, 1), 0.6).array * np.float32(0.9))
    dust = 1 - 0.7 * smoothstep(0.84, 0.97, lanes) * smoothstep(0.2, 0.7, density)
    return hexadecimal("060716").mixed(cool, 0.07).array + glow * dust[..., None]


def _gases(scene: Scene, generator: np.random.Generator) -> tuple[Colour, Colour]:
    cool, warm = (hexadecimal(str(code)) for code in _GASES[int(generator.integers(len(_GASES)))])
    if scene.accent:
        return scene.accent.mixed(BLACK, 0.15), scene.accent.turned(38)
    return cool, warm


def _band(size: tuple[int, int], slope: float) -> FloatArray:
    """Return a diagonal band through the middle, 1 along it, that the gas keeps to."""
    across = np.linspace(-1, 1, size[0], dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    return 0.22 + 0.9 * np.exp(-(((down - slope * across) / 0.62) ** 2))


def _paint_limb(scene: Scene, picture: FloatArray) -> None:
    width, height = scene.size
    radius = 1.5 * width
    x = (np.arange(width, dtype=np.float32) - (0.35 if scene.sun_x > 0.5 else 0.65) * width)[None, :]
    y = (np.arange(height, dtype=np.float32) - (0.86 * height + radius))[:, None]
    depth = (radius - np.hypot(x, y)) / scene.unit
    air = (scene.accent or hexadecimal("5aa8ff")).array
    texture = fractal_noise(scene.generator("limb"), scene.size, (5, 14), octaves=5)
    lit = (
        0.25
        + 0.85
        * smoothstep(
            0.0,
            1.0,
            np.linspace(0, 1, width, dtype=np.float32)
            if scene.sun_x > 0.5
            else np.linspace(1, 0, width, dtype=np.float32),
        )[None, :]
    )
    ground = (
        mix(
            np.array([0.05, 0.12, 0.25], np.float32),
            np.array([0.75, 0.82, 0.88], np.float32),
            smoothstep(0.5, 0.68, texture)[..., None],
        )
        * lit[..., None]
    )
    inside = smoothstep(-0.0015, 0.0015, depth)[..., None]
    picture[:] = mix(picture, ground * (0.5 + 0.5 * np.exp(-np.maximum(depth, 0) * 5))[..., None], inside)
    halo = np.exp(-np.abs(depth) * 26) * lit
    add_light(picture, halo, air * np.float32(0.95))
