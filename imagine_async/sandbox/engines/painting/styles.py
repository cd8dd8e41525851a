"""The looks an image model may have, as plain settings. Which look a name has is invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """One look.

    Attributes:
        cel_steps: Number of flat tones in place of smooth shading; 0 for smooth.
        outline: Width of the ink line round subjects, as a share of the picture's unit.
        lines: Darkness of ink lines along every edge, 0 for none.
        wash: How far colours are thinned over white paper, 0 for none, 1 for watercolour.
        stroke: Length of brush strokes, as a share of the picture's unit; 0 for none.
        relief: Strength of the paint's relief under a raking light.
        contrast: Strength of the tone curve, 0 for none.
        saturation: Factor on the distance from grey.
        fade: How far all colours are mixed with a pale cream.
        bloom: Strength of the glow round bright parts.
        clarity: Strength of local contrast.
        grain: Standard deviation of film grain.
        vignette: Darkening of the corners.
        split_tone: Strength of cool shadows against warm lights.
        haze: Factor on the density of haze.
        clouds: Added to the cloud cover.
        focus: Blur of what lies behind the subjects, as a share of the picture's unit.
    """

    cel_steps: int = 0
    outline: float = 0.0
    lines: float = 0.0
    wash: float = 0.0
    stroke: float = 0.0
    relief: float = 0.0
    contrast: float = 0.18
    saturation: float = 1.1
    fade: float = 0.0
    bloom: float = 0.12
    clarity: float = 0.2
    grain: float = 0.0
    vignette: float = 0.1
    split_tone: float = 0.0
    haze: float = 1.0
    clouds: float = 0.0
    focus: float = 0.0


DEFAULT = Style()

_PHOTOGRAPH = Style(
    contrast=0.1, saturation=0.8, bloom=0.3, clarity=0.05, grain=0.028, vignette=0.3, haze=1.6, focus=0.01
)
_ANIMATION = Style(
    cel_steps=6, outline=0.005, lines=0.6, contrast=0.2, saturation=1.45, bloom=0.2, clarity=0.0, vignette=0.0,
    haze=0.7, clouds=0.12,
)  # fmt: skip
_WATERCOLOUR = Style(
    outline=0.0025, lines=0.5, wash=1.0, stroke=0.014, contrast=0.0, saturation=1.25, bloom=0.0, clarity=0.3,
    vignette=0.0, haze=1.2,
)  # fmt: skip
_PASTEL = Style(
    stroke=0.02,
    relief=0.35,
    contrast=0.05,
    saturation=0.98,
    fade=0.2,
    bloom=0.3,
    clarity=0.15,
    grain=0.012,
    vignette=0.0,
)
_CINEMA = Style(
    contrast=0.85, saturation=1.12, bloom=0.3, clarity=0.6, grain=0.008, vignette=0.6, split_tone=1.4, haze=1.2
)
_OIL = Style(
    stroke=0.032, relief=1.2, contrast=0.3, saturation=1.3, bloom=0.06, clarity=0.45, vignette=0.2, split_tone=0.4
)

STYLES = {
    "imagine-turbo": DEFAULT,
    "realistic": _PHOTOGRAPH,
    "anime": _ANIMATION,
    "flux-schnell": _WATERCOLOUR,
    "flux-dev-fast": _PASTEL,
    "flux-dev": _CINEMA,
    "sdxl-1.0": _OIL,
}


def style_named(name: str) -> Style:
    """Return the look of a model name; the default look for a name that is not known."""
    return STYLES.get(name, DEFAULT)
