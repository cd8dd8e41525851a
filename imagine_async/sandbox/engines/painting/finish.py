"""The last pass over a picture: what makes one style look unlike another."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from PIL import Image, ImageChops

from imagine_async.sandbox.engines.arrays import FloatArray, blur_plane, luminance, mix, smoothstep
from imagine_async.sandbox.engines.painting.brushwork import paint_strokes
from imagine_async.sandbox.engines.painting.drawing import ink_lines, paper
from imagine_async.sandbox.engines.painting.scene import Scene
from imagine_async.sandbox.engines.painting.styles import Style

_BAND = 48
"""Rows that are developed at a time, so that every intermediate result stays in the processor's cache."""

_COOL, _WARM = np.array([-0.05, 0.01, 0.06], np.float32), np.array([0.07, 0.02, -0.06], np.float32)


@dataclass(frozen=True)
class _Planes:
    """What is laid over a picture, each (height, width) and None where a style has none of it."""

    around: FloatArray
    glow: FloatArray
    shade: FloatArray
    relief: FloatArray | None
    lines: FloatArray | None
    paper: FloatArray | None

    def rows(self, rows: slice) -> _Planes:
        around, glow, shade = self.around[rows], self.glow[rows], self.shade[rows]
        relief, lines, paper = (
            None if plane is None else plane[rows] for plane in (self.relief, self.lines, self.paper)
        )
        return _Planes(around, glow, shade, relief, lines, paper)


def finish(scene: Scene, picture: FloatArray) -> Image.Image:
    """Return the picture with its style's brushwork, lines, tones, glow and vignette, as an 8-bit image."""
    relief = None
    if scene.style.stroke:
        picture, relief = paint_strokes(scene, picture)
    planes = _planes(scene, picture, relief)
    sun = scene.atmosphere.sun.array
    result = np.empty(picture.shape, dtype=np.uint8)
    for top in range(0, len(picture), _BAND):
        rows = slice(top, top + _BAND)
        result[rows] = _developed(scene.style, picture[rows], planes.rows(rows), sun)
    return Image.fromarray(result)


def _planes(scene: Scene, picture: FloatArray, relief: FloatArray | None) -> _Planes:
    style = scene.style
    light = luminance(picture)
    bright = np.maximum(light - 0.68, 0)
    return _Planes(
        around=blur_plane(light, 0.03 * scene.unit),
        glow=blur_plane(bright, 0.025 * scene.unit) * np.float32(style.bloom * 3),
        shade=_vignette(scene),
        relief=relief,
        lines=ink_lines(scene, light) if style.lines else None,
        paper=paper(scene) if style.wash else None,
    )


def _vignette(scene: Scene) -> FloatArray:
    width, height = scene.size
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return 1 - scene.style.vignette * smoothstep(0.4, 2.1, across * across + down * down)


def _developed(style: Style, picture: FloatArray, planes: _Planes, sun: FloatArray) -> FloatArray:
    """Return some rows of the picture in 0..255."""
    light = luminance(picture)
    gain = _gain(style, light, planes)
    result = picture * gain[..., None]
    result += planes.glow[..., None] * sun
    result = _toned(style, result)
    if planes.paper is not None:
        result = _washed(style, result, planes.paper)
    if planes.lines is not None:
        result *= planes.lines[..., None]
    result *= planes.shade[..., None] * 255
    result += 0.5
    return np.clip(result, 0, 255, out=result)


def _gain(style: Style, light: FloatArray, planes: _Planes) -> FloatArray:
    """Return the factor on brightness: local contrast, flat tones and the relief of paint."""
    gain = 1 + style.clarity * (light - planes.around) / np.maximum(light, 0.08)
    np.clip(gain, 0.55, 1.6, out=gain)
    if style.cel_steps:
        gain *= _cel(light, style.cel_steps)
    if planes.relief is not None:
        gain *= planes.relief
    return gain


def _cel(light: FloatArray, steps: int) -> FloatArray:
    """Return the factor that gathers brightness into flat tones with narrow ramps between."""
    light = np.maximum(light, 1e-3)
    scaled = np.sqrt(light) * steps
    tone = np.floor(scaled)
    flat = ((tone + smoothstep(0.35, 0.65, scaled - tone)) / steps) ** 2
    return 0.4 + 0.6 * flat / light


def _toned(style: Style, picture: FloatArray) -> FloatArray:
    """Apply saturation, a shoulder for what is too bright, the tone curve, split tones and lifted blacks."""
    grey = luminance(picture)[..., None]
    picture = mix(grey, picture, style.saturation)
    np.maximum(picture, 0, out=picture)
    picture /= 1 + np.maximum(picture - 0.8, 0) * 0.55
    curve = picture * picture * (3 - 2 * np.minimum(picture, 1.0))
    picture = mix(picture, curve, style.contrast)
    if style.split_tone:
        picture += style.split_tone * mix(_COOL, _WARM, np.clip(grey * 1.3, 0, 1))
    if style.fade:
        picture = mix(picture, np.array([0.98, 0.9, 0.86], np.float32), style.fade)
    return picture


def _washed(style: Style, picture: FloatArray, sheet: FloatArray) -> FloatArray:
    """Thin the colours as water does, over white paper that shows through and stays bare at the edges."""
    bare = mix(np.float32(1.0), np.clip(picture, 0, 1), np.float32(0.86))
    return mix(np.array([0.985, 0.975, 0.95], np.float32), bare, (sheet * style.wash)[..., None])


def add_grain(scene: Scene, image: Image.Image) -> Image.Image:
    """Return an image with fine normal noise, which also hides the steps of smooth gradients."""
    width, height = image.size
    strength = max(scene.style.grain, 0.004)
    raw = Image.frombytes("L", image.size, scene.generator("grain").bytes(width * height))
    noise = raw.point(_normal_quantiles(strength))
    return ImageChops.add(image, Image.merge("RGB", (noise, noise, noise)), scale=1, offset=-128)


def _normal_quantiles(deviation: float) -> list[int]:
    """Return the table that turns a uniform byte into a normal one about 128."""
    quantile = NormalDist(128, 255 * deviation).inv_cdf
    return [round(min(255.0, max(0.0, quantile((value + 0.5) / 256)))) for value in range(256)]
