"""Sizes that a model can paint."""

from __future__ import annotations

import math
from typing import Any

from imagine_async.sandbox.engines.arrays import Size

__all__ = ["paintable_size", "step_of"]

_LEAST_STEPS = 4
"""Steps of the shorter side, at least: below that the deepest layers would have nothing left."""


def step_of(pipeline: Any) -> int:
    """Return the pixels by which the sides of a pipeline's pictures grow.

    Args:
        pipeline: The pipeline.
    """
    # Twice the factor of the autoencoder, because transformers take latents in patches of two by two.
    return 2 * int(getattr(pipeline, "vae_scale_factor", 8))


def paintable_size(size: Size, *, step: int, max_pixels: int) -> Size:
    """Return the size to paint a picture in that is brought to the size asked for afterwards.

    Args:
        size: Width and height asked for, in pixels.
        step: Pixels by which sides grow.
        max_pixels: Pixels, width times height, at most.
    """
    least = _LEAST_STEPS * step
    scale = max(least / min(size), 1.0)
    # A strip so long that its shorter side cannot be painted in proportion is painted shorter and stretched.
    scale = min(scale, math.sqrt(max_pixels / (size[0] * size[1])))
    width, height = (max(least, round(side * scale / step) * step) for side in size)
    longest = max(least, max_pixels // min(width, height) // step * step)
    return min(width, longest), min(height, longest)
