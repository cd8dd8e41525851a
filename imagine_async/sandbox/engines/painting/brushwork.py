"""Paint: strokes that follow the forms, and the relief of thick paint."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import (
    FloatArray,
    blur_plane,
    gathered,
    luminance,
    mix,
    resize_picture,
    resize_plane,
    smoothstep,
    stacked,
)
from imagine_async.sandbox.engines.painting.noise import fractal_noise
from imagine_async.sandbox.engines.painting.scene import Scene

_STEPS = 5


def paint_strokes(scene: Scene, picture: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the picture drawn out along its contours in strokes, and the light on their relief, about 1.

    Works on a half-size copy: strokes are coarser than pixels, and fine detail is to vanish.
    """
    width, height = scene.size
    half = (max(8, width // 2), max(8, height // 2))
    reduced = resize_picture(picture, half, Image.Resampling.BOX)
    light = luminance(reduced)
    bristles = _bristles(scene, half)
    layers = stacked([*np.moveaxis(reduced, -1, 0), bristles])
    drawn = _along(layers, _flow(scene, light), bristles, scene.style.stroke * scene.unit / 2)
    detail = np.abs(light - blur_plane(light, 1.5))
    strokes = mix(drawn[..., :3], reduced, (smoothstep(0.04, 0.16, detail) * np.float32(0.5))[..., None])
    relief = _lit_relief(scene, drawn[..., 3] + luminance(strokes) * np.float32(0.25))
    share = 0.55 + min(0.4, scene.style.stroke * 12)
    linear = Image.Resampling.BILINEAR
    return mix(picture, resize_picture(strokes, scene.size, linear), share), resize_plane(relief, scene.size, linear)


def _flow(scene: Scene, light: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return unit vectors along the contours of brightness, across and down, turned by noise where there are none."""
    down, across = np.gradient(blur_plane(light, 0.006 * scene.unit))
    size = (light.shape[1], light.shape[0])
    angle = fractal_noise(scene.generator("flow"), size, (4, 4), octaves=2) * np.float32(7.0)
    strength = np.float32(0.012)
    along_x = strength * np.cos(angle) - down
    along_y = strength * np.sin(angle) * np.float32(0.6) + across
    length = np.maximum(np.hypot(along_x, along_y), np.float32(1e-6))
    return along_x / length, along_y / length


def _bristles(scene: Scene, size: tuple[int, int]) -> FloatArray:
    """Return coarse noise about 0: where each stroke starts, and how much paint it carries."""
    coarse = scene.generator("strokes").random((max(2, size[1] // 2), max(2, size[0] // 2)), dtype=np.float32)
    return resize_plane(coarse, size) - np.float32(0.5)


def _along(layers: FloatArray, flow: tuple[FloatArray, FloatArray], start: FloatArray, length: float) -> FloatArray:
    """Return the mean of layers, (height, width, channels), along short straight paths."""
    height, width, _ = layers.shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    total = np.zeros_like(layers)
    for share in np.linspace(-0.5, 0.5, _STEPS, dtype=np.float32):
        reach = (share + start * np.float32(0.5)) * np.float32(length)
        column = np.clip(columns + flow[0] * reach, 0, width - 1).astype(np.intp)
        row = np.clip(rows + flow[1] * reach, 0, height - 1).astype(np.intp)
        total += gathered(layers, row * width + column)
    total *= np.float32(1 / _STEPS)
    return total


def _lit_relief(scene: Scene, surface: FloatArray) -> FloatArray:
    """Return the light on a surface of paint under a lamp at the upper left, about 1."""
    lit = np.ones_like(surface)
    rise = (surface[1:, 1:] - surface[:-1, :-1]) * np.float32(scene.style.relief)
    lit[1:, 1:] += np.clip(rise, -0.2, 0.2)
    return lit
