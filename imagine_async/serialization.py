"""Requests as plain data for JSON, and back: to queue them, to keep them, to send them from another process.

Pictures in a file travel by path, those behind a URL by URL, all others as base64. The key is never among the data.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Container, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_origin

import attrs
from cattrs import Converter

from imagine_async.catalog import Dialect
from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import BytesSource, FileSource, PathSource, RowOutput, SpoolSource, StreamSource, UrlSource
from imagine_async.requests import (
    AiBackground,
    AiResize,
    GenerativeFill,
    ImageToVideo,
    RemoveBackground,
    Request,
    Retouch,
    TextToImage,
    TextToPng,
    TextToVideo,
    Upscale,
)
from imagine_async.requests_v1 import V1Generations, V1Guided, V1Inpaint, V1Remix, V1Upscale, V1Variations

__all__ = ["REQUEST_CLASSES", "make_converter", "picture_from_dict", "request_from_dict", "request_to_dict"]

REQUEST_CLASSES: Mapping[str, type[Request[Any]]] = {
    each.endpoint.name: each
    for each in (
        AiBackground,
        AiResize,
        GenerativeFill,
        ImageToVideo,
        RemoveBackground,
        Retouch,
        TextToImage,
        TextToPng,
        TextToVideo,
        Upscale,
        V1Generations,
        V1Guided,
        V1Inpaint,
        V1Remix,
        V1Upscale,
        V1Variations,
    )
}
"""The classes that can travel, by the name of their endpoint."""

_PLAIN = (str, int, float, bool)


def request_to_dict(request: Request[Any], *, leave_out: Container[str] = ()) -> dict[str, Any]:
    """Turn a request into data that JSON can hold. Reads open files, and blocks while it does.

    Args:
        request: For example a `TextToImage`.
        leave_out: Fields that are not wanted.

    Returns:
        Its fields by name, without those that are `None`, and `endpoint`.

    Raises:
        InvalidRequestError: It takes a picture from a stream, or its file cannot be read.
    """
    data: dict[str, Any] = {"endpoint": request.endpoint.name}
    cls: type = type(request)
    for alias, name in _fields(cls):
        value = getattr(request, name)
        if type(value) in _PLAIN:
            data[alias] = value
        elif value is not None and value != {} and alias not in leave_out:
            data[alias] = _to_plain(value, alias)
    return data


@cache
def _fields(cls: Any) -> tuple[tuple[str, str], ...]:
    return tuple((attribute.alias, attribute.name) for attribute in attrs.fields(cls))


def request_from_dict(data: Mapping[str, Any]) -> Request[Any]:
    """Make the request anew, with every check that its class makes. Looks into files, and blocks while it does.

    Args:
        data: What `request_to_dict` returned.

    Returns:
        The request.

    Raises:
        InvalidRequestError: The data is none of a request.
    """
    if not isinstance(data, Mapping):
        raise InvalidRequestError("request", data, "pass a mapping with an endpoint and its fields")
    cls = REQUEST_CLASSES.get(str(data.get("endpoint")))
    if cls is None:
        raise InvalidRequestError(
            "endpoint", data.get("endpoint"), f"pass one of: {', '.join(sorted(REQUEST_CLASSES))}"
        )
    return _structured(data, cls)


def make_converter() -> Converter:
    """Make a cattrs converter that knows requests: unstructure any, structure into a class or into `Request`.

    Returns:
        The converter, for example to be extended with classes of your own that hold requests.
    """
    converter = Converter(omit_if_default=False)
    converter.register_unstructure_hook_func(_is_request, request_to_dict)
    converter.register_structure_hook_func(_is_request, _structured)
    return converter


def _is_request(cls: Any) -> bool:
    origin = get_origin(cls) or cls
    return isinstance(origin, type) and issubclass(origin, Request)


def _structured(data: Mapping[str, Any], cls: Any) -> Request[Any]:
    if cls not in REQUEST_CLASSES.values():
        return request_from_dict(data)
    fields = {name: _from_plain(name, value) for name, value in data.items() if name != "endpoint"}
    known = {attribute.alias for attribute in attrs.fields(cls)}
    for name in fields.keys() - known:
        raise InvalidRequestError(str(name), fields[name], f"{cls.__name__} has no such field")
    for attribute in attrs.fields(cls):
        if attribute.default is attrs.NOTHING and attribute.alias not in fields:
            raise InvalidRequestError(attribute.alias, None, f"{cls.__name__} needs this field")
    made: Request[Any] = cls(**fields)
    return made


def _to_plain(value: object, name: str) -> Any:
    match value:
        case PathSource():
            return {"path": str(value.path)}
        case UrlSource():
            return {"url": value.url}
        case RowOutput():
            return {"row": value.row}
        case BytesSource():
            return {"base64": base64.b64encode(value.content).decode()}
        case FileSource() | SpoolSource():
            return {"base64": base64.b64encode(value.read()).decode()}
        case StreamSource():
            raise InvalidRequestError(name, value, "a stream can be read but once; pass its bytes instead")
        case Dialect():
            return value.name
    return dict(value) if isinstance(value, Mapping) else value


def _from_plain(name: str, value: Any) -> Any:
    return picture_from_dict(name, value) if isinstance(value, Mapping) and name != "extra" else value


def picture_from_dict(name: str, value: Mapping[str, Any]) -> Path | str | bytes | RowOutput:
    """Take a picture out of the data that stands for it.

    Args:
        name: The field that it is for.
        value: One member: `path`, `url`, `base64`, or `row`, the id of another row of a batch.

    Returns:
        What a request takes as a picture.

    Raises:
        InvalidRequestError: It is none of these, or the base64 is broken.
    """
    match dict(value):
        case {"path": str(path), **others} if not others:
            return Path(path)
        case {"url": str(url), **others} if not others:
            return url
        case {"row": str(row), **others} if not others:
            return RowOutput(row, name)
        case {"base64": str(text), **others} if not others:
            return _decoded(name, text)
    raise InvalidRequestError(
        name, value, "a picture is {'path': ...}, {'url': ...}, {'base64': ...} or, in a batch, {'row': ...}"
    )


def _decoded(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequestError(name, text, "this is no base64") from None
