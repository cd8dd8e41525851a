"""Placing a cut-out before a painted background, with a contact shadow."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, Size, blur_plane, from_image, mix, to_image
from imagine_async.sandbox.engines.editing.matting import remove_background
from imagine_async.sandbox.engines.editing.outpaint import fitted_box
from imagine_async.sandbox.engines.painting.picture import paint_backdrop


def replace_background(image: Image.Image, prompt: str, *, size: Size | None, seed: int) -> Image.Image:
    """Put an image's subject before a painted scene; see :meth:`Engine.ai_background`."""
    target = size or image.size
    cut_out = fitted(remove_background(image), target)
    background = from_image(paint_backdrop(prompt or "studio", size=target, seed=seed))
    subject = from_image(cut_out, "RGBA")
    alpha = subject[..., 3]
    grounded = background * (1 - contact_shadow(alpha))[..., None]
    lit = _lit_by(subject[..., :3], alpha, background)
    return to_image(mix(grounded, lit, alpha[..., None]))


def fitted(cut_out: Image.Image, size: Size) -> Image.Image:
    """Return an RGBA image scaled to fit in a size (width, height) and centred there."""
    if cut_out.size == size:
        return cut_out
    box = fitted_box(cut_out.size, size)
    canvas = Image.new("RGBA", size)
    canvas.paste(cut_out.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS), box[:2])
    return canvas


def contact_shadow(alpha: FloatArray) -> FloatArray:
    """Return a soft dark ellipse under the subject's lowest part, 0 for no subject."""
    height, width = alpha.shape
    solid = np.argwhere(alpha > 0.5)
    if not len(solid):
        return np.zeros_like(alpha)
    bottom = int(solid[:, 0].max())
    foot = solid[solid[:, 0] > bottom - max(2, 0.12 * (bottom - solid[:, 0].min())), 1]
    left, right = float(foot.min()), float(foot.max())
    radius = max(2.0, (right - left) * 0.56)
    across = (np.arange(width, dtype=np.float32) - (left + right) / 2) / radius
    down = (np.arange(height, dtype=np.float32) - bottom) / max(2.0, radius * 0.16)
    ellipse = np.clip(1.1 - np.hypot(across[None, :], down[:, None]), 0, 1)
    return 0.62 * blur_plane(ellipse, max(1.0, 0.006 * max(width, height)))


def _lit_by(subject: FloatArray, alpha: FloatArray, background: FloatArray) -> FloatArray:
    """Shift the subject a little towards the background's light, more at its rim."""
    ambient = background.mean(axis=(0, 1))
    ambient = ambient / max(float(ambient.mean()), 0.05)
    rim = 1 - blur_plane(alpha, max(1.0, 0.01 * max(alpha.shape)))
    tint = subject * mix(np.ones(3, dtype=np.float32), ambient, 0.3)
    return mix(tint, tint * 0.6 + background * 0.4, np.clip(rim, 0, 1)[..., None] * 0.35)
