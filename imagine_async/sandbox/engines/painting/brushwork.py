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
)
from imagine_async.sandbox.engines.painting.noise import fractal_noise, texture
from imagine_async.sandbox.engines.painting.scene import Scene

_STEPS = 5


def brush_strokes(scene: Scene, picture: FloatArray) -> FloatArray:
    """Return the picture drawn out along its contours, in strokes of the style's length.

    Works on a half-size copy: strokes are coarser than pixels, and fine detail is to vanish.
    """
    width, height = scene.size
    half = (max(8, width // 2), max(8, height // 2))
    reduced = resize_picture(picture, half, Image.Resampling.BOX)
    across, down = _flow(scene, reduced)
    start = _jitter(scene, half)
    painted = _along(reduced, across, down, start, scene.style.stroke * scene.unit / 2)
    light = luminance(reduced)
    detail = np.abs(light - blur_plane(light, 1.5))
    keep = smoothstep(0.05, 0.18, detail) * (0.45 if scene.style.stroke < 0.03 else 0.1)
    painted = mix(painted, reduced, keep[..., None])
    share = 0.5 + min(0.45, scene.style.stroke * 13)
    return mix(picture, resize_picture(painted, scene.size, Image.Resampling.BILINEAR), share)


def _flow(scene: Scene, picture: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return unit vectors along the contours of brightness, turned by noise where there are none."""
    light = blur_plane(luminance(picture), 0.0045 * scene.unit)
    down, across = np.gradient(light)
    height, width = light.shape
    angle = fractal_noise(scene.generator("flow"), (max(4, width // 4), max(4, height // 4)), (4, 4), octaves=2) * 5
    along_x = resize_plane(np.cos(angle) * np.float32(0.012), (width, height), Image.Resampling.BILINEAR) - down
    along_y = resize_plane(np.sin(angle) * np.float32(0.0072), (width, height), Image.Resampling.BILINEAR) + across
    length = np.maximum(np.hypot(along_x, along_y), 1e-6)
    return along_x / length, along_y / length


def _jitter(scene: Scene, size: tuple[int, int]) -> FloatArray:
    """Return a random start along each stroke, so that neighbouring strokes end apart."""
    coarse = scene.generator("strokes").random((max(2, size[1] // 3), max(2, size[0] // 3)), dtype=np.float32)
    return resize_plane(coarse, size) - np.float32(0.5)


def _along(picture: FloatArray, across: FloatArray, down: FloatArray, start: FloatArray, length: float) -> FloatArray:
    """Return the mean of a picture along short straight paths."""
    height, width, _ = picture.shape
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    total = np.zeros_like(picture)
    for share in np.linspace(-0.5, 0.5, _STEPS, dtype=np.float32):
        reach = (share + start * 0.8) * length
        column = np.clip(columns + across * reach, 0, width - 1).astype(np.intp)
        row = np.clip(rows + down * reach, 0, height - 1).astype(np.intp)
        total += gathered(picture, row * width + column)
    return total / np.float32(_STEPS)


def paint_relief(scene: Scene, picture: FloatArray) -> FloatArray:
    """Return the light on thick paint, about 1: ridges along strokes, lit from the upper left."""
    surface = luminance(picture)
    surface *= np.float32(1.1)
    surface += texture(scene.generator("canvas"), scene.size, (5.0, 4.0)) * np.float32(0.07)
    lit = np.zeros_like(surface)
    np.subtract(surface[2:, 2:], surface[:-2, :-2], out=lit[2:, 2:])
    np.clip(lit, -0.16, 0.16, out=lit)
    lit *= np.float32(scene.style.relief)
    lit += 1
    return lit
