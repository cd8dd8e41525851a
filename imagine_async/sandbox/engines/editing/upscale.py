"""Enlarging: Lanczos, then iterative back-projection, then a mild sharpening."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter

_ROUNDS = 2


def upscale(image: Image.Image) -> Image.Image:
    """Return an image at twice its width and height; see :meth:`Engine.upscale`."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return _upscale_cut_out(image.convert("RGBA"))
    return _upscale_opaque(image.convert("RGB"))


def _upscale_cut_out(image: Image.Image) -> Image.Image:
    double = (image.width * 2, image.height * 2)
    enlarged = _upscale_opaque(image.convert("RGB"))
    enlarged.putalpha(image.getchannel("A").resize(double, Image.Resampling.BICUBIC))
    return enlarged


def _upscale_opaque(image: Image.Image) -> Image.Image:
    double = (image.width * 2, image.height * 2)
    enlarged = image.resize(double, Image.Resampling.LANCZOS)
    for _ in range(_ROUNDS):
        enlarged = _back_project(enlarged, image)
    return enlarged.filter(ImageFilter.UnsharpMask(radius=1.2, percent=35, threshold=2))


def _back_project(enlarged: Image.Image, original: Image.Image) -> Image.Image:
    """Add what the original has and the enlarged picture, when reduced again, has lost."""
    reduced = enlarged.resize(original.size, Image.Resampling.BOX)
    missing = ImageChops.subtract(original, reduced).resize(enlarged.size, Image.Resampling.BICUBIC)
    excess = ImageChops.subtract(reduced, original).resize(enlarged.size, Image.Resampling.BICUBIC)
    return ImageChops.subtract(ImageChops.add(enlarged, missing), excess)
