"""Colours as float triples, and the few operations on them."""

from __future__ import annotations

import colorsys
from typing import NamedTuple

import numpy as np

from imagine_async.sandbox.engines.arrays import FloatArray


class Colour(NamedTuple):
    """A display-referred sRGB colour; components in 0..1, or above 1 for light."""

    red: float
    green: float
    blue: float

    @property
    def array(self) -> FloatArray:
        """The components as a float32 array of shape (3,)."""
        return np.array(self, dtype=np.float32)

    @property
    def luminance(self) -> float:
        """Rec. 709 luma."""
        return 0.2126 * self.red + 0.7152 * self.green + 0.0722 * self.blue

    def mixed(self, other: Colour, amount: float) -> Colour:
        """Return the blend with another colour; amount 0 is this one."""
        return Colour(*(first + (second - first) * amount for first, second in zip(self, other, strict=True)))

    def scaled(self, factor: float) -> Colour:
        """Return the colour made brighter or darker, at most 1 in each component."""
        return Colour(*(min(1.0, component * factor) for component in self))

    def saturated(self, factor: float) -> Colour:
        """Return the colour with its distance from grey multiplied."""
        grey = self.luminance
        return Colour(*(min(1.0, max(0.0, grey + (component - grey) * factor)) for component in self))

    def turned(self, degrees: float) -> Colour:
        """Return the colour with its hue turned."""
        hue, lightness, saturation = colorsys.rgb_to_hls(*self)
        return Colour(*colorsys.hls_to_rgb((hue + degrees / 360) % 1, lightness, saturation))


def hexadecimal(code: str) -> Colour:
    """Return the colour of a six-digit code such as ``ff8800``."""
    return Colour(*(int(code[index : index + 2], 16) / 255 for index in (0, 2, 4)))


WHITE = Colour(1, 1, 1)
BLACK = Colour(0, 0, 0)
