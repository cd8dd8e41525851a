"""What the sandbox needs and nobody published."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from imagine_async.catalog.images import PRICES

__all__ = ["Invented"]


class Invented:
    """What the sandbox needs and nobody published. Never the vendor's word."""

    SIZES: Mapping[str, tuple[int, int]] = MappingProxyType(
        {
            "1:1": (1024, 1024),
            "3:2": (1216, 832),
            "4:3": (1152, 896),
            "3:4": (896, 1152),
            "16:9": (1344, 768),
            "9:16": (768, 1344),
        }
    )
    """Pixels, width x height, of a sandbox picture by aspect ratio."""

    PRICES: Mapping[str, int] = MappingProxyType(
        {
            **PRICES,
            "text_to_image": 5,
            "text_to_png": 5,
            "remove_background": 2,
            "upscale": 4,
            "generative_fill": 5,
            "ai_resize": 5,
            "retouch": 4,
            "ai_background": 5,
            "text_to_video": 50,
            "image_to_video": 50,
            "v1.generations": 5,
            "v1.variations": 5,
            "v1.remix": 5,
            "v1.inpaint": 5,
            "v1.upscale": 4,
            "v1.guided": 5,
        }
    )
    """What the sandbox charges: the documented prices, and made-up ones for the rest, by endpoint."""
