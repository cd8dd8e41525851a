"""The switches of the diffusion engine."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen, validators

__all__ = ["DiffusionSettings"]


def _positive_share(_settings: Any, attribute: Any, value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{attribute.name}: a number above 0 and up to 1, not {value!r}")


@frozen(kw_only=True)
class DiffusionSettings:
    """How a pipeline is asked.

    Args:
        steps: Steps of denoising, at least 1; few-step models want 1 to 4.
        guidance: How strictly the prompt is followed, from 0; few-step models want 0 or 1.
        fill_strength: Share of the noise, above 0 and up to 1, that a filled region begins with; 1 forgets what was
            there.
        max_pixels: Pixels, width times height, that the model paints at most, at least 4096; larger pictures are
            painted smaller and enlarged.
        negative_prompt: What pictures should not show.
    """

    steps: int = field(default=25, validator=[validators.instance_of(int), validators.ge(1)])
    guidance: float = field(default=7.0, validator=validators.ge(0))
    fill_strength: float = field(default=1.0, validator=_positive_share)
    max_pixels: int = field(default=1024 * 1024, validator=[validators.instance_of(int), validators.ge(4096)])
    negative_prompt: str = "blurry, distorted, text, watermark"
