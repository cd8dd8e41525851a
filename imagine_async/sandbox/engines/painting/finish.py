"""The last pass over a picture: what makes one style look unlike another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, blur_plane, luminance, resize_plane, smoothstep
from imagine_async.sandbox.engines.painting.brushwork import paint_strokes
from imagine_async.sandbox.engines.painting.drawing import ink_lines, paper
from imagine_async.sandbox.engines.painting.scene import Scene
from imagine_async.sandbox.engines.painting.styles import Style

_STRIP_PIXELS = 1 << 16
"""Pixels that are finished at a time: few enough to stay in a core's cache from one step to the next."""

_COOL, _WARM = (-0.05, 0.01, 0.06), (0.07, 0.02, -0.06)
_CREAM = (0.98, 0.91, 0.87)
_SHEET = (0.985, 0.975, 0.95)


@dataclass(frozen=True)
class _Planes:
    """What is laid over a picture, each (height, width).

    Attributes:
        gain: Factor on brightness: local contrast, the relief of paint.
        glow: Light that bloom adds, in the sun's colour.
        shade: Factor at the very end: vignette and ink.
        paper: How much paint the paper holds, None for a style without paper.
    """

    gain: FloatArray
    glow: FloatArray
    shade: FloatArray
    paper: FloatArray | None


def finish(scene: Scene, picture: FloatArray) -> Image.Image:
    """Return the picture with its style's brushwork, lines, tones, glow and vignette, as an 8-bit image."""
    relief: FloatArray | None = None
    if scene.style.stroke:
        picture, relief = paint_strokes(scene, picture)
    planes = _planes(scene, luminance(picture), relief)
    result = np.empty((3, scene.size[1], scene.size[0]), dtype=np.uint8)
    for rows in _strips(scene.size):
        strip = np.ascontiguousarray(np.moveaxis(picture[rows], -1, 0))
        _develop(scene, strip, planes, rows)
        result[:, rows] = strip
    return Image.merge("RGB", [Image.fromarray(band) for band in result])


def _strips(size: tuple[int, int]) -> Iterator[slice]:
    height = max(1, _STRIP_PIXELS // size[0])
    return (slice(top, top + height) for top in range(0, size[1], height))


def _planes(scene: Scene, light: FloatArray, relief: FloatArray | None) -> _Planes:
    gain, glow = _local_contrast(scene, light)
    shade = _vignette(scene)
    if relief is not None:
        gain *= relief
    if scene.style.lines:
        shade *= ink_lines(scene, light)
    return _Planes(gain, glow, shade, paper(scene) if scene.style.wash else None)


def _local_contrast(scene: Scene, light: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the gain for clarity, and the light that bloom adds.

    All of it comes from the luminance; what is blurred anyway is blurred on a half-size copy.
    """
    style, size = scene.style, scene.size
    half = resize_plane(light, (max(1, size[0] // 2), max(1, size[1] // 2)), Image.Resampling.BOX)
    glow = blur_plane(np.maximum(half - np.float32(0.68), 0), 0.0125 * scene.unit) * np.float32(style.bloom * 3)
    pull = blur_plane(half, 0.015 * scene.unit) * np.float32(-style.clarity)
    gain = resize_plane(pull, size, Image.Resampling.BILINEAR)
    gain = gain + light * np.float32(style.clarity)
    gain /= np.maximum(light, np.float32(0.08))
    gain += 1
    return np.clip(gain, 0.55, 1.6, out=gain), resize_plane(glow, size, Image.Resampling.BILINEAR)


def _develop(scene: Scene, strip: FloatArray, planes: _Planes, rows: slice) -> None:
    """Turn some rows of the picture, (3, rows, width), into values of 0..255, in place."""
    strip *= planes.gain[rows]
    for channel, strength in zip(strip, scene.atmosphere.sun, strict=True):
        channel += planes.glow[rows] * np.float32(strength)
    if scene.style.cel_steps:
        _flatten_tones(strip, scene.style.cel_steps)
    _tone(strip, scene.style)
    if planes.paper is not None:
        _thin(strip, planes.paper[rows])
    strip *= planes.shade[rows] * np.float32(255)
    strip += np.float32(0.5)
    np.clip(strip, 0, 255, out=strip)


def _flatten_tones(strip: FloatArray, steps: int) -> None:
    """Gather brightness into flat tones with narrow ramps between, keeping hue."""
    light = np.maximum(luminance(np.moveaxis(strip, 0, -1)), np.float32(1e-3))
    scaled = np.sqrt(light) * np.float32(steps)
    tone = np.floor(scaled)
    flat = tone + smoothstep(0.35, 0.65, scaled - tone)
    flat *= flat
    flat /= light
    flat *= np.float32(0.6 / steps**2)
    flat += np.float32(0.4)
    strip *= flat


def _tone(strip: FloatArray, style: Style) -> None:
    """Apply saturation, the shoulder that keeps highlights, contrast, split toning and lifted blacks."""
    light = luminance(np.moveaxis(strip, 0, -1))
    warmth = np.clip(light * np.float32(1.3), 0, 1) * np.float32(style.split_tone)
    light *= np.float32(1 - style.saturation)
    for index, channel in enumerate(strip):
        channel *= np.float32(style.saturation)
        channel += light
        _curve(channel, style.contrast)
        if style.split_tone:
            channel += warmth * np.float32(_WARM[index] - _COOL[index])
            channel += np.float32(style.split_tone * _COOL[index])
        if style.fade:
            channel *= np.float32(1 - style.fade)
            channel += np.float32(style.fade * _CREAM[index])


def _curve(channel: FloatArray, contrast: float) -> None:
    np.maximum(channel, 0, out=channel)
    shoulder = np.maximum(channel, np.float32(0.8))
    shoulder *= np.float32(0.55)
    shoulder += np.float32(1 - 0.8 * 0.55)
    channel /= shoulder
    # channel + contrast (channel² (3 - 2 min(channel, 1)) - channel), with the one plane that is at hand.
    bend = np.minimum(channel, 1, out=shoulder)
    bend *= np.float32(-2 * contrast)
    bend += np.float32(3 * contrast)
    bend *= channel
    bend += np.float32(1 - contrast)
    channel *= bend


def _thin(strip: FloatArray, paint: FloatArray) -> None:
    """Thin the colours as water does, over paper that shows through and stays bare where it holds no paint."""
    for channel, sheet in zip(strip, _SHEET, strict=True):
        channel -= np.float32(sheet)
        channel *= paint
        channel += np.float32(sheet)


def _vignette(scene: Scene) -> FloatArray:
    width, height = scene.size
    across = np.linspace(-1, 1, max(2, width // 4), dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, max(2, height // 4), dtype=np.float32)[:, None]
    shade = 1 - scene.style.vignette * smoothstep(0.55, 1.45, np.hypot(across, down))
    return resize_plane(shade, scene.size, Image.Resampling.BILINEAR).copy()
