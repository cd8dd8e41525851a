"""From an order to the bytes of a picture: which of the engine's methods serves which endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from PIL import Image

from imagine_async.sandbox.forms import Order
from imagine_async.sandbox.pictures import encode
from imagine_async.sandbox.v1.painting import V1_PAINTERS

if TYPE_CHECKING:
    from imagine_async.sandbox.engines import Engine

__all__ = ["PAINTERS", "paint"]


def paint(engine: Engine, order: Order) -> bytes:
    """Paint an order and code the result. Takes long, and blocks.

    Args:
        engine: What paints.
        order: What to paint.
    """
    return encode(PAINTERS[order.texts.endpoint.name](engine, order), order.texts.endpoint)


def _text_to_image(engine: Engine, order: Order) -> Image.Image:
    values = order.texts.values
    return engine.text_to_image(values["prompt"], style=values["style"], size=order.size, seed=order.texts.seed)


def _text_to_png(engine: Engine, order: Order) -> Image.Image:
    return engine.text_to_png(order.texts.values["prompt"], size=order.size, seed=order.texts.seed)


def _remove_background(engine: Engine, order: Order) -> Image.Image:
    return engine.remove_background(order.pictures["image"])


def _upscale(engine: Engine, order: Order) -> Image.Image:
    return engine.upscale(order.pictures["image"])


def _generative_fill(engine: Engine, order: Order) -> Image.Image:
    return engine.generative_fill(order.pictures["image"], order.pictures["mask"], order.texts.values["prompt"])


def _ai_resize(engine: Engine, order: Order) -> Image.Image:
    return engine.ai_resize(order.pictures["image"], size=order.size, prompt=order.texts.values.get("prompt", ""))


def _retouch(engine: Engine, order: Order) -> Image.Image:
    return engine.retouch(order.pictures["image"], order.pictures["mask"])


def _ai_background(engine: Engine, order: Order) -> Image.Image:
    return engine.ai_background(order.pictures["image"], order.texts.values["prompt"], seed=order.texts.seed)


PAINTERS: Mapping[str, Callable[[Engine, Order], Image.Image]] = MappingProxyType(
    {
        "text_to_image": _text_to_image,
        "text_to_png": _text_to_png,
        "remove_background": _remove_background,
        "upscale": _upscale,
        "generative_fill": _generative_fill,
        "ai_resize": _ai_resize,
        "retouch": _retouch,
        "ai_background": _ai_background,
        **V1_PAINTERS,
    }
)
"""The engine's work by the endpoint's name."""
