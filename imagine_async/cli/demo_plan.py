"""What the demo makes: paintings, and edits of them. Seeds are fixed, so that it makes the same pictures each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO

from attrs import frozen

from imagine_async.requests import (
    AiBackground,
    AiResize,
    GenerativeFill,
    ImageRequest,
    RemoveBackground,
    Retouch,
    TextToImage,
    TextToPng,
    Upscale,
)
from imagine_async.results import Image

__all__ = ["BY_HAND", "FROM_PLAIN_CODE", "ROUNDS", "TOTAL", "Order", "elliptical_mask"]

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of a picture's width and height."""

_SKY: Box = (0.60, 0.06, 0.80, 0.44)


@frozen(kw_only=True)
class Order:
    """A picture to make.

    Args:
        name: Its file's name, without the suffix.
        request: What to send.
        before: The name of the picture that is edited; `None` for paintings.
        mask: The mask that is sent; `None` where none is.
    """

    name: str
    request: ImageRequest
    before: str | None = None
    mask: bytes | None = None


def _painting(name: str, prompt: str, style: str, aspect_ratio: str, seed: int) -> Order:
    return Order(name=name, request=TextToImage(prompt=prompt, style=style, aspect_ratio=aspect_ratio, seed=seed))


BY_HAND = _painting("lighthouse", "a lighthouse by the sea at sunset", "realistic", "16:9", 7)
"""The picture of one awaited call."""

FROM_PLAIN_CODE = _painting("blossoms", "pink blossom trees by a river in spring", "anime", "16:9", 27)
"""The picture that the sync facade makes."""


def _paintings(_made: Mapping[str, Image]) -> list[Order]:
    return [
        _painting("fox", "a red fox in a snowy forest at dawn", "realistic", "3:2", 11),
        _painting("balloons", "three hot air balloons over a meadow at sunrise", "imagine-turbo", "4:3", 12),
        _painting("robot", "a robot in a city at night", "anime", "3:4", 13),
        _painting("lake", "a calm lake on a clear morning", "flux-dev", "16:9", 14),
        _painting("whale", "a blue whale underwater", "flux-schnell", "3:2", 15),
        _painting("astronaut", "an astronaut before a planet in outer space", "sdxl-1.0", "1:1", 16),
        _painting("castle", "a castle on a foggy hill in autumn", "realistic", "3:4", 17),
        _painting("cactus", "a cactus in the desert at golden hour", "flux-dev-fast", "4:3", 18),
        _painting("sailboat", "a white sailboat on the sea at sunset", "imagine-turbo", "1:1", 19),
        _painting("owl", "an owl in a forest on a moonlit night", "anime", "1:1", 20),
        _painting("village", "cottages in a snowy village at night", "flux-dev", "16:9", 21),
        _painting("ship", "a pirate ship in a thunderstorm", "realistic", "16:9", 24),
        _painting("mug", "an orange coffee mug on a white background", "realistic", "1:1", 31),
        Order(name="sneaker", request=TextToPng(prompt="a red sneaker", seed=32)),
    ]


def _edits(made: Mapping[str, Image]) -> list[Order]:
    lake = made["lake"]
    sky = elliptical_mask((lake.width, lake.height), _SKY)
    fill = GenerativeFill(image=lake, mask=sky, prompt="a red hot air balloon")
    extended = AiResize(image=made["sailboat"], extra={"aspect_ratio": "16:9"})
    beach = AiBackground(image=made["sneaker"], prompt="a beach at sunset", seed=33)
    return [
        Order(name="mug-cut-out", request=RemoveBackground(image=made["mug"]), before="mug"),
        Order(name="sneaker-at-the-beach", request=beach, before="sneaker"),
        Order(name="sailboat-extended", request=extended, before="sailboat"),
        Order(name="owl-upscaled", request=Upscale(image=made["owl"]), before="owl"),
        Order(name="lake-with-balloon", request=fill, before="lake", mask=sky),
    ]


def _edits_of_edits(made: Mapping[str, Image]) -> list[Order]:
    filled = made["lake-with-balloon"]
    sky = elliptical_mask((filled.width, filled.height), _SKY)
    return [
        Order(
            name="lake-without-balloon",
            request=Retouch(image=filled, mask=sky),
            before="lake-with-balloon",
            mask=sky,
        ),
    ]


ROUNDS: tuple[Callable[[Mapping[str, Image]], list[Order]], ...] = (_paintings, _edits, _edits_of_edits)
"""What is made at once, round by round: each takes the pictures that are there, by name."""

TOTAL = 22
"""Pictures in all."""


def elliptical_mask(size: tuple[int, int], box: Box) -> bytes:
    """Draw a mask: a white ellipse on black.

    Args:
        size: Pixels, width and height.
        box: Where the ellipse lies.

    Returns:
        A PNG.
    """
    import PIL.Image
    import PIL.ImageDraw

    width, height = size
    left, top, right, bottom = box
    mask = PIL.Image.new("L", size)
    PIL.ImageDraw.Draw(mask).ellipse((left * width, top * height, right * width, bottom * height), fill="white")
    target = BytesIO()
    mask.save(target, "PNG")
    return target.getvalue()
