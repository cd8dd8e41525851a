"""From a form as it came to an order for the engine, or to a refusal that names the part that is wrong.

Text is checked before credits are looked at, pictures are decoded in a thread; both against the catalog's endpoint.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from io import SEEK_END
from typing import BinaryIO, TypeVar

from attrs import frozen
from PIL import Image
from starlette.datastructures import FormData, UploadFile

from imagine_async.catalog import UPSCALE, V1_UPSCALE, Endpoint
from imagine_async.sandbox.field_checks import check_part
from imagine_async.sandbox.pictures import decode_mask, decode_picture, weight
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE, resized
from imagine_async.sandbox.room import PixelRoom
from imagine_async.sandbox.settings import SandboxSettings
from imagine_async.sandbox.v1.rules import check_v1

__all__ = ["UPSCALES", "Order", "Texts", "check_files", "check_texts", "decode_files", "decode_order"]

T = TypeVar("T")

UPSCALES = frozenset({UPSCALE.name, V1_UPSCALE.name})
"""The endpoints that double the sides of a picture."""


@frozen
class Texts:
    """A form whose text is checked and whose files are not decoded yet.

    Args:
        endpoint: The endpoint called.
        values: The known text parts, defaults filled in.
        files: The known file parts.
        seed: The seed asked for, or one drawn at random.
    """

    endpoint: Endpoint
    values: Mapping[str, str]
    files: Mapping[str, BinaryIO]
    seed: int

    @property
    def style(self) -> str | None:
        """The style, or in v1 its number, where the endpoint has styles and one was named."""
        number = self.values.get("style_id")
        return self.values.get("style") if number is None else str(int(number))

    @property
    def line(self) -> str:
        """The line of the books that the call goes to: `endpoint` or `endpoint/style`."""
        return self.endpoint.name if self.style is None else f"{self.endpoint.name}/{self.style}"


@frozen
class Order:
    """Everything the engine needs for one call.

    Args:
        texts: The form's text.
        pictures: The form's pictures and masks by field name, decoded.
        size: Pixels of the result, width and height, where the endpoint lets its caller choose them.
    """

    texts: Texts
    pictures: Mapping[str, Image.Image]
    size: tuple[int, int]


def check_texts(endpoint: Endpoint, form: FormData, *, any_seed: bool) -> Texts:
    """Check everything about a form but the contents of its files.

    Args:
        endpoint: The endpoint called; parts it does not know are ignored.
        form: The form as it came.
        any_seed: Whether seeds of zero or less are let through.

    Raises:
        RefusedError: A part is missing or has a value that the endpoint does not take.
    """
    parts = {field: form.get(field.name) for field in endpoint.fields}
    for field, part in parts.items():
        check_part(field, part)
    defaults = {field.name: field.default for field in endpoint.fields if field.default is not None}
    values = defaults | {field.name: part for field, part in parts.items() if isinstance(part, str)}
    files = {field.name: part.file for field, part in parts.items() if isinstance(part, UploadFile)}
    check_v1(endpoint, values)
    return Texts(endpoint, values, files, _seed(values, any_seed=any_seed))


def check_files(texts: Texts, settings: SandboxSettings, room: PixelRoom) -> None:
    """Check a form's files, of which none is kept; slow, and therefore work for a thread.

    Args:
        texts: The form.
        settings: How many pixels are too many, and how large results are.
        room: Where pixels may lie.

    Raises:
        RefusedError: A file is no picture, the mask of an edit has another size than the picture, or the result would
            have too many pixels.
    """
    _size(texts, {name: _checked(name, file, settings, room) for name, file in texts.files.items()}, settings)


def decode_order(texts: Texts, settings: SandboxSettings, room: PixelRoom, work: Callable[[Order], T]) -> T:
    """Decode a form's files, and do some work with them while there is room; slow as well.

    Args:
        texts: The form.
        settings: How many pixels are too many, and how large results are.
        room: Where pixels may lie.
        work: What to do. It keeps no picture.

    Returns:
        What the work returned.

    Raises:
        RefusedError: As `check_files` does.
    """
    return decode_files(texts, settings, room, lambda pictures: work(_order(texts, pictures, settings)))


def decode_files(
    texts: Texts, settings: SandboxSettings, room: PixelRoom, work: Callable[[Mapping[str, Image.Image]], T]
) -> T:
    """Decode a form's files and nothing more, and do some work with them while there is room; slow as well.

    Args:
        texts: The form.
        settings: How many bytes and pixels are too many.
        room: Where pixels may lie.
        work: What to do. It keeps no picture.

    Returns:
        What the work returned.

    Raises:
        RefusedError: A file is too large or no picture.
    """
    most = settings.max_pixels
    needed = sum(weight(file, name=name, max_pixels=most) for name, file in texts.files.items())
    with room.take(needed):
        # In no variable, which would outlive the room.
        return work({name: _decode(name, file, settings) for name, file in texts.files.items()})


def _order(texts: Texts, pictures: Mapping[str, Image.Image], settings: SandboxSettings) -> Order:
    return Order(texts, pictures, _size(texts, {name: picture.size for name, picture in pictures.items()}, settings))


def _checked(name: str, file: BinaryIO, settings: SandboxSettings, room: PixelRoom) -> tuple[int, int]:
    """Decode a file, and return its width and height."""
    with room.take(weight(file, name=name, max_pixels=settings.max_pixels)):
        return _decode(name, file, settings).size


def _size(texts: Texts, sizes: Mapping[str, tuple[int, int]], settings: SandboxSettings) -> tuple[int, int]:
    """Choose the size of the result from those of the files."""
    mask = texts.endpoint.field("mask")
    if mask is not None and mask.required and sizes["image"] != sizes["mask"]:
        raise RefusedError(1100, "The mask must have the same width and height as the image.")
    if texts.endpoint.name in UPSCALES:
        return _upscaled(sizes["image"], settings.max_pixels)
    if texts.endpoint.name == RESIZE_WITH_SIZE.name:
        return resized(sizes["image"], texts.values, max_pixels=settings.max_pixels)
    if "aspect_ratio" in texts.values:
        return settings.size(texts.values["aspect_ratio"])
    return sizes["image"]


def _upscaled(size: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    width, height = 2 * size[0], 2 * size[1]
    if width * height > max_pixels:
        raise RefusedError(1100, f"The upscaled picture would have more than {max_pixels} pixels.")
    return width, height


def _decode(name: str, file: BinaryIO, settings: SandboxSettings) -> Image.Image:
    if settings.max_file_bytes is not None and file.seek(0, SEEK_END) > settings.max_file_bytes:
        raise RefusedError(1100, f"The {name} is larger than {settings.max_file_bytes} bytes.")
    file.seek(0)
    decode = decode_mask if name == "mask" else decode_picture
    return decode(file, name=name, max_pixels=settings.max_pixels)


def _seed(values: Mapping[str, str], *, any_seed: bool) -> int:
    if "seed" not in values:
        return 1 + secrets.randbelow(2**31 - 1)
    seed = int(values["seed"])
    if seed < 1 and not any_seed:
        raise RefusedError(1100, "The seed must be 1 or more.")
    return seed
