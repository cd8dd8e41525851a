"""Pictures that are pixels rather than a file, PIL images and arrays: encoded as PNG, which loses nothing."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeGuard

from imagine_async.errors import InvalidRequestError, MissingExtraError
from imagine_async.inputs.files import from_bytes
from imagine_async.inputs.sources import BytesSource

if TYPE_CHECKING:
    import numpy.typing
    import PIL.Image

__all__ = ["from_array", "from_pil", "is_pil_image"]

_KEPT_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
_CONVERTED_MODES = ("CMYK", "YCbCr", "HSV", "LAB")
_CHANNELS = (1, 3, 4)
# The file lives for one upload; the default level takes more than twice as long and saves about a tenth of it.
_COMPRESS_LEVEL = 1


def is_pil_image(value: object) -> TypeGuard[PIL.Image.Image]:
    """Tell whether this is an image of Pillow's, without importing Pillow: who has one has imported it."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def from_pil(image: PIL.Image.Image, name: str) -> BytesSource:
    """Encode an image of Pillow's as it is now; later changes of it are not sent.

    Its pixels are sent as they lie in memory. An orientation in its EXIF data is neither applied nor sent: where there
    may be one, pass `PIL.ImageOps.exif_transpose(image)`. Of an animation the present frame is sent.

    Args:
        image: An image in mode 1, L, LA, P, RGB, RGBA or I;16, which is kept, or in CMYK, YCbCr, HSV or LAB, which
            becomes RGB.
        name: The field that it is for.

    Returns:
        A PNG.

    Raises:
        InvalidRequestError: It has no pixels, another mode, or its file cannot be decoded.
    """
    if image.mode not in (*_KEPT_MODES, *_CONVERTED_MODES):
        raise InvalidRequestError(
            name, image, f"an image of mode {image.mode} fits no PNG; convert it first: image.convert('RGB')"
        )
    if 0 in image.size:
        raise InvalidRequestError(name, image, "the image has no pixels")
    try:
        content = _png(image if image.mode in _KEPT_MODES else _as_rgb(image))
    except Exception as problem:
        # An image that is not loaded yet is decoded only now, and decoders raise many things.
        raise InvalidRequestError(name, image, f"the image cannot be encoded: {problem}") from problem
    return from_bytes(content, name)


def from_array(value: Any, name: str) -> BytesSource:
    """Encode an array of pixels as it is now; later changes of it are not sent.

    Args:
        value: A numpy array, or anything that numpy makes one of: height x width for greys, or height x width x
            channels with 1 (greys), 3 (RGB) or 4 (RGBA) channels; of dtype uint8, or bool for a mask, where true is
            white.
        name: The field that it is for.

    Returns:
        A PNG.

    Raises:
        InvalidRequestError: It is empty, or has another shape or dtype.
        MissingExtraError: numpy or Pillow is not installed.
    """
    try:
        import numpy
        import PIL.Image
    except ImportError:
        raise MissingExtraError("an array as a picture", "numpy") from None
    try:
        array = numpy.asarray(value)
    except Exception as problem:
        raise InvalidRequestError(name, value, f"numpy makes no array of it: {problem}") from problem
    _check_array(array, name)
    pixels = array.astype(numpy.uint8) * 255 if array.dtype == bool else array
    flat = pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    return from_pil(PIL.Image.fromarray(numpy.ascontiguousarray(flat)), name)


def _png(image: PIL.Image.Image) -> bytes:
    stream = BytesIO()
    image.save(stream, "PNG", compress_level=_COMPRESS_LEVEL)
    return stream.getvalue()


def _as_rgb(image: PIL.Image.Image) -> PIL.Image.Image:
    converted = image.convert("RGB")
    # It describes the colours from before the conversion.
    converted.info.pop("icc_profile", None)
    return converted


def _check_array(array: numpy.typing.NDArray[Any], name: str) -> None:
    problem = _shape_problem(array.shape) or _dtype_problem(str(array.dtype))
    if problem:
        raise InvalidRequestError(name, _Shown(array), problem)


def _shape_problem(shape: tuple[int, ...]) -> str | None:
    if 0 in shape:
        return "the array is empty"
    if len(shape) == 2 or (len(shape) == 3 and shape[2] in _CHANNELS):
        return None
    if len(shape) == 3 and shape[0] in _CHANNELS:
        return "channels come last, as height x width x channels: pass array.transpose(1, 2, 0)"
    if len(shape) == 4 and shape[0] == 1:
        return "this is a batch of one: pass array[0]"
    return "pass an array of height x width, or of height x width x 1, 3 or 4 channels"


def _dtype_problem(dtype: str) -> str | None:
    if dtype in ("uint8", "bool"):
        return None
    if dtype.startswith("float"):
        return "pass dtype uint8; for values from 0 to 1: (array * 255).clip(0, 255).round().astype('uint8')"
    return "pass dtype uint8; for values from 0 to 255: array.astype('uint8')"


class _Shown:
    """An array in an error: its shape and dtype rather than its numbers."""

    def __init__(self, array: numpy.typing.NDArray[Any]) -> None:
        self._text = f"<array of shape {array.shape}, dtype {array.dtype}>"

    def __repr__(self) -> str:
        return self._text
