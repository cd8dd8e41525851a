"""What falls or hangs in the air before the scene: rain, snow, mist and lightning."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, add_light, blur_plane, mix, resize_plane, smoothstep
from imagine_async.sandbox.engines.painting.brush import circles, lay, ribbon, stamp, streaks
from imagine_async.sandbox.engines.painting.colour import WHITE
from imagine_async.sandbox.engines.painting.noise import fractal_noise
from imagine_async.sandbox.engines.painting.scene import Scene

_INDOORS = ("studio", "room")


def add_distant_weather(scene: Scene, picture: FloatArray) -> None:
    """Paint what lies behind the subjects, in place: mist banks and lightning."""
    if scene.place in _INDOORS:
        return
    if scene.weather == "fog":
        _paint_mist(scene, picture)
    if scene.weather == "storm":
        _paint_lightning(scene, picture)


def add_near_weather(scene: Scene, picture: FloatArray) -> None:
    """Paint what falls before the subjects, in place: rain and snow."""
    if scene.place in _INDOORS:
        return
    if scene.weather in ("rain", "storm"):
        _paint_rain(scene, picture)
    if scene.weather == "snow":
        _paint_snowfall(scene, picture)


def _paint_mist(scene: Scene, picture: FloatArray) -> None:
    width, height = scene.size
    half = (max(8, width // 2), max(8, height // 2))
    banks = fractal_noise(scene.generator("mist"), half, (2.0 * width / height, 7.0), octaves=4)
    rows = np.linspace(0, 1, half[1], dtype=np.float32)[:, None]
    layer = np.exp(-(((rows - scene.horizon - 0.02) / 0.2) ** 2))
    share = np.clip(layer * (0.25 + 1.1 * smoothstep(0.35, 0.7, banks)), 0, 0.85)
    share = resize_plane(share, scene.size, Image.Resampling.BILINEAR)
    picture[:] = mix(picture, scene.atmosphere.haze.mixed(WHITE, 0.12).array, share[..., None])


def _paint_rain(scene: Scene, picture: FloatArray) -> None:
    generator = scene.generator("rain")
    width, height = scene.size
    for length, count, opacity in ((0.05, 260, 0.12), (0.10, 150, 0.17), (0.17, 50, 0.2)):
        feet = generator.random((count, 2)) * np.array([1.2 * width, 1.1 * height])
        fall = length * scene.unit * generator.uniform(0.6, 1.2, (count, 1)) * np.array([-0.16, 1.0])
        drops = streaks(feet - fall * (0, 1), feet + fall * (1, 0), 0.3, max(0.8, 0.0022 * scene.unit))
        lay(picture, stamp(drops, scene.size), scene.atmosphere.cloud_light.mixed(WHITE, 0.5).array, opacity)


def _paint_snowfall(scene: Scene, picture: FloatArray) -> None:
    generator = scene.generator("snowfall")
    for radius, count, opacity in ((0.0016, 420, 0.75), (0.003, 170, 0.85), (0.0065, 44, 0.6)):
        spots = generator.random((count, 2)) * scene.size
        radii = np.maximum(0.6, radius * scene.unit * generator.uniform(0.6, 1.4, count))
        flakes = circles(spots, radii, 8)
        lay(picture, stamp(flakes, scene.size), WHITE.array * (0.7 if scene.atmosphere.night else 1.0), opacity)


def _paint_lightning(scene: Scene, picture: FloatArray) -> None:
    generator = scene.generator("lightning")
    width, height = scene.size
    start = (float(generator.uniform(0.2, 0.8)) * width, 0.0)
    bolts = _bolt(start, scene.horizon * height, 0.012 * scene.unit, 2, generator)
    shape = stamp(bolts, scene.size)
    if shape is None:
        return
    core = np.zeros((height, width), dtype=np.float32)
    rows, columns = shape.coverage.shape
    core[shape.top : shape.top + rows, shape.left : shape.left + columns] = shape.coverage
    glow = blur_plane(core, 0.018 * scene.unit) * 2.2 + blur_plane(core, 0.09 * scene.unit) * 3.0
    add_light(picture, core * np.float32(0.95) + glow, np.array([0.78, 0.80, 1.0], dtype=np.float32))


def _bolt(
    start: tuple[float, float], bottom: float, step: float, branches: int, generator: np.random.Generator
) -> list[FloatArray]:
    path = [start]
    drift = float(generator.uniform(-0.5, 0.5))
    while path[-1][1] < bottom and len(path) < 200:
        x, y = path[-1]
        path.append(
            (x + step * (drift + float(generator.normal(0, 1.1))), y + step * float(generator.uniform(0.6, 1.6)))
        )
    thick = step * 0.12 * (branches + 1)
    widths = np.linspace(thick, 0.3 * thick, len(path)).tolist()
    bolts = [ribbon(path, widths)] if len(path) > 2 else []
    if branches:
        for index in generator.integers(len(path) // 5, max(len(path) // 5 + 1, len(path) * 3 // 4), 3):
            reach = path[index][1] + (bottom - path[index][1]) * float(generator.uniform(0.3, 0.7))
            bolts += _bolt(path[index], reach, step * 0.8, branches - 1, generator)
    return bolts
