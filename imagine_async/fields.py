"""Converters of request fields: each normalises one value, or refuses it by name with a way out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from imagine_async.errors import InvalidRequestError
from imagine_async.field_numbers import END, as_index

if TYPE_CHECKING:
    from imagine_async.inputs import AnySource, ImageInput

__all__ = [
    "encodable",
    "to_aspect_ratio",
    "to_extra",
    "to_image",
    "to_mask",
    "to_optional_aspect_ratio",
    "to_optional_mask",
    "to_optional_prompt",
    "to_prompt",
    "to_seed",
    "to_style",
    "to_video_id",
]


def to_prompt(value: str) -> str:
    """Strip a prompt; refuse an empty one."""
    return _text("prompt", value)


def to_style(value: str) -> str:
    """Strip a style's name; refuse an empty one."""
    return _text("style", value)


def to_aspect_ratio(value: str) -> str:
    """Strip an aspect ratio; refuse an empty one."""
    return _text("aspect_ratio", value)


def to_optional_prompt(value: str | None) -> str | None:
    """Strip a prompt that may be left out; refuse an empty one."""
    return None if value is None else to_prompt(value)


def to_optional_aspect_ratio(value: str | None) -> str | None:
    """Strip an aspect ratio that may be left out; refuse an empty one."""
    return None if value is None else to_aspect_ratio(value)


def to_video_id(value: str) -> str:
    """Strip a video's id; refuse one that is empty or would lead to another path."""
    text = _text("job", value)
    if set(text) <= {"."}:
        raise InvalidRequestError("job", value, "pass the id that the creating call answered with")
    return text


def to_seed(value: int | None) -> int | None:
    """Take a whole number of at least 1, also one of numpy's."""
    if value is None:
        return None
    number = as_index(value)
    if number is None or not 1 <= number < END:
        raise InvalidRequestError(
            "seed", value, "pass a whole number of at least 1 (of 100 digits at most), or None to have one"
        )
    return number


def to_image(value: ImageInput) -> AnySource:
    """Turn a picture into a source."""
    return _source(value, "image")


def to_mask(value: ImageInput) -> AnySource:
    """Turn a mask into a source."""
    return _source(value, "mask")


def to_optional_mask(value: ImageInput | None) -> AnySource | None:
    """Turn a mask that may be left out into a source."""
    return None if value is None else to_mask(value)


def to_extra(value: Mapping[str, str | int | float] | None) -> dict[str, str]:
    """Turn further form fields into wire text."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidRequestError("extra", value, "pass a mapping of field names to texts or numbers")
    return {_extra_name(name): _extra_text(name, item) for name, item in value.items()}


def _source(value: ImageInput, name: str) -> AnySource:
    # Loaded on use: many programs send no pictures.
    from imagine_async.inputs import as_source

    return as_source(value, name)


def _text(name: str, value: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequestError(name, value, "pass a text that is not empty")
    return encodable(name, value.strip())


def encodable(name: str, value: str) -> str:
    """Refuse a text that cannot be sent as UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(name, value, "the text holds a lone surrogate and cannot be sent as UTF-8") from None
    return value


def _extra_name(name: str) -> str:
    if not isinstance(name, str) or not name:
        raise InvalidRequestError("extra", name, "names of fields are texts that are not empty")
    return encodable("extra", name)


def _extra_text(name: str, value: str | int | float) -> str:
    shown = f"extra[{name!r}]"
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidRequestError(shown, value, "pass a text or a number")
    try:
        text = str(value)
    except ValueError:
        raise InvalidRequestError(shown, value, "the number has too many digits") from None
    return encodable(shown, text)
