"""The looks an image model may have, as plain settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """One look.

    Attributes:
        cel_steps: Number of flat tones in place of smooth shading; 0 for smooth.
        outline: Width of the ink line round subjects, as a share of the picture's unit.
        stroke: Length of brush strokes, as a share of the picture's unit; 0 for none.
        relief: Strength of the paint's relief under a raking light.
        contrast: Strength of the tone curve, 0 for none.
        saturation: Factor on the distance from grey.
        bloom: Strength of the glow round bright parts.
        clarity: Strength of local contrast.
        grain: Standard deviation of film grain.
        vignette: Darkening of the corners.
        split_tone: Strength of cool shadows against warm lights.
        haze: Factor on the density of haze.
        clouds: Added to the cloud cover.
        soften: Strength of a light diffusion over the whole picture.
    """

    cel_steps: int = 0
    outline: float = 0.0
    stroke: float = 0.0
    relief: float = 0.0
    contrast: float = 0.12
    saturation: float = 1.06
    bloom: float = 0.12
    clarity: float = 0.12
    grain: float = 0.0
    vignette: float = 0.1
    split_tone: float = 0.0
    haze: float = 1.0
    clouds: float = 0.0
    soften: float = 0.0


DEFAULT = Style()

STYLES = {
    "imagine-turbo": DEFAULT,
    "realistic": Style(
        contrast=0.06, saturation=0.86, bloom=0.22, clarity=0.05, grain=0.016, vignette=0.22, haze=1.7, soften=0.25
    ),
    "anime": Style(
        cel_steps=5,
        outline=0.006,
        contrast=0.16,
        saturation=1.5,
        bloom=0.18,
        clarity=0.0,
        vignette=0.0,
        haze=0.7,
        clouds=0.14,
    ),
    "flux-schnell": Style(
        stroke=0.012, contrast=0.22, saturation=1.2, bloom=0.14, clarity=0.35, vignette=0.2, split_tone=0.5
    ),
    "flux-dev-fast": Style(
        stroke=0.016,
        relief=0.35,
        contrast=0.55,
        saturation=1.24,
        bloom=0.26,
        clarity=0.55,
        vignette=0.4,
        split_tone=0.9,
    ),
    "flux-dev": Style(
        stroke=0.018,
        relief=0.5,
        contrast=0.85,
        saturation=1.26,
        bloom=0.4,
        clarity=0.75,
        vignette=0.55,
        split_tone=1.3,
    ),
    "sdxl-1.0": Style(
        stroke=0.026,
        relief=1.0,
        contrast=0.18,
        saturation=1.12,
        bloom=0.06,
        clarity=0.3,
        vignette=0.24,
        split_tone=0.5,
    ),
}


def style_named(name: str) -> Style:
    """Return the look of a model name; the default look for a name that is not known."""
    return STYLES.get(name, DEFAULT)
