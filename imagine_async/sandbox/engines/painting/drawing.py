"""What a draughtsman adds: ink lines along the forms, and the paper under a wash."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from imagine_async.sandbox.engines.arrays import FloatArray, from_image, smoothstep, to_image
from imagine_async.sandbox.engines.painting.noise import fractal_noise
from imagine_async.sandbox.engines.painting.scene import Scene


def ink_lines(scene: Scene, light: FloatArray) -> FloatArray:
    """Return the factor on brightness along the darker side of each edge: 1 where no line is.

    Args:
        scene: The scene, whose style gives the lines' strength.
        light: The picture's luminance, (height, width).
    """
    image = to_image(light)
    fine, wide = (_blurred(image, max(0.5, share * scene.unit)) for share in (0.0012, 0.0042))
    edge = (wide - fine) / (wide + np.float32(0.12))
    return 1 - np.float32(scene.style.lines) * smoothstep(0.05, 0.2, edge)


def _blurred(image: Image.Image, radius: float) -> FloatArray:
    return from_image(image.filter(ImageFilter.GaussianBlur(radius)), "L")


def paper(scene: Scene) -> FloatArray:
    """Return how much paint each pixel of a sheet holds: little in the pits of the grain, none at a ragged edge."""
    width, height = scene.size
    half = (max(1, width // 2), max(1, height // 2))
    pits = Image.frombytes("L", half, scene.generator("paper").bytes(half[0] * half[1]))
    grain = from_image(pits.resize(scene.size, Image.Resampling.BICUBIC), "L")
    pools = fractal_noise(scene.generator("pools"), scene.size, (5, 5), octaves=4)
    across = 1 - np.abs(np.linspace(-1, 1, width, dtype=np.float32))[None, :] * min(1.0, width / height)
    down = 1 - np.abs(np.linspace(-1, 1, height, dtype=np.float32))[:, None]
    inside = np.minimum(across * (width / scene.unit), down * (height / scene.unit))
    edge = smoothstep(0.03, 0.075, inside + (pools - 0.5) * 0.16)
    return edge * np.minimum(0.7 + 0.26 * pools + 0.2 * (grain - 0.5), 0.94)
