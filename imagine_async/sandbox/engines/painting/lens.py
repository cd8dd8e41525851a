"""A lens that is focused on the subject: what lies far behind it is soft."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, blur_picture, mix, resize_picture, smoothstep
from imagine_async.sandbox.engines.painting.scene import Scene

_NEAR_ROW = 0.93
"""Row of the near ground that is sharp, as a share of the height."""


def defocus(scene: Scene, picture: FloatArray) -> FloatArray:
    """Return a picture blurred by the style's focus at the horizon and above, and less towards the near ground."""
    width, height = scene.size
    half = resize_picture(picture, (max(1, width // 2), max(1, height // 2)), Image.Resampling.BOX)
    soft = blur_picture(half, 0.5 * scene.style.focus * scene.unit)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    far = smoothstep(0.0, 1.0, (_NEAR_ROW - rows) / (_NEAR_ROW - scene.horizon))
    return mix(picture, resize_picture(soft, scene.size, Image.Resampling.BILINEAR), far)
