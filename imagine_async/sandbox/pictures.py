"""Pictures from a stranger's bytes, and bytes from pictures."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO

from PIL import Image

from imagine_async.catalog import GENERATIVE_FILL, RETOUCH, Endpoint
from imagine_async.sandbox.replies import RefusedError

__all__ = ["decode_mask", "decode_picture", "encode", "flattened"]

# Pillow knows dozens of formats, some of them through other programs; a stranger's bytes meet only these.
_FORMATS = ("JPEG", "PNG", "WEBP")


def decode_picture(file: BinaryIO, *, name: str, max_pixels: int) -> Image.Image:
    """Decode an uploaded picture into RGB, or RGBA where it has transparency.

    Args:
        file: The upload, at its beginning.
        name: The form field, for the message.
        max_pixels: Pixels, width times height, of the largest picture.

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
    if picture.width * picture.height > max_pixels:
        raise _too_large(name, max_pixels)
    return picture


def _converted(picture: Image.Image, mode: str, name: str) -> Image.Image:
    # Pillow's decoders raise whatever comes to hand when the bytes are bad: SyntaxError, struct.error, EOFError ...
    try:
        return picture.convert(mode)
    except Exception as error:
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
    """Return a picture in RGB, on white where it is transparent.

    Args:
        picture: The picture, in any mode.
    """
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")
