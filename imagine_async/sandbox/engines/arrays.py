"""Float arrays and the image operations that painting and editing share.

A plane is ``(height, width)``, a picture ``(height, width, channels)``; both are float32 in 0..1 unless said
otherwise. Pictures made here lie in memory channel after channel: NumPy's loops then run along whole rows, and
not over three numbers at a time, which takes several times as long.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    if array.ndim == 2:
        return Image.fromarray(_bytes(array))
    bands = [Image.fromarray(_bytes(array[..., index])) for index in range(array.shape[2])]
    return Image.merge("RGBA" if len(bands) == 4 else "RGB", bands)


def _bytes(plane: FloatArray) -> npt.NDArray[np.uint8]:
    scaled = plane * np.float32(255)
    scaled += np.float32(0.5)
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def blank(height: int, width: int, channels: int = 3) -> FloatArray:
    """Return a picture of zeros, channel after channel in memory."""
    return np.moveaxis(np.zeros((channels, height, width), dtype=np.float32), 0, -1)


def stacked(channels: Iterable[FloatArray]) -> FloatArray:
    """Return a picture of planes, channel after channel in memory."""
    return np.moveaxis(np.stack(list(channels)), 0, -1)


def coloured(plane: FloatArray, colour: FloatArray) -> FloatArray:
    """Return a plane's light in a colour, (3,), as a picture."""
    return np.moveaxis(plane * colour.astype(np.float32)[:, None, None], 0, -1)


def add_light(picture: FloatArray, plane: FloatArray, colour: FloatArray) -> None:
    """Add a plane's light in a colour, (3,), to a picture, in place."""
    for index, strength in enumerate(colour):
        picture[..., index] += plane * np.float32(strength)


def resize_plane(plane: FloatArray, size: Size, resample: Image.Resampling = Image.Resampling.BICUBIC) -> FloatArray:
    """Return a plane at another size (width, height); values may be of any range."""
    if plane.shape == (size[1], size[0]):
        return plane
    if resample is Image.Resampling.BILINEAR and _are_doubles(plane, size):
        return resize_plane(_doubled(_doubled(plane.T).T), size, resample)
    if resample is Image.Resampling.BOX and plane.shape == (2 * size[1], 2 * size[0]):
        return _halved(_halved(plane).T).T
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(image.resize(size, resample), dtype=np.float32)


def stretched(plane: FloatArray, width: int) -> FloatArray:
    """Return a plane at another width, bilinear."""
    if width != 2 * plane.shape[1]:
        return resize_plane(plane, (width, plane.shape[0]), Image.Resampling.BILINEAR)
    result = np.empty_like(plane, shape=(plane.shape[0], width))
    result[:, ::2] = plane
    result[:, 1:-1:2] = (plane[:, 1:] + plane[:, :-1]) * np.float32(0.5)
    result[:, -1] = plane[:, -1]
    return result


def _are_doubles(plane: FloatArray, size: Size) -> bool:
    """Return whether doubling a plane, once or several times, gives a size exactly."""
    factor = size[1] // plane.shape[0]
    return factor in (2, 4, 8) and (factor * plane.shape[0], factor * plane.shape[1]) == (size[1], size[0])


def _doubled(plane: FloatArray) -> FloatArray:
    """Return a plane with twice the rows, bilinear: what Pillow gives, in a fraction of the time."""
    quarter = plane * np.float32(0.25)
    rest = plane - quarter
    result = np.empty_like(plane, shape=(2 * plane.shape[0], plane.shape[1]))
    np.add(rest[1:], quarter[:-1], out=result[2::2])
    np.add(rest[:-1], quarter[1:], out=result[1:-1:2])
    result[0], result[-1] = plane[0], plane[-1]
    return result


def _halved(plane: FloatArray) -> FloatArray:
    result: FloatArray = plane[::2] + plane[1::2]
    result *= np.float32(0.5)
    return result


def resize_picture(
    picture: FloatArray, size: Size, resample: Image.Resampling = Image.Resampling.BICUBIC
) -> FloatArray:
    """Return a picture at another size (width, height), each channel on its own."""
    channels = [resize_plane(picture[..., index], size, resample) for index in range(picture.shape[2])]
    return stacked(channels)


def gathered(picture: FloatArray, places: npt.NDArray[np.intp]) -> FloatArray:
    """Return a picture's pixels at places, (rows, columns), each counted row by row from the first pixel."""
    rows, columns = places.shape
    result = blank(rows, columns, picture.shape[2])
    for index in range(picture.shape[2]):
        # With a mode that checks nothing, NumPy writes straight to the result.
        picture[..., index].ravel().take(places, out=result[..., index], mode="wrap")
    return result


def resize_premultiplied(picture: FloatArray, size: Size) -> FloatArray:
    """Return a smaller picture of four channels, the last its straight alpha; transparent pixels lend no colour."""
    alpha = picture[..., 3:]
    weighted = stacked([*np.moveaxis(picture[..., :3] * alpha, -1, 0), alpha[..., 0]])
    reduced = resize_picture(weighted, size, Image.Resampling.BILINEAR)
    reduced[..., :3] /= np.maximum(reduced[..., 3:], 1e-3)
    return reduced


def mirrored_indices(positions: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """Return positions folded into 0..length - 1, as if the array were continued by its mirror images."""
    folded = positions % (2 * length)
    return np.minimum(folded, 2 * length - 1 - folded)


def smoothstep(low: float, high: float, values: FloatArray) -> FloatArray:
    """Return 0 below low, 1 above high and a cubic ramp between."""
    ramp = (values - low) * (1 / (high - low))
    ramp = np.clip(ramp, 0, 1, out=ramp) if isinstance(ramp, np.ndarray) else np.clip(ramp, 0, 1)
    result: FloatArray = 3 - 2 * ramp
    result *= ramp
    result *= ramp
    return result


def mix(first: FloatArray, second: FloatArray, amount: FloatArray | float) -> FloatArray:
    """Return the linear blend of two arrays; amount 0 is the first."""
    shape = np.broadcast_shapes(np.shape(first), np.shape(second), np.shape(amount))
    if len(shape) != 3:
        return first + (second - first) * amount
    result = np.moveaxis(np.empty((shape[2], *shape[:2]), dtype=np.float32), 0, -1)
    np.subtract(second, first, out=result, casting="same_kind")
    np.multiply(result, amount, out=result, casting="same_kind")
    return np.add(result, first, out=result, casting="same_kind")


def luminance(picture: FloatArray) -> FloatArray:
    """Return a picture's Rec. 709 luma plane."""
    result: FloatArray = picture[..., 0] * np.float32(0.2126)
    result += picture[..., 1] * np.float32(0.7152)
    result += picture[..., 2] * np.float32(0.0722)
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
    return stacked(blur_plane(picture[..., index], radius) for index in range(picture.shape[2]))


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
