"""What a draughtsman adds: ink lines along the forms, and the paper under a wash."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from imagine_async.sandbox.engines.arrays import FloatArray, from_image, resize_plane, smoothstep, to_image
from imagine_async.sandbox.engines.painting.noise import fractal_noise
from imagine_async.sandbox.engines.painting.scene import Scene


def ink_lines(scene: Scene, light: FloatArray) -> FloatArray:
    """Return the factor on brightness along the darker side of each edge: 1 where no line is.

    Args:
        scene: The scene, whose style gives the lines' strength.
        light: The picture's luminance, (height, width).
    """
    image = to_image(light)
    around = from_image(image.filter(ImageFilter.BoxBlur(max(1.0, 0.005 * scene.unit))), "L")
    edge = (around - light) / (around + np.float32(0.12))
    return 1 - np.float32(scene.style.lines) * smoothstep(0.05, 0.2, edge)


def paper(scene: Scene) -> FloatArray:
    """Return how much paint each pixel of a sheet holds: little in the pits of the grain, none at a ragged edge."""
    width, height = (max(8, side // 2) for side in scene.size)
    pits = from_image(Image.frombytes("L", (width, height), scene.generator("paper").bytes(width * height)), "L")
    pools = fractal_noise(scene.generator("pools"), (width, height), (5, 5), octaves=4)
    across = 1 - np.abs(np.linspace(-1, 1, width, dtype=np.float32))[None, :]
    down = 1 - np.abs(np.linspace(-1, 1, height, dtype=np.float32))[:, None]
    inside = np.minimum(across * (scene.size[0] / scene.unit), down * (scene.size[1] / scene.unit))
    edge = smoothstep(0.03, 0.075, inside + (pools - 0.5) * np.float32(0.16))
    sheet = edge * np.minimum(0.7 + 0.26 * pools + 0.2 * (pits - 0.5), 0.94)
    return resize_plane(sheet, scene.size)
