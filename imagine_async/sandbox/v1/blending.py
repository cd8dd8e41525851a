"""Two pictures made into one: likenesses for the calls of v1 that start from a picture.

Pictures laid over each other show ghosts, so one of the two gives the shapes, and the other one colours or lines.
"""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter, ImageStat

__all__ = ["draw_edges", "recolour", "vary"]

_PALETTE_BLUR = 0.06


def vary(source: Image.Image, painted: Image.Image, amount: float) -> Image.Image:
    """Lead a picture towards another one: its colours first, and from the middle on its shapes.

    Args:
        source: The picture to vary; RGB.
        painted: Where to; RGB of the same size.
        amount: How far, from 0, the source, to 1, the other picture.
    """
    if amount <= 0.5:
        return Image.blend(source, _toned(source, painted), amount)
    return Image.blend(_toned(painted, source), painted, 2 * amount - 1)


def recolour(source: Image.Image, painted: Image.Image, amount: float) -> Image.Image:
    """Lay the colours of a picture, without its shapes, over another one.

    Args:
        source: Whose shapes are kept; RGB.
        painted: Whose colours are laid over; RGB of the same size.
        amount: How strongly, from 0 to 1.
    """
    blur = ImageFilter.GaussianBlur(_PALETTE_BLUR * max(painted.size))
    light, *_ = source.convert("YCbCr").split()
    painted_light, *colours = painted.convert("YCbCr").split()
    bands = [_matched(light, painted_light), *(colour.filter(blur) for colour in colours)]
    return Image.blend(source, Image.merge("YCbCr", bands).convert("RGB"), amount)


def draw_edges(source: Image.Image, painted: Image.Image, amount: float) -> Image.Image:
    """Draw the edges of a picture over another one as dark lines.

    Args:
        source: Whose edges are drawn; RGB.
        painted: What they are drawn on; RGB of the same size.
        amount: How dark the lines are, from 0 to 1.
    """
    lines = ImageChops.invert(source.convert("L").filter(ImageFilter.FIND_EDGES)).convert("RGB")
    return Image.blend(painted, ImageChops.multiply(painted, lines), amount)


def _toned(picture: Image.Image, model: Image.Image) -> Image.Image:
    """Give a picture the colours of another one, on the whole."""
    pairs = zip(picture.split(), model.split(), strict=True)
    return Image.merge("RGB", [_matched(channel, wanted) for channel, wanted in pairs])


def _matched(channel: Image.Image, model: Image.Image) -> Image.Image:
    """Give a channel the mean and the spread of another one."""
    own, wanted = ImageStat.Stat(channel), ImageStat.Stat(model)
    gain = wanted.stddev[0] / max(own.stddev[0], 1.0)
    levels = ((level - own.mean[0]) * gain + wanted.mean[0] for level in range(256))
    return channel.point([min(255, max(0, round(level))) for level in levels])
