"""The last pass over a picture: what makes one style look unlike another."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, blur_plane, luminance, mix, smoothstep
from imagine_async.sandbox.engines.painting.brushwork import brush_strokes, paint_relief
from imagine_async.sandbox.engines.painting.scene import Scene


def finish(scene: Scene, picture: FloatArray) -> FloatArray:
    """Return the picture with its style's cel tones, brushwork, tone curve, glow, grain and vignette."""
    style = scene.style
    if style.stroke:
        picture = brush_strokes(scene, picture)
    picture = _local_contrast(scene, picture)
    if style.cel_steps:
        picture = _cel(picture, style.cel_steps)
    picture = _toned(scene, picture)
    if style.relief:
        picture = picture * paint_relief(scene, picture)[..., None]
    return _framed(scene, picture)


def _local_contrast(scene: Scene, picture: FloatArray) -> FloatArray:
    """Apply clarity, bloom and diffusion, which all need the same blurred luminance."""
    style = scene.style
    light = luminance(picture)
    around = blur_plane(light, 0.03 * scene.unit)
    gain = 1 + style.clarity * (light - around) / np.maximum(light, 0.08)
    glow = blur_plane(np.maximum(light - 0.68, 0), 0.025 * scene.unit) * style.bloom * 3
    if style.soften:
        gain -= style.soften * 0.35 * (light - blur_plane(light, 0.008 * scene.unit)) / np.maximum(light, 0.08)
    return picture * np.clip(gain, 0.55, 1.6)[..., None] + glow[..., None] * scene.atmosphere.sun.array


def _cel(picture: FloatArray, steps: int) -> FloatArray:
    """Gather brightness into flat tones with narrow ramps between, keeping hue."""
    light = np.maximum(luminance(picture), 1e-3)
    scaled = np.sqrt(light) * steps
    tone = np.floor(scaled)
    flat = ((tone + smoothstep(0.42, 0.58, scaled - tone)) / steps) ** 2
    return picture * mix(np.ones_like(light), flat / light, 0.7)[..., None]


def _toned(scene: Scene, picture: FloatArray) -> FloatArray:
    style = scene.style
    light = luminance(picture)[..., None]
    picture = light + (picture - light) * style.saturation
    picture = np.clip(picture, 0, None)
    picture = picture / (1 + np.maximum(picture - 0.8, 0) * 0.55)
    curve = picture * picture * (3 - 2 * np.minimum(picture, 1.0))
    picture = mix(picture, curve, style.contrast)
    if style.split_tone:
        cool, warm = np.array([-0.02, 0.0, 0.05], np.float32), np.array([0.05, 0.015, -0.04], np.float32)
        picture = picture + style.split_tone * mix(cool, warm, np.clip(light * 1.3, 0, 1))
    return picture


def _framed(scene: Scene, picture: FloatArray) -> FloatArray:
    width, height = scene.size
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    shade = 1 - scene.style.vignette * smoothstep(0.55, 1.45, np.hypot(across, down))
    grain = scene.generator("grain").standard_normal((height, width), dtype=np.float32)
    strength = np.float32(max(scene.style.grain, 0.003))
    result: FloatArray = picture * shade[..., None] + (grain * strength)[..., None]
    return result
