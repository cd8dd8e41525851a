"""Pictures as a row names them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imagine_async.errors import InvalidRequestError
from imagine_async.field_numbers import wire_text
from imagine_async.fields import encodable
from imagine_async.inputs import AnySource, RowOutput, UrlSource, as_source
from imagine_async.inputs.hints import hint_for, without_secrets
from imagine_async.serialization import picture_from_dict

__all__ = ["to_picture"]

_ROW = "row:"
_NO_FILES = ("http://", "https://", "data:")


def to_picture(name: str, value: Any, *, folder: Path | None, is_flat: bool) -> AnySource:
    """Turn what a row names as a picture into a source. Looks into files, and blocks while it does.

    Args:
        name: The field that it is for.
        value: A text (a path, a URL or a data URI), a mapping with `path`, `url`, `base64` or `row`, or anything that
            a request takes as a picture.
        folder: What a path is relative to; `None` for the working directory.
        is_flat: Whether a text `row:ID` is the picture of another row, as where cells hold no mappings.

    Returns:
        The source.

    Raises:
        InvalidRequestError: It cannot be read, or is no picture.
    """
    match value:
        case str():
            return _from_text(name, value, folder, is_flat)
        case {"path": str(text), **others} if not others:
            return _from_path(name, text, folder)
        case {"url": str(url), **others} if not others:
            return UrlSource(url, name)
        case {"row": (str() | int()) as row, **others} if not others and not isinstance(row, bool):
            return RowOutput(encodable(name, wire_text(row)), name)
        case Mapping():
            return as_source(picture_from_dict(name, value), name)
    source: AnySource = as_source(value, name)
    return source


def _from_text(name: str, text: str, folder: Path | None, is_flat: bool) -> AnySource:
    if is_flat and text.startswith(_ROW):
        return RowOutput(encodable(name, text.removeprefix(_ROW).strip()), name)
    if text[:64].lstrip().lower().startswith(_NO_FILES):
        return as_source(text, name)
    return _from_path(name, text, folder)


def _from_path(name: str, text: str, folder: Path | None) -> AnySource:
    if folder is None or not text:
        return as_source(Path(text) if text else text, name)
    try:
        return as_source(folder / text, name)
    except InvalidRequestError as error:
        # Shown as the row has it, because the hint fits that, and a text that is no path may hold a password.
        where = "" if Path(text).is_absolute() else f" (paths are relative to {folder})"
        raise InvalidRequestError(name, without_secrets(text), f"{error.advice}{where}{hint_for(text)}") from error
