"""Abstract pictures: noise warped by noise, in a small harmony of colours."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, mix, resize_picture, smoothstep
from imagine_async.sandbox.engines.painting.colour import Colour, hexadecimal
from imagine_async.sandbox.engines.painting.noise import fractal_noise, warp
from imagine_async.sandbox.engines.painting.scene import Scene

_HARMONIES = (
    "0f2740 1f6f8b f2e3c6 e8743b",
    "2b1b4d 7a3e9d f4b6a6 f9e4b7",
    "10302e 2f7f6d d9e2b0 f2a541",
    "1b1f3b 3d5a98 9bd1e5 f7f3e3",
    "3a1020 b23a48 f3a57e fbe8d3",
    "14213d 2a9d8f e9c46a e76f51",
)


def paint_abstract(scene: Scene) -> FloatArray:
    """Return flowing folds of colour, lit as if they were embossed."""
    width, height = scene.size
    size = (max(8, width // 2), max(8, height // 2))
    first, second, folds = _folds(scene, size)
    dark, cool, pale, warm = _harmony(scene)
    picture = mix(dark.array, cool.array, smoothstep(0.25, 0.6, folds)[..., None])
    picture = mix(picture, pale.array, (smoothstep(0.5, 0.85, folds) * smoothstep(0.35, 0.65, first))[..., None])
    picture = mix(picture, warm.array, (smoothstep(0.52, 0.72, second) * 0.85)[..., None])
    bands = 0.5 + 0.5 * np.sin(folds * 46 + second * 9)
    picture = picture * (0.86 + 0.14 * bands)[..., None]
    picture *= _embossed(folds * min(size))[..., None]
    return resize_picture(picture, scene.size, Image.Resampling.BILINEAR)


def _embossed(heights: FloatArray) -> FloatArray:
    """Return the light on a height field under a lamp at the upper left, about 1."""
    down, across = np.gradient(heights)
    light: FloatArray = np.clip(1 - np.asarray(across) * 0.16 - np.asarray(down) * 0.12, 0.45, 1.6)
    return light


def _folds(scene: Scene, size: tuple[int, int]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the two displacement fields and the noise displaced by them, after the usual domain warp."""
    generator = scene.generator("folds")
    longer = max(size)
    cells = (2.0 * size[0] / longer + 0.4, 2.0 * size[1] / longer + 0.4)
    first, second, third = (fractal_noise(generator, size, cells, octaves=3, gain=0.36) for _ in range(3))
    reach = np.float32(0.9 * min(size))
    bent = warp(second, (first - 0.5) * reach, (third - 0.5) * reach)
    folds = warp(first, (bent - 0.5) * reach * 1.3, (third - 0.5) * reach)
    low, high = float(folds.min()), float(folds.max())
    return third, bent, (folds - low) / max(high - low, 1e-3)


def _harmony(scene: Scene) -> tuple[Colour, Colour, Colour, Colour]:
    codes = _HARMONIES[int(scene.generator("harmony").integers(len(_HARMONIES)))].split()
    dark, cool, pale, warm = (hexadecimal(code) for code in codes)
    if scene.accent:
        accent = scene.accent
        return dark.mixed(accent.scaled(0.3), 0.7), accent, pale.mixed(accent, 0.2), accent.turned(32)
    if scene.atmosphere.night:
        return dark.scaled(0.6), cool.scaled(0.7), pale.scaled(0.7), warm.scaled(0.8)
    return dark, cool, pale, warm
