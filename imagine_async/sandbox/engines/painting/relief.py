"""Perspective drawing of a height field, front to back.

The ground is sampled on slices of equal depth. For every pixel the first slice that rises above it is the
one that is seen, which one histogram and one running sum find for the whole picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, IntArray, Size, blank

NEAREST = 1.0
"""Depth of the ground at the picture's bottom edge; all depths are relative to it."""

FARTHEST = 44.0
"""Depth of the last slice."""


@dataclass(frozen=True)
class Camera:
    """A level camera over the ground.

    Attributes:
        size: Width and height of the picture in pixels.
        horizon: Row of the horizon in pixels.
        focal: Focal length in pixels.
        altitude: Height of the camera over ground level 0, in units of depth.
    """

    size: Size
    horizon: float
    focal: float
    altitude: float

    @classmethod
    def for_picture(cls, size: Size, horizon_share: float) -> Camera:
        """Return the camera that sees level ground of depth ``NEAREST`` at the picture's bottom edge."""
        width, height = size
        horizon = horizon_share * height
        focal = 0.62 * (width * height) ** 0.5 + 0.25 * height
        return cls(size, horizon, focal, (height - horizon) * NEAREST / focal)

    def depths(self) -> FloatArray:
        """Return the depths of the slices, denser near the camera."""
        count = int(np.clip(self.size[1] * 0.42, 40, 460))
        steps = np.linspace(0, 1, count, dtype=np.float32)
        return (NEAREST * 0.96 * (FARTHEST / NEAREST) ** steps**1.35).astype(np.float32)

    def columns(self) -> int:
        """Return how many columns the ground is sampled on; fewer than the picture's for large ones."""
        return int(np.clip(self.size[0] // 2, 8, 1024))

    def ground(self) -> tuple[FloatArray, FloatArray]:
        """Return the sideways position and the depth of every sample, two (slices, columns) planes."""
        depths = self.depths()[:, None]
        across = np.linspace(-0.5, 0.5, self.columns(), dtype=np.float32)[None, :] * self.size[0]
        return across * depths / self.focal, np.broadcast_to(depths, (len(depths), self.columns()))

    def row_of(self, depth: float, height: float = 0.0) -> float:
        """Return the picture row of a point at a depth and a height over ground level 0."""
        return self.horizon + self.focal * (self.altitude - height) / depth

    def pixels_per_unit(self, depth: float) -> float:
        """Return how many pixels a length of 1 spans at a depth."""
        return self.focal / depth


@dataclass(frozen=True)
class Visible:
    """What the camera sees of the ground.

    Attributes:
        top: First row that holds ground anywhere; the other arrays start there.
        attributes: Interpolated attributes, (rows, width, channels).
        coverage: Share of each pixel that ground covers, (rows, width).
    """

    top: int
    attributes: FloatArray
    coverage: FloatArray


def project(camera: Camera, heights: FloatArray, attributes: FloatArray) -> Visible:
    """Draw a height field.

    Args:
        camera: The camera, whose slices and width the arrays have.
        heights: Ground height of every sample, (slices, width).
        attributes: Anything to interpolate over the ground, (slices, width, channels).
    """
    depths = camera.depths()[:, None]
    rows = camera.horizon + camera.focal * (camera.altitude - heights) / depths
    rows[0] = np.maximum(rows[0], camera.size[1] + 1)
    skyline = np.minimum.accumulate(rows, axis=0)
    top = int(np.clip(np.floor(skyline[-1].min()) - 1, 0, camera.size[1] - 1))
    slices = _seen_slices(skyline, camera.size, top)
    seen = _interpolate(rows, attributes, slices, top)
    return Visible(top, _soften_ridges(seen, skyline, slices, top), _coverage(skyline[-1], camera.size[1], top))


def _seen_slices(skyline: FloatArray, size: Size, top: int) -> IntArray:
    """Return for each pixel from row `top` on how many slices end below it: the index of the one it shows."""
    width, height = size
    ends = np.clip(np.ceil(skyline), top, height).astype(np.int32) - top
    flat = ends * width + np.arange(width, dtype=np.int32)
    counts = np.bincount(flat.ravel(), minlength=(height - top + 1) * width).astype(np.int32).reshape(-1, width)
    below = counts[::-1].cumsum(axis=0, dtype=np.int32)[::-1]
    return np.asarray(below[1:], dtype=np.int32)


def _interpolate(rows: FloatArray, attributes: FloatArray, slices: IntArray, top: int) -> FloatArray:
    count, width, channels = attributes.shape
    columns = np.arange(width, dtype=np.int32)
    far = (np.minimum(slices, count - 1) * width + columns).astype(np.intp)
    near = np.maximum(slices - 1, 0)
    near = (np.minimum(near, count - 1) * width + columns).astype(np.intp)
    flat_rows = rows.reshape(-1)
    lower = flat_rows[near]
    span = np.maximum(lower - flat_rows[far], 1e-3)
    pixel_rows = np.arange(top, top + slices.shape[0], dtype=np.float32)[:, None]
    share = np.clip((lower - pixel_rows) / span, 0, 1).astype(np.float32)
    result = blank(slices.shape[0], width, channels)
    for index in range(channels):
        _between(attributes[..., index].ravel(), near, far, share, result[..., index])
    return result


def _between(values: FloatArray, near: IntArray, far: IntArray, share: FloatArray, result: FloatArray) -> None:
    nearer = values.take(near)
    values.take(far, out=result, mode="wrap")
    result -= nearer
    result *= share
    result += nearer


def _soften_ridges(seen: FloatArray, skyline: FloatArray, slices: IntArray, top: int) -> FloatArray:
    """Blend the pixel above each ridge with the ridge, by the share of the pixel that the ridge covers."""
    rows, columns = np.nonzero((slices[:-1] - slices[1:] > 2) & (slices[:-1] < skyline.shape[0]))
    crest = skyline[slices[rows, columns] - 1, columns]
    share = np.clip(rows + 1 + top - crest, 0, 1)[:, None]
    seen[rows, columns] += (seen[rows + 1, columns] - seen[rows, columns]) * share
    return seen


def _coverage(crest: FloatArray, height: int, top: int) -> FloatArray:
    rows = np.arange(top, height, dtype=np.float32)[:, None]
    return np.clip(rows + 1 - crest[None, :], 0, 1)
