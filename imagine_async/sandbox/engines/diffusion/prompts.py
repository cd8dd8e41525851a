"""From a prompt and a style to what a pipeline is told."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from imagine_async.catalog import Style
from imagine_async.sandbox.engines.diffusion.libraries import load_torch

__all__ = ["CUT_OUT", "NOTHING", "prompt_arguments", "styled"]

# Invented: what a style of the vendor means to a model that has never heard of it.
_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {
        Style.ANIME: "anime style, clean lines, cel shading",
        Style.FLUX_DEV: "highly detailed, natural light",
        Style.FLUX_DEV_FAST: "detailed, natural light",
        Style.FLUX_SCHNELL: "vivid, crisp",
        Style.IMAGINE_TURBO: "vivid colours, sharp focus",
        Style.REALISTIC: "photorealistic, 50 mm photograph, natural light",
        Style.SDXL: "highly detailed, cinematic light",
    }
)
CUT_OUT = "a single object, whole, centred, isolated on a plain light grey background"
"""Follows the prompt of a picture whose subject is to be cut out."""

NOTHING = "empty background that continues seamlessly, nothing in it"
"""The prompt where something is to be removed or a picture extended."""

_TOKENS = 77
"""Tokens of a prompt's embedding, where the pipeline has no text encoder of its own to say so."""


def styled(prompt: str, style: str) -> str:
    """Return a prompt with the words for a style; an unknown style adds nothing.

    Args:
        prompt: The prompt.
        style: The name of the style.
    """
    return ", ".join(part for part in (prompt.strip(), _SUFFIXES.get(style, "")) if part)


def prompt_arguments(pipeline: Any, prompt: str, negative_prompt: str) -> dict[str, Any]:
    """Return the arguments that tell a pipeline the prompt.

    One without a text encoder gets numbers that depend on the prompt and mean nothing.

    Args:
        pipeline: The pipeline.
        prompt: What to show.
        negative_prompt: What not to show.
    """
    components = pipeline.components
    if "text_encoder" not in components or components["text_encoder"] is not None:
        return {"prompt": prompt, "negative_prompt": negative_prompt}
    return {
        "prompt_embeds": _embedded(pipeline, prompt),
        "negative_prompt_embeds": _embedded(pipeline, negative_prompt),
    }


def _embedded(pipeline: Any, text: str) -> Any:
    torch = load_torch()
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
    generator = torch.Generator("cpu").manual_seed(seed)
    shape = (1, _TOKENS, pipeline.unet.config.cross_attention_dim)
    return torch.randn(shape, generator=generator).to(pipeline.device, pipeline.unet.dtype)
