"""One call of a pipeline: arguments in, picture out."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from PIL import Image

from imagine_async.sandbox.engines.arrays import Size, to_image
from imagine_async.sandbox.engines.diffusion.libraries import load_torch
from imagine_async.sandbox.engines.diffusion.pipelines import Pipelines
from imagine_async.sandbox.engines.diffusion.prompts import prompt_arguments
from imagine_async.sandbox.engines.diffusion.settings import DiffusionSettings
from imagine_async.sandbox.engines.diffusion.sizes import paintable_size, step_of

__all__ = ["paint", "paint_over"]

_SEEDS = 2**63
_REPAINT_STRENGTH = 0.75
"""Share of noise where the whole picture is painted over, which at 1 would forget its surroundings."""


def paint(pipelines: Pipelines, settings: DiffusionSettings, prompt: str, *, size: Size, seed: int) -> Image.Image:
    """Paint a prompt.

    Args:
        pipelines: The loaded pipelines.
        settings: How they are asked.
        prompt: What to show.
        size: Width and height in pixels.
        seed: Where the noise begins.
    """
    painter = pipelines.painter
    return _called(painter, settings, prompt, size=size, seed=seed, strength=1.0)


def paint_over(
    pipelines: Pipelines, settings: DiffusionSettings, prompt: str, image: Image.Image, mask: Image.Image, *, seed: int
) -> Image.Image:
    """Paint a prompt where a mask is white; elsewhere pixels may change a little.

    Args:
        pipelines: The loaded pipelines, of which one at least paints over pictures.
        settings: How they are asked.
        prompt: What to show.
        image: What is painted over, RGB.
        mask: Where, L, of the same size.
        seed: Where the noise begins.
    """
    if pipelines.filler is None:
        strength = min(settings.fill_strength, _REPAINT_STRENGTH)
        pictures = {"image": image}
        return _called(pipelines.repainter, settings, prompt, size=image.size, seed=seed, strength=strength, **pictures)
    pictures = {"image": image, "mask_image": mask}
    strength = settings.fill_strength
    return _called(pipelines.filler, settings, prompt, size=image.size, seed=seed, strength=strength, **pictures)


def _called(
    pipeline: Any,
    settings: DiffusionSettings,
    prompt: str,
    *,
    size: Size,
    seed: int,
    strength: float,
    **pictures: Image.Image,
) -> Image.Image:
    inner = paintable_size(size, step=step_of(pipeline), max_pixels=settings.max_pixels)
    arguments = {
        **prompt_arguments(pipeline, prompt, settings.negative_prompt),
        **{name: picture.resize(inner, Image.Resampling.LANCZOS) for name, picture in pictures.items()},
        "width": inner[0],
        "height": inner[1],
        # Of the steps only the share of the strength is taken, and one at least must be.
        "num_inference_steps": max(settings.steps, int(np.ceil(1 / strength))),
        "guidance_scale": settings.guidance,
        "strength": strength,
        # On the processor, so that a seed means the same on every machine.
        "generator": load_torch().Generator("cpu").manual_seed(seed % _SEEDS),
        "output_type": "np",
    }
    known = inspect.signature(pipeline.__call__).parameters
    output = pipeline(**{name: value for name, value in arguments.items() if name in known})
    # A pipeline in half precision may overflow: what is no number is painted black, as a safety checker does.
    pixels = np.nan_to_num(np.asarray(output.images[0], dtype=np.float32), nan=0.0, posinf=1.0, neginf=0.0)
    return to_image(pixels).convert("RGB").resize(size, Image.Resampling.LANCZOS)
