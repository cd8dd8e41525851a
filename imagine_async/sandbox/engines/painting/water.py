"""Water: the mirrored picture above it, rippled in perspective, over the water's own colour."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, add_light, blur_plane, gathered, mix, smoothstep, stretched
from imagine_async.sandbox.engines.painting.colour import Colour
from imagine_async.sandbox.engines.painting.noise import TileableNoise
from imagine_async.sandbox.engines.painting.scene import Scene

_DEEP = Colour(0.03, 0.19, 0.27)


def flood(scene: Scene, picture: FloatArray, water: FloatArray, horizon: float) -> None:
    """Paint water into a picture, in place.

    Args:
        scene: The scene.
        picture: The whole picture, (height, width, 3), already holding sky and land.
        water: Share of water in each pixel, (height, width).
        horizon: Row of the horizon in pixels.
    """
    wet_rows = np.flatnonzero(water.max(axis=1) > 0.02)
    if not len(wet_rows):
        return
    top, bottom = int(wet_rows[0]), int(wet_rows[-1]) + 1
    rows = np.arange(top, bottom, dtype=np.float32)[:, None]
    waves = _waves(scene, rows, horizon)
    mirrored = _mirrored(picture, _shoreline(water, horizon), rows, waves, scene)
    colour = _surface(scene, mirrored, rows, waves, horizon)
    share = smoothstep(0.3, 0.7, water[top:bottom])[..., None]
    picture[top:bottom] = mix(picture[top:bottom], colour, share)


def _shoreline(water: FloatArray, horizon: float) -> FloatArray:
    """Return the row of the far shore in each column, smoothed along the picture."""
    first = np.where(water.max(axis=0) > 0.5, (water > 0.5).argmax(axis=0), horizon)
    result: FloatArray = blur_plane(first[None, :].astype(np.float32), 0.012 * water.shape[1])[0]
    return result


def _waves(scene: Scene, rows: FloatArray, horizon: float) -> FloatArray:
    """Return the waves' slope at each pixel in about -1..1, foreshortened towards the horizon."""
    width, height = scene.size
    depth = 0.5 * height / np.maximum(rows - horizon, 0.6)
    x = (np.linspace(-0.5, 0.5, max(8, width // 2), dtype=np.float32) * width / height)[None, :] * depth
    noise = TileableNoise(scene.generator("waves"), cells=9, octaves=4, gain=0.62, resolution=256)
    swell = noise.at(x * 0.22, np.broadcast_to(depth * 0.75, x.shape)) - 0.5
    chop = noise.at(x * 0.9, np.broadcast_to(depth * 2.6, x.shape)) - 0.5
    return stretched(2.4 * swell + 1.3 * chop, width)


def _roughness(scene: Scene) -> float:
    calm = {"lake": 0.35, "river": 0.35, "waterfall": 0.35, "city": 0.6}.get(scene.place, 0.85)
    return calm * (1.8 if scene.weather in ("storm", "rain") else 1.0)


def _mirrored(picture: FloatArray, shore: FloatArray, rows: FloatArray, waves: FloatArray, scene: Scene) -> FloatArray:
    width = picture.shape[1]
    depth_below = rows - shore[None, :]
    sway = waves * _roughness(scene) * (2 + 0.10 * np.maximum(depth_below, 0))
    source_rows = np.clip(shore[None, :] - depth_below * 0.96 + sway, 0, np.maximum(shore[None, :] - 1, 0))
    columns = np.arange(width, dtype=np.float32)[None, :] + sway * 0.35
    flat = source_rows.astype(np.intp) * width + np.clip(columns, 0, width - 1).astype(np.intp)
    return gathered(picture, flat)


def _surface(scene: Scene, mirrored: FloatArray, rows: FloatArray, waves: FloatArray, horizon: float) -> FloatArray:
    air = scene.atmosphere
    steepness = np.clip((rows - horizon) / max(scene.size[1] - horizon, 1), 0, 1)
    rough = _roughness(scene)
    reflect = np.clip(0.93 - steepness * (0.25 + 0.55 * rough) - waves * 0.30 * rough, 0.12, 0.97)[..., None]
    body = _DEEP.mixed(scene.accent, 0.55) if scene.accent else _DEEP
    deep = body.array * 1.25 * (air.ambient.array * 0.9 + air.key.array * 0.5)
    colour = mix(deep, mirrored * np.float32(0.66 if scene.place == "city" else 0.94), reflect)
    add_light(colour, _glitter(scene, rows, waves, horizon), air.sun.array)
    return colour


def _glitter(scene: Scene, rows: FloatArray, waves: FloatArray, horizon: float) -> FloatArray:
    """Return the sun's broken path on the water."""
    air = scene.atmosphere
    columns = np.linspace(0, 1, scene.size[0], dtype=np.float32)[None, :]
    below = np.clip((rows - horizon) / scene.size[1], 0, 1)
    path = np.exp(-(((columns - scene.sun_x) / (0.035 + 0.22 * below)) ** 2))
    sparkle = smoothstep(0.12, 0.62, waves + 0.1)
    strength = air.disc * (0.9 if air.night or air.sun_height < 0.4 else 0.35)
    return path * sparkle * strength * (0.25 + 0.75 * np.exp(-below * 2.2))
