"""Filling of a marked region: pull-push interpolation of its surroundings, with texture from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import (
    FloatArray,
    blur_picture,
    from_image,
    resize_picture,
    resize_plane,
    to_image,
)
from imagine_async.sandbox.engines.editing.clone import shifted_donor
from imagine_async.sandbox.engines.seeding import seeded_generator

Inpainter = Callable[[FloatArray, FloatArray], FloatArray]
"""Takes a picture and where it is known, and returns it whole; see :func:`inpaint`."""

_SMALLEST = 2


def mask_plane(mask: Image.Image, size: tuple[int, int]) -> FloatArray:
    """Return a mask as a plane in 0..1 at an image's size (width, height)."""
    grey = mask.convert("L")
    return from_image(grey if grey.size == size else grey.resize(size, Image.Resampling.NEAREST), "L")


def restore_outside(edited: Image.Image, original: Image.Image, plane: FloatArray) -> Image.Image:
    """Return the edited image with the original's exact pixels wherever the mask plane is 0."""
    untouched = Image.fromarray(np.where(plane > 0, 0, 255).astype(np.uint8))
    return Image.composite(original, edited, untouched)


def inpaint(picture: FloatArray, known: FloatArray, interpolate: Inpainter | None = None) -> FloatArray:
    """Return a picture whose unknown pixels continue the known ones, texture included.

    A donor region from elsewhere in the picture brings the texture, and the difference between the two along
    the rim, interpolated over the region, bends its colours to fit. Without a donor the surroundings are
    interpolated and grain is added.

    Args:
        picture: (height, width, 3).
        known: 1 where pixels may be used, (height, width).
        interpolate: What interpolates; :func:`fill_from_surroundings` by default.
    """
    interpolate = interpolate or fill_from_surroundings
    found = shifted_donor(picture, known)
    smooth = interpolate(picture, known)
    if found is None:
        return smooth + _matched_grain(picture, known)
    donor, donor_known = found
    bent = donor + interpolate(picture - donor, known * donor_known)
    return np.where((known > 0.5)[..., None], picture, smooth + (bent - smooth) * donor_known[..., None])


def retouch(image: Image.Image, mask: Image.Image, inpainter: Inpainter = inpaint) -> Image.Image:
    """Remove what a mask marks, with the given way to fill the hole; see :meth:`Engine.retouch`."""
    original = image.convert("RGB")
    plane = mask_plane(mask, original.size)
    if not plane.any():
        return original
    picture = from_image(original)
    filled = inpainter(picture, (plane == 0).astype(np.float32))
    blended = picture + (filled - picture) * np.minimum(plane * 2, 1)[..., None]
    return restore_outside(to_image(blended), original, plane)


def fill_from_surroundings(picture: FloatArray, known: FloatArray) -> FloatArray:
    """Return a picture whose unknown pixels are interpolated smoothly from the known ones.

    Args:
        picture: (height, width, channels).
        known: Confidence of each pixel, (height, width) in 0..1.
    """
    confident = np.concatenate([picture * known[..., None], known[..., None]], axis=-1)
    filled = _pull_push(confident)
    return picture * known[..., None] + filled * (1 - known[..., None])


def _pull_push(weighted: FloatArray) -> FloatArray:
    """Fill from ever smaller copies; the last channel is the weight, the others are multiplied by it."""
    height, width, _ = weighted.shape
    weight = weighted[..., -1:]
    colour = weighted[..., :-1] / np.maximum(weight, 1e-4)
    if min(height, width) <= _SMALLEST:
        mean = weighted[..., :-1].sum(axis=(0, 1)) / max(float(weight.sum()), 1e-4)
        return np.where(weight > 1e-3, colour, mean)
    half = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    smaller = resize_picture(weighted, half, Image.Resampling.BOX)
    smaller /= np.maximum(smaller[..., -1:], 1e-4) ** 0.5
    coarse = resize_picture(_pull_push(smaller), (width, height), Image.Resampling.BICUBIC)
    trust = np.clip(weight * 1.6, 0, 1)
    result: FloatArray = coarse + (colour - coarse) * trust
    return result


def _matched_grain(picture: FloatArray, known: FloatArray) -> FloatArray:
    """Return noise as strong and as fine as the known pixels' own texture, so that a fill is no smooth patch."""
    detail = picture - blur_picture(picture, 1.2)
    deviation = float(np.sqrt((detail**2 * known[..., None]).sum() / max(float(known.sum()) * 3, 1.0)))
    generator = seeded_generator("grain", picture.shape)
    grain = generator.standard_normal(known.shape, dtype=np.float32)
    soft = 0.5 * grain + 0.5 * resize_plane(grain[::2, ::2], (known.shape[1], known.shape[0]))
    return soft[..., None] * np.float32(min(deviation, 0.03) * 0.9)
