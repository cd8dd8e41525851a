"""A new background for a subject: painted, with the subject relit and standing in its shadow."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, Size, blur_plane, from_image, mix, to_image
from imagine_async.sandbox.engines.cv.matting import remove_background
from imagine_async.sandbox.engines.cv.opencv import cv2
from imagine_async.sandbox.engines.cv.relight import relit
from imagine_async.sandbox.engines.editing.composite import contact_shadow, fitted
from imagine_async.sandbox.engines.painting.picture import paint_backdrop

_THROWN = 0.34
"""Darkness of the shadow that the subject throws on the ground."""


def replace_background(image: Image.Image, prompt: str, *, size: Size | None, seed: int) -> Image.Image:
    """Put an image's subject before a painted scene; see :meth:`Engine.ai_background`."""
    target = size or image.size
    cut_out = fitted(remove_background(image), target)
    scene = paint_backdrop(prompt or "studio", size=target, seed=seed)
    return placed(cut_out, scene)


def placed(cut_out: Image.Image, scene: Image.Image, *, shadow: bool = True) -> Image.Image:
    """Put a cut-out before a scene of the same size, in the scene's light: RGB.

    Args:
        cut_out: The subject, RGBA.
        scene: The background, RGB.
        shadow: Whether it stands on the ground and throws a shadow.
    """
    subject, background = from_image(cut_out, "RGBA"), from_image(scene)
    alpha = subject[..., 3]
    lit = relit(subject[..., :3], alpha, background)
    if shadow:
        shade = np.maximum(contact_shadow(alpha), _thrown_shadow(alpha, background))
        background = background * (1 - shade)[..., None]
    return to_image(mix(background, lit, alpha[..., None]))


def _thrown_shadow(alpha: FloatArray, scene: FloatArray) -> FloatArray:
    """Return the subject's silhouette laid down on the ground, away from the scene's lighter side."""
    rows = np.flatnonzero((alpha > 0.5).any(axis=1))
    height, width = alpha.shape
    if not len(rows):
        return np.zeros_like(alpha)
    foot = float(rows[-1])
    lean, flat = _lean(scene), 0.3
    laid = np.array([[1, -lean * flat, lean * flat * foot], [0, flat, foot * (1 - flat)]], np.float32)
    shadow = cv2.warpAffine(alpha, laid, (width, height), flags=cv2.INTER_LINEAR)
    return _THROWN * blur_plane(shadow, max(1.0, 0.012 * max(width, height)))


def _lean(scene: FloatArray) -> float:
    """Return how far the shadow leans to the right, in shares of its length; the light comes from the other side."""
    half = max(1, scene.shape[1] // 2)
    brighter_left = float(scene[:, :half].mean()) - float(scene[:, -half:].mean())
    return float(np.copysign(np.clip(12 * abs(brighter_left), 0.6, 1.6), brighter_left))
