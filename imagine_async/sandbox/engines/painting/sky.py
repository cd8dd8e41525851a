"""The sky: gradient, glow, stars, disc and clouds.

Soft parts are computed on a reduced copy and enlarged: a gradient has no detail to lose.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import (
    FloatArray,
    Size,
    add_light,
    coloured,
    mix,
    resize_picture,
    smoothstep,
)
from imagine_async.sandbox.engines.painting.colour import WHITE, Colour
from imagine_async.sandbox.engines.painting.noise import fractal_noise, ridged, warp
from imagine_async.sandbox.engines.painting.scene import Scene


def paint_sky(scene: Scene) -> FloatArray:
    """Return a whole picture of sky; below the horizon it holds the horizon's colour."""
    width, height = scene.size
    reduced = (max(8, width // 2), max(8, height // 2))
    picture: FloatArray = _gradient(scene, reduced) + _glow(scene, reduced)
    picture = _add_clouds(scene, picture)
    picture = resize_picture(picture, scene.size, Image.Resampling.BILINEAR)
    if scene.atmosphere.stars > 0.05:
        add_light(picture, *star_field(scene, scene.atmosphere.stars * _above_horizon(scene)[:, None]))
    return _add_disc(scene, picture)


def _above_horizon(scene: Scene) -> FloatArray:
    rows = np.linspace(0, 1, scene.size[1], dtype=np.float32)
    return smoothstep(0.0, 0.5, 1 - rows / scene.horizon)


def _gradient(scene: Scene, size: Size) -> FloatArray:
    air = scene.atmosphere
    rows = np.linspace(0, 1, size[1], dtype=np.float32) / scene.horizon
    stops = [0.0, 0.55, 0.9, 1.0]
    colours = [air.zenith, air.middle, air.horizon, air.horizon.mixed(air.haze, 0.35)]
    channels = [np.interp(rows, stops, [colour[index] for colour in colours]) for index in range(3)]
    column = np.stack(channels, axis=-1).astype(np.float32)
    return np.broadcast_to(column[:, None, :], (size[1], size[0], 3))


def distance_to_sun(scene: Scene, size: Size) -> FloatArray:
    """Return each pixel's distance to the sun, in picture heights, flattened so that glows spread sideways."""
    aspect = scene.size[0] / scene.size[1]
    across = (np.linspace(0, 1, size[0], dtype=np.float32) - scene.sun_x) * aspect
    down = np.linspace(0, 1, size[1], dtype=np.float32) - scene.sun_y
    result: FloatArray = np.hypot(across[None, :] * 0.8, down[:, None])
    return result


def _glow(scene: Scene, size: Size) -> FloatArray:
    distance = distance_to_sun(scene, size)
    strength = scene.atmosphere.glow * (0.75 * np.exp(-distance * 3.2) + 0.8 * np.exp(-distance * 11))
    return coloured(strength, scene.atmosphere.sun.array * np.float32(0.75))


def _add_clouds(scene: Scene, picture: FloatArray) -> FloatArray:
    cover = scene.atmosphere.cloud_cover + scene.style.clouds
    density = _cloud_density(scene, (picture.shape[1], picture.shape[0]))
    threshold = 0.86 - 0.78 * min(cover, 1.0)
    crispness = 0.1 if scene.style.cel_steps else 0.24
    opacity = smoothstep(threshold, threshold + crispness, density)
    opacity *= _cloud_band(scene, picture.shape[0])[:, None]
    lit = _cloud_light(scene, density)
    colour = mix(scene.atmosphere.cloud_shadow.array, scene.atmosphere.cloud_light.array, lit[..., None])
    near_sun = np.exp(-distance_to_sun(scene, (picture.shape[1], picture.shape[0])) * 3.5)
    add_light(colour, near_sun, scene.atmosphere.sun.array * np.float32(scene.atmosphere.glow * 0.55))
    return mix(picture, colour, (opacity * 0.94)[..., None])


def _cloud_density(scene: Scene, size: Size) -> FloatArray:
    """Return fractal clouds, flattened by perspective towards the horizon."""
    generator = scene.generator("clouds")
    aspect = scene.size[0] / scene.size[1]
    flat = fractal_noise(generator, size, (2.6 * aspect, 4.2), octaves=6, gain=0.55)
    billows = ridged(fractal_noise(generator, size, (3.6 * aspect, 6.0), octaves=3))
    rows = np.arange(size[1], dtype=np.float32)
    horizon = scene.horizon * size[1]
    share = rows / horizon
    source = np.minimum(horizon * (0.62 * share + 0.5 * share**2.2), size[1] - 1)
    density = warp(flat * 0.85 + (1 - billows) * 0.15, np.float32(0), (source - rows)[:, None])
    result: FloatArray = np.clip(0.5 + (density - density.mean()) * np.float32(2.1), 0, 1)
    return result


def _cloud_band(scene: Scene, height: int) -> FloatArray:
    rows = np.linspace(0, 1, height, dtype=np.float32) / scene.horizon
    return 1 - 0.55 * smoothstep(0.72, 1.0, rows)


def _cloud_light(scene: Scene, density: FloatArray) -> FloatArray:
    """Light clouds by how much denser they are away from the sun than towards it."""
    height, width = density.shape
    step = max(1.0, 0.022 * height)
    columns = np.linspace(0, 1, width, dtype=np.float32)
    towards = np.sign(scene.sun_x - columns)[None, :] * step * 0.7
    rise = np.where(scene.sun_y < 0.35, -step, -step * 0.5)
    shifted = warp(density, towards, rise.astype(np.float32))
    return np.clip(0.66 + (density - shifted) * 2.6 - (density - 0.55) * 0.5, 0, 1)


def star_field(scene: Scene, strength: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Return stars as a plane of light and its colour: many faint ones, a few bright ones with a small halo."""
    width, height = scene.size
    generator = scene.generator("stars")
    plane = np.zeros((height, width), dtype=np.float32)
    count = max(6, int(width * height / 1400))
    columns, rows = generator.integers(0, width, count), generator.integers(0, height, count)
    brightness = generator.random(count, dtype=np.float32) ** 5
    plane[rows, columns] = 0.26 + 0.9 * brightness
    bright = brightness > 0.2
    for row_step, column_step in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        neighbours = (rows[bright] + row_step) % height, (columns[bright] + column_step) % width
        plane[neighbours] += 0.45 * brightness[bright]
    tint = mix(Colour(0.8, 0.88, 1.0).array, Colour(1.0, 0.93, 0.82).array, generator.random())
    return plane * strength, tint


def _add_disc(scene: Scene, picture: FloatArray) -> FloatArray:
    air = scene.atmosphere
    if air.disc <= 0 or any(mention.subject == "moon" for mention in scene.mentions):
        return picture
    radius = (0.036 if air.night else 0.03) * scene.unit
    around, distance = _round_the_sun(scene, radius + 2)
    disc = (1 - smoothstep(radius - 1.2, radius + 1.2, distance)) * air.disc
    light = air.sun.mixed(WHITE, 0.6).array * np.float32(1.15)
    picture[around] = mix(picture[around], np.maximum(picture[around], light), disc[..., None])
    return picture


def _round_the_sun(scene: Scene, reach: float) -> tuple[tuple[slice, slice], FloatArray]:
    """Return the square round the sun, and its pixels' distances in pixels from the sun's middle."""
    middle = (scene.sun_y * (scene.size[1] - 1), scene.sun_x * (scene.size[0] - 1))
    rows, columns = (
        np.arange(max(0, int(place - reach)), min(length, int(place + reach) + 2))
        for place, length in zip(middle, reversed(scene.size), strict=True)
    )
    around = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    distance = np.hypot(columns[None, :] - middle[1], rows[:, None] - middle[0])
    return around, distance.astype(np.float32)
