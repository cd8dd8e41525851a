"""A photographer's studio: a seamless backdrop in soft light."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, add_light, blur_plane, coloured, mix, smoothstep
from imagine_async.sandbox.engines.painting.colour import WHITE, Colour, hexadecimal
from imagine_async.sandbox.engines.painting.noise import fractal_noise
from imagine_async.sandbox.engines.painting.scene import Scene

_BACKDROPS = ("d9cbb8", "b9c7c9", "c9b7b4", "bcc4b2", "c3bdd0", "e0c9a6", "9fb4bd")


def paint_studio(scene: Scene) -> FloatArray:
    """Return an empty backdrop that curves into its floor, lit from the sun's side."""
    width, height = scene.size
    base = _backdrop(scene)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    aspect = width / height
    side = 0.3 if scene.sun_x < 0.5 else 0.7
    spot = np.exp(-(((columns - (0.5 * 0.6 + side * 0.4)) * aspect) ** 2 + (rows - 0.42) ** 2) * 2.6)
    floor = smoothstep(0.60, 0.84, rows)
    tone = 0.58 + 0.52 * spot + 0.10 * floor - 0.06 * np.exp(-(((rows - 0.66) / 0.05) ** 2))
    picture = coloured(tone, base.array)
    picture = mix(picture, WHITE.array, (0.12 * spot + 0.1 * floor)[..., None])
    add_light(picture, _window_light(scene), Colour(0.13, 0.11, 0.07).array)
    return picture


def _backdrop(scene: Scene) -> Colour:
    if scene.accent:
        return scene.accent.mixed(WHITE, 0.12)
    return hexadecimal(str(scene.generator("backdrop").choice(_BACKDROPS)))


def _window_light(scene: Scene) -> FloatArray:
    """Return slanted bars of light, as a window throws on a wall, softened and broken by leaves."""
    width, height = scene.size
    columns = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :] * (width / height)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    slant = columns + (rows - 0.4) * (0.45 if scene.sun_x < 0.5 else -0.45)
    bars = smoothstep(0.16, 0.24, np.abs((slant * 2.6) % 1 - 0.5) * 2) * (np.abs(slant) < 0.62)
    leaves = smoothstep(0.4, 0.6, fractal_noise(scene.generator("leaves"), scene.size, (7, 7), octaves=2))
    fade = 1 - smoothstep(0.35, 0.75, np.broadcast_to(rows, bars.shape))
    return blur_plane((bars * (0.45 + 0.55 * leaves) * fade).astype(np.float32), 0.012 * scene.unit)
