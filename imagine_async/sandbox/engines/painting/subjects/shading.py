"""From a figure to pixels: parts lit as if they were inflated, with ink outlines or rim light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from imagine_async.sandbox.engines.arrays import (
    FloatArray,
    add_light,
    blank,
    blur_plane,
    coloured,
    from_image,
    mix,
    resize_plane,
    smoothstep,
    stacked,
    to_image,
)
from imagine_async.sandbox.engines.painting.brush import Stamp, stamp
from imagine_async.sandbox.engines.painting.colour import Colour
from imagine_async.sandbox.engines.painting.subjects.figure import Figure, Part

_SUNLIGHT = Colour(1.0, 0.97, 0.92)
_SKYLIGHT = Colour(0.62, 0.66, 0.74)
_INK = Colour(0.11, 0.08, 0.12)

_RIM = 2
"""Pixels of nothing around an outline, so that it swells from its edge even where it fills its box."""


@dataclass(frozen=True)
class Light:
    """The light on a figure.

    Attributes:
        side: -1 when the light comes from the left, 1 from the right.
        key: Directed light.
        ambient: Light from everywhere.
        rim: Strength of light from behind along the outline.
        cel: Whether shading falls into flat tones.
        outline: Width of the ink outline in pixels, 0 for none.
    """

    side: float = -1.0
    key: Colour = _SUNLIGHT
    ambient: Colour = _SKYLIGHT
    rim: float = 0.15
    cel: bool = False
    outline: float = 0.0


def render(figure: Figure, height: float, light: Light) -> tuple[FloatArray, float, float]:
    """Draw a figure at a height in pixels.

    Returns:
        The picture, (rows, columns, 4) with straight alpha, and the figure's origin in it, x and y in pixels.
    """
    margin = 3 + int(np.ceil(light.outline))
    low = np.min([part.outline.min(axis=0) for part in figure.parts], axis=0) * height
    high = np.max([part.outline.max(axis=0) for part in figure.parts], axis=0) * height
    offset = margin - low
    columns, rows = (np.ceil(high - low).astype(int) + 2 * margin).tolist()
    canvas = blank(rows, columns, 4)
    for part in figure.parts:
        _lay_part(canvas, part, stamp([part.outline * np.float32(height) + offset], (columns, rows)), light)
    return _edged(canvas, light), float(offset[0]), float(offset[1])


def _lay_part(canvas: FloatArray, part: Part, shape: Stamp | None, light: Light) -> None:
    if shape is None:
        return
    rows, columns = shape.coverage.shape
    region = canvas[shape.top : shape.top + rows, shape.left : shape.left + columns]
    lit = part.colour.array * 1.15 if part.glow else _lit(part, shape.coverage, light)
    coverage = shape.coverage[..., None]
    region[..., :3] = mix(region[..., :3], np.broadcast_to(lit, region[..., :3].shape), coverage)
    region[..., 3:] = np.maximum(region[..., 3:], coverage)


def _lit(part: Part, coverage: FloatArray, light: Light) -> FloatArray:
    facing = _facing(coverage, part.roundness, light)
    if light.cel:
        facing = smoothstep(-0.12, -0.04, facing) * 0.42 + smoothstep(0.3, 0.38, facing) * 0.25 - 0.2
    lambert = np.clip(0.56 + facing * 0.8, 0.05, 1.25)
    colour = coloured(lambert, part.colour.array * light.key.array * np.float32(0.72))
    colour += part.colour.array * light.ambient.array * np.float32(0.72)
    if part.gloss:
        add_light(colour, part.gloss * smoothstep(0.34, 0.62, facing), light.key.array)
    return colour


def _facing(coverage: FloatArray, roundness: float, light: Light) -> FloatArray:
    """Return how far each pixel of an inflated outline turns towards the light, -1..1.

    Large parts are shaded on a reduced copy, for shading is smooth.
    """
    radius = roundness * 0.3 * min(coverage.shape)
    if radius < 0.6:
        return np.full_like(coverage, 0.12)
    height, width = coverage.shape
    factor = float(np.clip(radius / 4, 1, 6))
    reduced = (max(4, round(width / factor)), max(4, round(height / factor)))
    small = np.pad(resize_plane(coverage, reduced, Image.Resampling.BOX), _RIM)
    return resize_plane(_slope_towards(small, radius / factor, light), (width, height))


def _slope_towards(coverage: FloatArray, radius: float, light: Light) -> FloatArray:
    """Return the light's share in the slope of a swelling outline, without the rim of `_RIM` pixels around it."""
    swell = 0.65 * _spread(coverage, radius) + 0.35 * _spread(coverage, radius * 0.4)
    swell *= np.float32(radius * 1.2)
    across = swell[_RIM:-_RIM, _RIM + 1 : 1 - _RIM] - swell[_RIM:-_RIM, _RIM - 1 : -1 - _RIM]
    down = swell[_RIM + 1 : 1 - _RIM, _RIM:-_RIM] - swell[_RIM - 1 : -1 - _RIM, _RIM:-_RIM]
    return np.clip(0.06 - across * np.float32(light.side * 0.72) + down * np.float32(0.7), -1, 1)


def _spread(coverage: FloatArray, deviation: float) -> FloatArray:
    """Return a small plane convolved with a Gaussian, as two products with matrices; nothing lies outside it."""
    down, across = (_gaussian_matrix(length, deviation) for length in coverage.shape)
    result: FloatArray = down @ coverage @ across
    return result


def _gaussian_matrix(length: int, deviation: float) -> FloatArray:
    places = np.arange(length, dtype=np.float32)
    bell: FloatArray = np.exp(-0.5 * ((places[:, None] - places[None, :]) / np.float32(deviation)) ** 2)
    return bell / np.float32(deviation * (2 * np.pi) ** 0.5)


def _edged(canvas: FloatArray, light: Light) -> FloatArray:
    """Add the ink outline, or the light from behind that runs along the edge."""
    alpha = canvas[..., 3]
    if light.outline >= 0.5:
        spread = from_image(to_image(alpha).filter(ImageFilter.GaussianBlur(0.7 * light.outline)), "L")
        inked = np.clip(spread * 7 - 0.4, 0, 1)
        colour = mix(np.broadcast_to(_INK.array, canvas[..., :3].shape), canvas[..., :3], alpha[..., None])
        return stacked([*np.moveaxis(colour, -1, 0), np.maximum(inked, alpha)])
    if light.rim:
        thickness = max(1.0, 0.012 * max(alpha.shape))
        edge = np.clip(1 - blur_plane(alpha, thickness) * 1.15, 0, 1) * alpha
        add_light(canvas[..., :3], edge * np.float32(light.rim * 1.6), light.key.array)
    return canvas
