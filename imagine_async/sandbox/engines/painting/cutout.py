"""From a prompt to a subject on a transparent background."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import FloatArray, Size, blank, smoothstep, to_image
from imagine_async.sandbox.engines.painting.grounding import lay_figure
from imagine_async.sandbox.engines.painting.picture import paint_picture
from imagine_async.sandbox.engines.painting.prompt import Mention, describe
from imagine_async.sandbox.engines.painting.subjects.catalogue import SUBJECTS, figure_of
from imagine_async.sandbox.engines.painting.subjects.figure import Figure
from imagine_async.sandbox.engines.painting.subjects.shading import Light, render
from imagine_async.sandbox.engines.seeding import seeded_generator

_FILL = 0.84
"""Share of the picture that the subject spans in its longer direction."""


def paint_cut_out(prompt: str, *, size: Size, seed: int) -> Image.Image:
    """Return a prompt's subject as an RGBA image; see :meth:`Engine.text_to_png`.

    A prompt that names a scene and no subject gives the scene as a round badge.
    """
    mentions = describe(prompt).mentions
    if not mentions:
        return _badge(prompt, size, seed)
    side = float(seeded_generator(prompt, seed, "light").choice([-1.0, 1.0]))
    return to_image(_centred(mentions[0], size, side))


def _centred(mention: Mention, size: Size, side: float) -> FloatArray:
    figure = figure_of(mention.subject, mention.colour or SUBJECTS[mention.subject].colour)
    low, high = _extent(figure)
    across, down = (high - low).tolist()
    height = _FILL * min(size[0] / across, size[1] / down)
    drawn, origin_x, origin_y = render(figure, height, Light(side=side))
    canvas = blank(size[1], size[0], 4)
    left = round(size[0] / 2 - origin_x - (low[0] + across / 2) * height)
    top = round(size[1] / 2 - origin_y - (low[1] + down / 2) * height)
    _paste(canvas, drawn, left, top)
    return canvas


def _extent(figure: Figure) -> tuple[FloatArray, FloatArray]:
    outlines = [part.outline for part in figure.parts]
    return (
        np.min([outline.min(axis=0) for outline in outlines], axis=0),
        np.max([outline.max(axis=0) for outline in outlines], axis=0),
    )


def _paste(canvas: FloatArray, drawn: FloatArray, left: int, top: int) -> None:
    """Copy a figure into an empty canvas, alpha included."""
    opaque = np.concatenate([drawn[..., :3], np.ones_like(drawn[..., 3:])], axis=-1)
    lay_figure(canvas[..., :3], opaque, left, top)
    alpha = np.concatenate([np.repeat(drawn[..., 3:], 3, axis=-1), np.ones_like(drawn[..., 3:])], axis=-1)
    coverage = np.zeros_like(canvas[..., :3])
    lay_figure(coverage, alpha, left, top)
    canvas[..., 3] = coverage[..., 0]


def _badge(prompt: str, size: Size, seed: int) -> Image.Image:
    image = paint_picture(prompt, style="", size=size, seed=seed)
    radius = 0.46 * min(size)
    across = np.arange(size[0], dtype=np.float32)[None, :] - (size[0] - 1) / 2
    down = np.arange(size[1], dtype=np.float32)[:, None] - (size[1] - 1) / 2
    image.putalpha(to_image(1 - smoothstep(radius - 1, radius + 1, np.hypot(across, down))))
    return image
