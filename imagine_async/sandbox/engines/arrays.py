"""Float arrays and the image operations that painting and editing share.

A plane is ``(height, width)``, a picture ``(height, width, channels)``; both are float32 in 0..1 unless said
otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
Size = tuple[int, int]


def from_image(image: Image.Image, mode: str = "RGB") -> FloatArray:
    """Return an image's samples in a mode as float32 in 0..1."""
    converted = image if image.mode == mode else image.convert(mode)
    return np.asarray(converted, dtype=np.float32) * np.float32(1 / 255)


def to_image(array: FloatArray) -> Image.Image:
    """Return a plane (L) or a picture (RGB, RGBA) as an 8-bit image, rounding and clipping."""
    return Image.fromarray((np.clip(array, 0, 1) * 255 + 0.5).astype(np.uint8))


def resize_plane(plane: FloatArray, size: Size, resample: Image.Resampling = Image.Resampling.BICUBIC) -> FloatArray:
    """Return a plane at another size (width, height); values may be of any range."""
    if plane.shape == (size[1], size[0]):
        return plane
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(image.resize(size, resample), dtype=np.float32)


def resize_picture(
    picture: FloatArray, size: Size, resample: Image.Resampling = Image.Resampling.BICUBIC
) -> FloatArray:
    """Return a picture at another size (width, height), each channel on its own."""
    channels = [resize_plane(picture[..., index], size, resample) for index in range(picture.shape[2])]
    return np.stack(channels, axis=-1)


def resize_premultiplied(picture: FloatArray, size: Size) -> FloatArray:
    """Return a smaller picture of four channels, the last its straight alpha; transparent pixels lend no colour."""
    alpha = picture[..., 3:]
    weighted = np.concatenate([picture[..., :3] * alpha, alpha], axis=-1)
    reduced = resize_picture(weighted, size, Image.Resampling.BILINEAR)
    reduced[..., :3] /= np.maximum(reduced[..., 3:], 1e-3)
    return reduced


def mirrored_indices(positions: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """Return positions folded into 0..length - 1, as if the array were continued by its mirror images."""
    folded = positions % (2 * length)
    return np.minimum(folded, 2 * length - 1 - folded)


def smoothstep(low: float, high: float, values: FloatArray) -> FloatArray:
    """Return 0 below low, 1 above high and a cubic ramp between."""
    ramp = np.asarray((values - low) * (1 / (high - low)))
    np.clip(ramp, 0, 1, out=ramp)
    result: FloatArray = ramp * (-2)
    result += 3
    result *= ramp
    result *= ramp
    return result


def mix(first: FloatArray, second: FloatArray, amount: FloatArray | float) -> FloatArray:
    """Return the linear blend of two arrays; amount 0 is the first."""
    result = np.asarray((second - first) * amount)
    result += first
    return result


def luminance(picture: FloatArray) -> FloatArray:
    """Return a picture's Rec. 709 luma plane."""
    result: FloatArray = picture[..., 0] * 0.2126 + picture[..., 1] * 0.7152 + picture[..., 2] * 0.0722
    return result


def blur_plane(plane: FloatArray, radius: float) -> FloatArray:
    """Return a plane blurred by about a Gaussian of the given standard deviation in pixels.

    Wide blurs run on a reduced copy: nothing finer than the radius survives a blur anyway.
    """
    if radius < 0.3:
        return plane
    height, width = plane.shape
    factor = max(1.0, radius / 2)
    reduced_size = (max(1, round(width / factor)), max(1, round(height / factor)))
    reduced = resize_plane(plane, reduced_size, Image.Resampling.BOX)
    return resize_plane(_convolve(reduced, radius / factor), (width, height))


def blur_picture(picture: FloatArray, radius: float) -> FloatArray:
    """Return a picture blurred channel by channel; see :func:`blur_plane`."""
    return np.stack([blur_plane(picture[..., index], radius) for index in range(picture.shape[2])], axis=-1)


def _convolve(plane: FloatArray, deviation: float) -> FloatArray:
    reach = max(1, int(np.ceil(2.5 * deviation)))
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (offsets / deviation) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    return _convolve_rows(_convolve_rows(plane, kernel).T, kernel).T


def _convolve_rows(plane: FloatArray, kernel: FloatArray) -> FloatArray:
    reach = len(kernel) // 2
    padded = np.pad(plane, ((reach, reach), (0, 0)), mode="edge")
    total = np.zeros_like(plane)
    for index, weight in enumerate(kernel):
        total += padded[index : index + plane.shape[0]] * weight
    return total
