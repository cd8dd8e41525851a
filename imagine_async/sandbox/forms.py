"""From a multipart form to an order that the engine can paint, checked against the catalog's endpoint."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import BinaryIO

from attrs import frozen
from PIL import Image
from starlette.datastructures import FormData, UploadFile

from imagine_async.catalog import Endpoint, FormField
from imagine_async.sandbox.pictures import decode_mask, decode_picture
from imagine_async.sandbox.replies import RefusedError
from imagine_async.sandbox.resizing import RESIZE_WITH_SIZE, resized
from imagine_async.sandbox.settings import SandboxSettings

__all__ = ["Order", "Texts", "check_texts", "decode_order"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,100}")


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
        """The style, where the endpoint has styles."""
        return self.values.get("style")

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
        _check(field, part)
    defaults = {field.name: field.default for field in endpoint.fields if field.default is not None}
    texts = {field.name: part for field, part in parts.items() if isinstance(part, str)}
    files = {field.name: part.file for field, part in parts.items() if isinstance(part, UploadFile)}
    return Texts(endpoint, defaults | texts, files, _seed(texts, any_seed=any_seed))


def decode_order(texts: Texts, settings: SandboxSettings) -> Order:
    """Decode a form's files; slow, and therefore work for a thread.

    Args:
        texts: The form.
        settings: How many pixels are too many, and how large results are.

    Raises:
        RefusedError: A file is no picture, the mask of an edit has another size than the picture, or the result would
            have too many pixels.
    """
    pictures = {name: _decode(name, file, settings.max_pixels) for name, file in texts.files.items()}
    mask = texts.endpoint.field("mask")
    if mask is not None and mask.required and pictures["image"].size != pictures["mask"].size:
        raise RefusedError(1100, "The mask must have the same width and height as the image.")
    return Order(texts, pictures, _size(texts, pictures, settings))


def _size(texts: Texts, pictures: Mapping[str, Image.Image], settings: SandboxSettings) -> tuple[int, int]:
    if "image" not in pictures:
        return settings.size(texts.values["aspect_ratio"])
    size = pictures["image"].size
    if texts.endpoint.name == RESIZE_WITH_SIZE.name:
        return resized(size, texts.values, max_pixels=settings.max_pixels)
    return size


def _decode(name: str, file: BinaryIO, max_pixels: int) -> Image.Image:
    decode = decode_mask if name == "mask" else decode_picture
    return decode(file, name=name, max_pixels=max_pixels)


def _check(field: FormField, part: UploadFile | str | None) -> None:
    if isinstance(part, UploadFile):
        _check_kind(field, "file")
    elif part and part.strip():
        _check_text(field, part)
    elif field.required:
        raise RefusedError(1103, f"No {field.name} was provided.")
    elif part is not None and (field.kind != "text" or field.allowed):
        raise RefusedError(1100, f"The {field.name} is empty.")


def _check_text(field: FormField, value: str) -> None:
    _check_kind(field, "text")
    if field.kind == "integer" and not _INTEGER.fullmatch(value):
        raise RefusedError(1100, f"The {field.name} must be an integer.")
    if field.allowed and value not in field.allowed:
        raise RefusedError(1100, f"The {field.name} must be one of {', '.join(field.allowed)}.")


def _check_kind(field: FormField, kind: str) -> None:
    if (field.kind == "file") != (kind == "file"):
        raise RefusedError(
            1100, f"The {field.name} must be {'a file' if field.kind == 'file' else 'text, not a file'}."
        )


def _seed(values: Mapping[str, str], *, any_seed: bool) -> int:
    if "seed" not in values:
        return 1 + secrets.randbelow(2**31 - 1)
    seed = int(values["seed"])
    if seed < 1 and not any_seed:
        raise RefusedError(1100, "The seed must be 1 or more.")
    return seed
