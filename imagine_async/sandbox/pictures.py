"""Pictures from a stranger's bytes, and bytes from pictures."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO

from PIL import Image

from imagine_async.catalog import GENERATIVE_FILL, RETOUCH, Endpoint
from imagine_async.sandbox.replies import RefusedError

__all__ = ["decode_mask", "decode_picture", "encode", "flattened", "weight"]

# Pillow knows dozens of formats, some of them through other programs; a stranger's bytes meet only these.
_FORMATS = ("JPEG", "PNG", "WEBP")
# The decoder of WebP holds every pixel four times over, the others at most twice.
_WEIGHTS = {"WEBP": 2}


def weight(file: BinaryIO, *, name: str, max_pixels: int) -> int:
    """Tell from its header what an uploaded picture weighs while it is decoded, in pixels.

    Args:
        file: The upload.
        name: The form field, for the message.
        max_pixels: Pixels, width times height, of the largest picture.

    Raises:
        RefusedError: The bytes are no picture, or hold too many pixels.
    """
    return _weight(_open(file, name, max_pixels))


def decode_picture(file: BinaryIO, *, name: str, max_pixels: int) -> Image.Image:
    """Decode an uploaded picture into RGB, or RGBA where it has transparency.

    Args:
        file: The upload, at its beginning.
        name: The form field, for the message.
        max_pixels: Pixels, width times height, of the largest picture; a WebP picture may have half as many.

    Raises:
        RefusedError: The bytes are no picture, are cut, or hold too many pixels.
    """
    picture = _open(file, name, max_pixels)
    return _converted(picture, "RGBA" if picture.has_transparency_data else "RGB", name)


def decode_mask(file: BinaryIO, *, name: str, max_pixels: int) -> Image.Image:
    """Decode an uploaded mask into grey values; white marks what is to change.

    Args:
        file: The upload, at its beginning.
        name: The form field, for the message.
        max_pixels: Pixels, width times height, of the largest picture.

    Raises:
        RefusedError: The bytes are no picture, are cut, or hold too many pixels.
    """
    return _converted(_open(file, name, max_pixels), "L", name)


def _open(file: BinaryIO, name: str, max_pixels: int) -> Image.Image:
    try:
        picture = Image.open(file, formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(name, max_pixels) from None
    except Exception as error:
        raise _no_picture(name) from error
    # Only the header is read so far, so that a small file of enormous size costs nothing.
    if _weight(picture) > max_pixels:
        raise _too_large(name, max_pixels // _WEIGHTS.get(picture.format or "", 1))
    return picture


def _weight(picture: Image.Image) -> int:
    return picture.width * picture.height * _WEIGHTS.get(picture.format or "", 1)


def _converted(picture: Image.Image, mode: str, name: str) -> Image.Image:
    # Pillow's decoders raise whatever comes to hand when the bytes are bad: SyntaxError, struct.error, EOFError ...
    try:
        picture.load()
        return _as(picture, mode)
    except Exception as error:
        # The traceback would keep the pixels that there are.
        picture.close()
        raise _no_picture(name) from error


def _no_picture(name: str) -> RefusedError:
    return RefusedError(1100, f"The {name} is not a whole JPEG, PNG or WebP picture.")


def _too_large(name: str, max_pixels: int) -> RefusedError:
    return RefusedError(1100, f"The {name} has more than {max_pixels} pixels.")


def encode(picture: Image.Image, endpoint: Endpoint) -> bytes:
    """Code a result in the endpoint's format; equal pictures give equal bytes.

    Args:
        picture: The picture.
        endpoint: The endpoint that was called.
    """
    target = BytesIO()
    if endpoint.reply == "png":
        picture.save(target, "PNG", compress_level=1)
    elif endpoint in (GENERATIVE_FILL, RETOUCH):
        # What lies outside the mask is the client's own picture: JPEG cannot return it exactly, but nearly.
        flattened(picture).save(target, "JPEG", quality=95, subsampling="4:4:4")
    else:
        flattened(picture).save(target, "JPEG", quality=88)
    return target.getvalue()


def flattened(picture: Image.Image) -> Image.Image:
    """Return a picture in RGB, on white where it is transparent; itself where it is so already.

    Args:
        picture: The picture, in any mode.
    """
    if not picture.has_transparency_data:
        return _as(picture, "RGB")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, _as(picture, "RGBA")).convert("RGB")


def _as(picture: Image.Image, mode: str) -> Image.Image:
    # Pillow would make a copy of one that has the mode already.
    return picture if picture.mode == mode else picture.convert(mode)
