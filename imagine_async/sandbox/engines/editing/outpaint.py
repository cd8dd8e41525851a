"""Extending a picture past its edges: mirrored, then blurred more the farther out."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import (
    FloatArray,
    Size,
    blur_picture,
    from_image,
    mirrored_indices,
    smoothstep,
    to_image,
)
from imagine_async.sandbox.engines.seeding import seeded_generator


def fitted_box(inner: Size, outer: Size) -> tuple[int, int, int, int]:
    """Return the left, top, right, bottom of a size scaled to fit in another and centred there."""
    scale = min(outer[0] / inner[0], outer[1] / inner[1])
    width = min(outer[0], max(1, round(inner[0] * scale)))
    height = min(outer[1], max(1, round(inner[1] * scale)))
    left, top = (outer[0] - width) // 2, (outer[1] - height) // 2
    return left, top, left + width, top + height


def outpaint(image: Image.Image, size: Size) -> Image.Image:
    """Return an image extended to a size (width, height); see :meth:`Engine.ai_resize`."""
    box = fitted_box(image.size, size)
    scaled = image.convert("RGB").resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
    if scaled.size == size:
        return scaled
    extended = _mirrored(from_image(scaled), box, size)
    result = to_image(_fade_out(extended, box))
    result.paste(scaled, box[:2])
    return result


def _mirrored(picture: FloatArray, box: tuple[int, int, int, int], size: Size) -> FloatArray:
    rows = mirrored_indices(np.arange(size[1]) - box[1], picture.shape[0])
    columns = mirrored_indices(np.arange(size[0]) - box[0], picture.shape[1])
    return picture[rows][:, columns]


def _fade_out(picture: FloatArray, box: tuple[int, int, int, int]) -> FloatArray:
    """Blend towards ever softer copies with distance from the box, and add a little grain against banding."""
    height, width, _ = picture.shape
    distance = distance_outside(box, (width, height)) / max(width, height)
    result = picture
    for level in (1, 2, 3):
        radius = 0.0035 * 2.2**level * max(width, height)
        share = smoothstep(0.02 * 2.2 ** (level - 1), 0.09 * 2.2 ** (level - 1), distance)
        result = result + (blur_picture(picture, radius) - result) * share[..., None]
    grain = seeded_generator("outpaint", width, height).standard_normal((height, width, 1), dtype=np.float32)
    return result + grain * np.float32(0.008)


def distance_outside(box: tuple[int, int, int, int], size: Size) -> FloatArray:
    """Return each pixel's distance from a box (left, top, right, bottom) in a canvas (width, height), 0 within it."""
    columns = np.arange(size[0], dtype=np.float32)
    rows = np.arange(size[1], dtype=np.float32)
    across = np.maximum(np.maximum(box[0] - columns, columns - box[2] + 1), 0)
    down = np.maximum(np.maximum(box[1] - rows, rows - box[3] + 1), 0)
    return np.hypot(across[None, :], down[:, None])
