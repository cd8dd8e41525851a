"""Fine grain over a finished picture: the look of film, and smooth gradients without steps."""

from __future__ import annotations

from statistics import NormalDist

from PIL import Image, ImageChops

from imagine_async.sandbox.engines.painting.scene import Scene

_LEAST = 0.004
"""Standard deviation that hides the steps of 8 bits, as a share of white."""

_MIDDLE = 128


def add_grain(scene: Scene, image: Image.Image) -> Image.Image:
    """Return an RGB image with normal noise as strong as the scene's style asks for."""
    raw = Image.frombytes("L", image.size, scene.generator("grain").bytes(image.width * image.height))
    noise = raw.point(_quantiles(255 * max(scene.style.grain, _LEAST)))
    return ImageChops.add(image, Image.merge("RGB", (noise, noise, noise)), scale=1, offset=-_MIDDLE)


def _quantiles(deviation: float) -> list[int]:
    """Return the table that turns a uniform byte into a normal one."""
    quantile = NormalDist(_MIDDLE, deviation).inv_cdf
    return [round(min(255.0, max(0.0, quantile((value + 0.5) / 256)))) for value in range(256)]
