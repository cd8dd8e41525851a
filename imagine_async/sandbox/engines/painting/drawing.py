"""What a draughtsman adds: ink lines along the forms, and the paper under a wash."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, blur_plane, smoothstep
from imagine_async.sandbox.engines.painting.noise import fractal_noise
from imagine_async.sandbox.engines.painting.scene import Scene


def ink_lines(scene: Scene, light: FloatArray) -> FloatArray:
    """Return the factor on brightness along the darker side of each edge: 1 where no line is.

    Args:
        scene: The scene, whose style gives the lines' strength.
        light: The picture's luminance, (height, width).
    """
    fine = blur_plane(light, max(0.5, 0.0012 * scene.unit))
    wide = blur_plane(light, max(1.2, 0.0042 * scene.unit))
    edge = (wide - fine) / (wide + 0.12)
    return 1 - np.float32(scene.style.lines) * smoothstep(0.05, 0.2, edge)


def paper(scene: Scene) -> FloatArray:
    """Return how much paint each pixel of a sheet holds: little in the pits of the grain, none at a ragged edge."""
    width, height = scene.size
    grain = fractal_noise(scene.generator("paper"), scene.size, (width / 5, height / 5), octaves=2)
    pools = fractal_noise(scene.generator("pools"), scene.size, (5, 5), octaves=4)
    across = 1 - np.abs(np.linspace(-1, 1, width, dtype=np.float32))[None, :] * min(1.0, width / height)
    down = 1 - np.abs(np.linspace(-1, 1, height, dtype=np.float32))[:, None]
    inside = np.minimum(across * (width / scene.unit), down * (height / scene.unit))
    edge = smoothstep(0.03, 0.075, inside + (pools - 0.5) * 0.16)
    return edge * (0.74 + 0.3 * pools + 0.34 * (grain - 0.5))
