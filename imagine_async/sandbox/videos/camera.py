"""A slow move over a still picture, named after Ken Burns, who filmed photographs so."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PIL import Image

from imagine_async.sandbox.videos.framing import MARGIN

__all__ = ["FRAMES", "FRAMES_PER_SECOND", "frames"]

FRAMES_PER_SECOND = 24
FRAMES = 2 * FRAMES_PER_SECOND


def frames(picture: Image.Image, size: tuple[int, int], *, seed: int) -> Iterator[Image.Image]:
    """Yield the frames of a film that begins with the whole picture and draws near to a part of it.

    Args:
        picture: The picture, larger than the film by the margin.
        size: Width and height of the film.
        seed: Decides where the camera goes.
    """
    angle = math.tau * (seed % 360) / 360
    for number in range(FRAMES):
        yield picture.resize(size, Image.Resampling.BICUBIC, box=_window(picture.size, _eased(number), angle))


def _eased(number: int) -> float:
    """Return how much of the way is done at a frame, from 0 to 1, without a jerk at either end."""
    return (1 - math.cos(math.pi * number / (FRAMES - 1))) / 2


def _window(size: tuple[int, int], done: float, angle: float) -> tuple[float, float, float, float]:
    width, height = size
    free = done * (1 - 1 / MARGIN)
    left = width * free * (1 + math.cos(angle)) / 2
    top = height * free * (1 + math.sin(angle)) / 2
    return left, top, left + width * (1 - free), top + height * (1 - free)
