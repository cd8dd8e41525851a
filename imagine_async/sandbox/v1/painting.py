"""Which of the engine's methods serves which endpoint of v1.

The engine knows the calls of v2 only, so the others are put together here. What `strength`, `generation_bias` and
`control` do is a plausible reading of their names; `cfg`, `steps` and negative prompts change nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from imagine_async.catalog import Style, V1Control, V1Style
from imagine_async.sandbox.forms import Order
from imagine_async.sandbox.pictures import flattened
from imagine_async.sandbox.v1.blending import draw_edges, recolour, vary

if TYPE_CHECKING:
    from imagine_async.sandbox.engines import Engine

__all__ = ["V1_PAINTERS"]

_HIGH_RESOLUTION = 1.5
# The bias goes up to 1.2, where something of the picture is still to be seen.
_ALTERED_BY_BIAS = 0.65
_DRAWN = frozenset({V1Control.SCRIBBLE, V1Control.CANNY, V1Control.LINEART})
_ANIME = (V1Style.ANIME, V1Style.ABYSS_ORANGE_MIX, V1Style.TOON_YOU, V1Style.MEINA_MIX)
_REALISTIC = (
    V1Style.REALISTIC,
    V1Style.REALISTIC_VISION,
    V1Style.EPIC_REALISM,
    V1Style.XX_MIX_9_REALISTIC,
    V1Style.ABSOLUTE_REALITY_V1_6,
)
_STYLES: Mapping[str, Style] = MappingProxyType(
    {str(int(number)): Style.ANIME for number in _ANIME} | {str(int(number)): Style.REALISTIC for number in _REALISTIC}
)


def _generations(engine: Engine, order: Order) -> Image.Image:
    scale = _HIGH_RESOLUTION if order.texts.values["high_res_results"] == "1" else 1
    width, height = order.size
    return _painted(engine, order, (round(width * scale), round(height * scale)), order.texts.seed)


def _variations(engine: Engine, order: Order) -> Image.Image:
    return vary(*_both(engine, order), float(order.texts.values["strength"]))


def _guided(engine: Engine, order: Order) -> Image.Image:
    return vary(*_both(engine, order), _ALTERED_BY_BIAS * float(order.texts.values["generation_bias"]))


def _remix(engine: Engine, order: Order) -> Image.Image:
    blend = draw_edges if order.texts.values["control"] in _DRAWN else recolour
    return blend(*_both(engine, order), 0.5 + int(order.texts.values["strength"]) / 200)


def _inpaint(engine: Engine, order: Order) -> Image.Image:
    return engine.generative_fill(order.pictures["image"], order.pictures["mask"], order.texts.values["prompt"])


def _upscale(engine: Engine, order: Order) -> Image.Image:
    return engine.upscale(order.pictures["image"])


def _both(engine: Engine, order: Order) -> tuple[Image.Image, Image.Image]:
    """Return the caller's picture and a painted one, of the same size; another picture makes another painting."""
    source = ImageOps.fit(flattened(order.pictures["image"]), order.size)
    return source, _painted(engine, order, order.size, order.texts.seed + zlib.crc32(source.tobytes()))


def _painted(engine: Engine, order: Order, size: tuple[int, int], seed: int) -> Image.Image:
    style = _STYLES.get(order.texts.style or "", Style.IMAGINE_TURBO)
    return engine.text_to_image(order.texts.values["prompt"], style=style, size=size, seed=seed)


V1_PAINTERS: Mapping[str, Callable[[Engine, Order], Image.Image]] = MappingProxyType(
    {
        "v1.generations": _generations,
        "v1.variations": _variations,
        "v1.remix": _remix,
        "v1.inpaint": _inpaint,
        "v1.upscale": _upscale,
        "v1.guided": _guided,
    }
)
"""The work by the endpoint's name."""
