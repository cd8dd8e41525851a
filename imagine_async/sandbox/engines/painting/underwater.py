"""Under the sea: light from above, a rippled floor, weed, corals and bubbles."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, add_light, coloured, mix, resize_plane, smoothstep
from imagine_async.sandbox.engines.painting.brush import circle, lay, ribbon, stamp
from imagine_async.sandbox.engines.painting.colour import Colour, hexadecimal
from imagine_async.sandbox.engines.painting.noise import TileableNoise, fractal_noise, ridged
from imagine_async.sandbox.engines.painting.scene import Scene

_CORALS = ("e2646f", "f0a24e", "c95fb2", "f2c6a0", "7a6ad0")


def paint_underwater(scene: Scene) -> FloatArray:
    """Return an empty underwater scene."""
    picture = _water(scene)
    _paint_floor(scene, picture)
    for depth in (0.75, 0.4, 0.0):
        _paint_growth(scene, picture, depth)
    add_light(picture, _rays(scene), Colour(0.55, 0.75, 0.75).array)
    _paint_bubbles(scene, picture)
    return picture


def _tones(scene: Scene) -> tuple[Colour, Colour]:
    light, deep = hexadecimal("7fe0e4"), hexadecimal("0a4677")
    if scene.accent:
        light, deep = light.mixed(scene.accent, 0.45), deep.mixed(scene.accent.scaled(0.5), 0.45)
    return (light.scaled(0.35), deep.scaled(0.4)) if scene.atmosphere.night else (light, deep)


def _water(scene: Scene) -> FloatArray:
    light, deep = _tones(scene)
    width, height = (max(8, length // 4) for length in scene.size)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    near = np.exp(-np.hypot((columns - scene.sun_x) * 1.1, rows * 1.2) * 1.9)
    share = resize_plane(np.clip(near * 1.15, 0, 1), scene.size, Image.Resampling.BILINEAR)
    return mix(deep.array, light.array, share[..., None])


def _rays(scene: Scene) -> FloatArray:
    """Return shafts of light that fan out from above."""
    width, height = scene.size
    size = (max(8, width // 2), max(8, height // 2))
    columns = (np.linspace(0, 1, size[0], dtype=np.float32)[None, :] - scene.sun_x) * (width / height)
    rows = np.linspace(0, 1, size[1], dtype=np.float32)[:, None] + 0.35
    angle = np.arctan2(columns, rows)
    profile = scene.generator("rays").random(64, dtype=np.float32)
    shafts = np.interp(angle.ravel() * 22 + 32, np.arange(64), profile).reshape(angle.shape).astype(np.float32)
    return resize_plane(
        smoothstep(0.45, 0.95, shafts) * np.exp(-(rows - 0.35) * 2.4) * 0.34, scene.size, Image.Resampling.BILINEAR
    )


def _paint_floor(scene: Scene, picture: FloatArray) -> None:
    width, height = scene.size
    shape = fractal_noise(scene.generator("floor"), (width, 1), (3, 0.1), octaves=4)[0]
    crest = (0.80 - 0.09 * shape) * height
    rows = np.arange(height, dtype=np.float32)[:, None]
    top = int(crest.min())
    below = np.maximum(rows[top:] - 0.62 * height, 1) / height
    depth = 0.3 / below
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :] * depth * (width / height)
    noise = TileableNoise(scene.generator("caustics"), cells=8, octaves=2, resolution=256)
    caustics = smoothstep(0.82, 1.0, ridged(noise.at(x * 0.9, np.broadcast_to(depth, x.shape) * 0.9)))
    light, deep = _tones(scene)
    sand = hexadecimal("d8c9a0").mixed(light, 0.35).array
    sand = coloured(0.55 + 0.5 * caustics, sand)
    far = np.clip((depth - 0.6) * 0.75, 0, 0.85)[..., None]
    picture[top:] = mix(
        picture[top:], mix(sand, deep.mixed(light, 0.35).array, far), np.clip(rows[top:] - crest, 0, 1)[..., None]
    )


def _paint_growth(scene: Scene, picture: FloatArray, depth: float) -> None:
    """Draw weed and corals at one depth: 0 is nearest, 1 is lost in the water."""
    generator = scene.generator(f"growth {depth}")
    light, deep = _tones(scene)
    height, unit = scene.size[1], scene.unit
    for _ in range(9):
        side = float(generator.random()) * 0.3 if generator.random() < 0.5 else 1 - float(generator.random()) * 0.3
        x = (side if depth < 0.5 else float(generator.random())) * scene.size[0]
        base = height * (1.02 - 0.2 * depth)
        water = light.mixed(deep, 0.7).array
        if generator.random() < 0.5:
            colour = hexadecimal("3f8f5a").array * float(generator.uniform(0.6, 1.0))
            shapes = _weed(x, base, unit * (0.34 - 0.14 * depth), generator)
        else:
            colour = hexadecimal(str(generator.choice(_CORALS))).array * 0.9
            shapes = _coral(x, base, unit * (0.15 - 0.07 * depth), -np.pi / 2, 4, generator)
        lay(picture, stamp(shapes, scene.size), mix(colour, water, 0.15 + 0.75 * depth))


def _weed(x: float, base: float, tall: float, generator: np.random.Generator) -> list[FloatArray]:
    blades = []
    for _ in range(5):
        reach, phase = tall * float(generator.uniform(0.5, 1.1)), float(generator.uniform(0, 6.28))
        foot = x + tall * float(generator.uniform(-0.25, 0.25))
        path = [
            (foot + 0.08 * tall * step / 6 * np.sin(step * 1.1 + phase), base - reach * step / 9) for step in range(10)
        ]
        blades.append(ribbon(path, [0.05 * tall * (1 - step / 9.5) for step in range(10)]))
    return blades


def _coral(
    x: float, y: float, length: float, angle: float, generation: int, generator: np.random.Generator
) -> list[FloatArray]:
    """Return a branching coral as tapering strokes with round ends."""
    end_x, end_y = x + length * np.cos(angle), y + length * np.sin(angle)
    thick = 0.05 * length * (generation + 1.5)
    shapes = [ribbon([(x, y), (end_x, end_y)], [thick * 1.2, thick]), circle(end_x, end_y, thick / 2, 10)]
    if generation:
        for turn in (-0.5, 0.45):
            bent = angle + turn * float(generator.uniform(0.6, 1.3))
            shapes += _coral(
                end_x, end_y, length * float(generator.uniform(0.62, 0.8)), bent, generation - 1, generator
            )
    return shapes


def _paint_bubbles(scene: Scene, picture: FloatArray) -> None:
    generator = scene.generator("bubbles")
    for _ in range(26):
        x, y = generator.random(2) * scene.size
        radius = scene.unit * float(generator.uniform(0.003, 0.013))
        lay(picture, stamp([circle(x, y, radius)], scene.size), Colour(0.8, 0.97, 1.0).array, 0.3)
        lay(
            picture,
            stamp([circle(x - radius * 0.3, y - radius * 0.3, radius * 0.35)], scene.size),
            Colour(1, 1, 1).array,
            0.8,
        )
