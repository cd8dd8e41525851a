"""The last pass over a picture: what makes one style look unlike another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, blur_plane, luminance, resize_plane, smoothstep
from imagine_async.sandbox.engines.painting.brushwork import brush_strokes, paint_relief
from imagine_async.sandbox.engines.painting.scene import Scene

_STRIP_PIXELS = 1 << 16
"""Pixels that are finished at a time: few enough to stay in a core's cache from one step to the next."""

_GRAIN_TILE = 509
"""Side of the square of grain that is repeated: a prime, so that it keeps no step with anything drawn."""

_COOL, _WARM = (-0.02, 0.0, 0.05), (0.05, 0.015, -0.04)


def finish(scene: Scene, picture: FloatArray) -> FloatArray:
    """Return the picture with its style's cel tones, brushwork, tone curve, glow, grain and vignette."""
    if scene.style.stroke:
        picture = brush_strokes(scene, picture)
    gain, glow = _local_contrast(scene, picture)
    if scene.style.relief:
        gain *= paint_relief(scene, picture)
    shade, grain = _vignette(scene), _grain(scene)
    for rows in _strips(scene.size):
        strip = np.ascontiguousarray(np.moveaxis(picture[rows], -1, 0))
        strip *= gain[rows]
        _add_glow(strip, glow[rows], scene)
        if scene.style.cel_steps:
            _flatten_tones(strip, scene.style.cel_steps)
        _tone(strip, scene)
        strip *= shade[rows]
        strip += grain[rows]
        picture[rows] = np.moveaxis(strip, 0, -1)
    return picture


def _strips(size: tuple[int, int]) -> Iterator[slice]:
    height = max(1, _STRIP_PIXELS // size[0])
    return (slice(top, top + height) for top in range(0, size[1], height))


def _local_contrast(scene: Scene, picture: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the gain for clarity and diffusion, and the light that bloom adds.

    All of it comes from the luminance; what is blurred anyway is blurred on a half-size copy.
    """
    style, size = scene.style, scene.size
    light = luminance(picture)
    half = resize_plane(light, (max(1, size[0] // 2), max(1, size[1] // 2)), Image.Resampling.BOX)
    glow = blur_plane(np.maximum(half - np.float32(0.68), 0), 0.0125 * scene.unit) * np.float32(style.bloom * 3)
    pull = blur_plane(half, 0.015 * scene.unit) * np.float32(-style.clarity)
    if style.soften:
        pull += blur_plane(half, 0.004 * scene.unit) * np.float32(style.soften * 0.35)
    gain = resize_plane(pull, size, Image.Resampling.BILINEAR)
    gain = gain + light * np.float32(style.clarity - style.soften * 0.35)
    gain /= np.maximum(light, np.float32(0.08), out=light)
    gain += 1
    return np.clip(gain, 0.55, 1.6, out=gain), resize_plane(glow, size, Image.Resampling.BILINEAR)


def _add_glow(strip: FloatArray, glow: FloatArray, scene: Scene) -> None:
    for channel, strength in zip(strip, scene.atmosphere.sun, strict=True):
        channel += glow * np.float32(strength)


def _flatten_tones(strip: FloatArray, steps: int) -> None:
    """Gather brightness into flat tones with narrow ramps between, keeping hue."""
    light = np.maximum(luminance(np.moveaxis(strip, 0, -1)), np.float32(1e-3))
    scaled = np.sqrt(light) * np.float32(steps)
    tone = np.floor(scaled)
    flat = tone + smoothstep(0.42, 0.58, scaled - tone)
    flat *= flat
    flat /= light
    flat *= np.float32(0.7 / steps**2)
    flat += np.float32(0.3)
    strip *= flat


def _tone(strip: FloatArray, scene: Scene) -> None:
    """Apply saturation, the shoulder that keeps highlights, contrast and split toning."""
    style = scene.style
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


def _vignette(scene: Scene) -> FloatArray:
    width, height = scene.size
    across = np.linspace(-1, 1, max(2, width // 4), dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, max(2, height // 4), dtype=np.float32)[:, None]
    shade = 1 - scene.style.vignette * smoothstep(0.55, 1.45, np.hypot(across, down))
    return resize_plane(shade, scene.size, Image.Resampling.BILINEAR)


def _grain(scene: Scene) -> FloatArray:
    width, height = scene.size
    tile = scene.generator("grain").standard_normal((_GRAIN_TILE, _GRAIN_TILE), dtype=np.float32)
    tile *= np.float32(max(scene.style.grain, 0.003))
    repeats = -(-height // _GRAIN_TILE), -(-width // _GRAIN_TILE)
    return np.tile(tile, repeats)[:height, :width]
