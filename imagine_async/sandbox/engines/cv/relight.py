"""Bringing a cut-out into the light of a scene, in CIE Lab."""

from __future__ import annotations

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray, blur_plane, mix
from imagine_async.sandbox.engines.cv.opencv import cv2

_LIGHTNESS_SHARE, _MOST_LIGHTNESS = 0.65, 30.0
_CAST_SHARE, _MOST_CAST = 0.6, 16.0
_SHADING = 0.5
"""Share of the scene's own fall of light, from side to side and from top to bottom, that the subject gets."""

_WRAP = 0.3
"""Share of the scene's light that spills over the subject's rim."""


def relit(subject: FloatArray, alpha: FloatArray, scene: FloatArray) -> FloatArray:
    """Return a subject in the light of the scene it is put before.

    Args:
        subject: (height, width, 3) in 0..1.
        alpha: The subject's opacity, (height, width) in 0..1.
        scene: (height, width, 3) in 0..1.
    """
    if not alpha.any():
        return subject
    subject_lab, scene_lab = _to_lab(subject), _to_lab(scene)
    light = _mean(scene_lab, _surroundings(alpha))
    shift = light - _mean(subject_lab, alpha)
    shift[0] = np.clip(shift[0] * _LIGHTNESS_SHARE, -_MOST_LIGHTNESS, _MOST_LIGHTNESS)
    # The scene's own cast, not its distance from the subject's colour: a red apple stays red at sea.
    shift[1:] = np.clip(light[1:] * _CAST_SHARE, -_MOST_CAST, _MOST_CAST)
    subject_lab += _softened(subject_lab, shift)
    subject_lab[..., 0] += _shading(scene_lab[..., 0], alpha)
    return _wrapped(_from_lab(subject_lab), alpha, scene)


def _softened(lab: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the shift by pixel: middle tones take it whole, black and white hardly."""
    tone = np.clip(lab[..., :1] / 100, 0, 1)
    return shift * (0.35 + 2.6 * tone * (1 - tone))


def _surroundings(alpha: FloatArray) -> FloatArray:
    """Return how much each pixel of the scene lights the subject: most of all those around it."""
    around = blur_plane(alpha, max(1.0, 0.12 * max(alpha.shape)))
    return (around + 0.05) * (1 - alpha) + 1e-3


def _mean(lab: FloatArray, weight: FloatArray) -> FloatArray:
    mean: FloatArray = (lab * weight[..., None]).sum(axis=(0, 1)) / weight.sum()
    return mean


def _shading(lightness: FloatArray, alpha: FloatArray) -> FloatArray:
    """Return a plane that grows lighter, over the subject, where the scene does; its mean over the subject is 0."""
    height, width = lightness.shape
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * np.ones((height, 1), np.float32)
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.ones((1, width), np.float32)
    fall = np.zeros_like(lightness)
    for direction in (across, down):
        slope = float((lightness * direction).mean() / max(float((direction**2).mean()), 1e-6))
        fall = fall + direction * np.float32(np.clip(slope * _SHADING, -9, 9))
    return fall - np.float32((fall * alpha).sum() / alpha.sum())


def _wrapped(subject: FloatArray, alpha: FloatArray, scene: FloatArray) -> FloatArray:
    """Let the light of the scene behind spill over the rim."""
    reach = max(1.0, 0.012 * max(alpha.shape))
    rim = np.clip(1 - blur_plane(alpha, reach), 0, 1) * _WRAP
    behind = cv2.GaussianBlur(scene, (0, 0), reach * 2)
    return mix(subject, np.maximum(subject, behind), rim[..., None])


def _to_lab(picture: FloatArray) -> FloatArray:
    lab: FloatArray = cv2.cvtColor(np.ascontiguousarray(picture, np.float32), cv2.COLOR_RGB2Lab)
    return lab


def _from_lab(lab: FloatArray) -> FloatArray:
    picture: FloatArray = cv2.cvtColor(np.ascontiguousarray(lab, np.float32), cv2.COLOR_Lab2RGB)
    return np.clip(picture, 0, 1)
