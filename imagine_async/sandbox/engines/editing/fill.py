"""Painting of a prompt into a marked region of a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import frozen
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, blur_plane, from_image, smoothstep, to_image
from imagine_async.sandbox.engines.editing.inpaint import Inpainter, inpaint, mask_plane, restore_outside, retouch
from imagine_async.sandbox.engines.painting.cutout import paint_cut_out
from imagine_async.sandbox.engines.painting.picture import paint_picture
from imagine_async.sandbox.engines.painting.prompt import Description, describe


def paste(cut_out: Image.Image, ground: Image.Image) -> Image.Image:
    """Return a ground (RGB) with a cut-out (RGBA) of the same size laid over it."""
    result = ground.copy()
    result.paste(cut_out, (0, 0), cut_out)
    return result


@frozen
class Tools:
    """How the steps of a fill are done.

    Args:
        inpaint: Continues the surroundings over the marked region.
        place: Puts a cut-out (RGBA) before a ground (RGB).
    """

    inpaint: Inpainter = inpaint
    place: Callable[[Image.Image, Image.Image], Image.Image] = paste


_TOOLS = Tools()


def generative_fill(image: Image.Image, mask: Image.Image, prompt: str, tools: Tools = _TOOLS) -> Image.Image:
    """Paint a prompt into the masked region; see :meth:`Engine.generative_fill`."""
    original = image.convert("RGB")
    plane = mask_plane(mask, original.size)
    box = Image.fromarray(np.where(plane > 0, 255, 0).astype(np.uint8)).getbbox()
    if box is None:
        return original
    if describe(prompt) == Description():
        return retouch(original, mask, tools.inpaint)
    painted = original.copy()
    painted.paste(_painted_region(original, plane, box, prompt, tools), box[:2])
    blended = from_image(original)
    blended += (from_image(painted) - blended) * _feathered(plane)[..., None]
    return restore_outside(to_image(blended), original, plane)


def _painted_region(
    image: Image.Image, plane: FloatArray, box: tuple[int, int, int, int], prompt: str, tools: Tools
) -> Image.Image:
    size = (box[2] - box[0], box[3] - box[1])
    seed = int(plane.sum())
    description = describe(prompt)
    if not description.mentions or description.place:
        return paint_picture(prompt, style="imagine-turbo", size=size, seed=seed)
    removed = tools.inpaint(from_image(image), (plane == 0).astype(np.float32))
    return tools.place(paint_cut_out(prompt, size=size, seed=seed), to_image(removed).crop(box))


def _feathered(plane: FloatArray) -> FloatArray:
    """Soften a mask inwards only, so that the fill fades in within the marked region."""
    radius = max(0.8, 0.008 * min(plane.shape))
    inner = smoothstep(0.5, 0.95, blur_plane(plane, radius))
    return np.where(plane >= 0.999, inner, np.minimum(inner, plane))
