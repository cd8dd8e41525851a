"""Every form in which a picture can be handed in, and how it becomes a source."""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncGenerator, AsyncIterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, Union, overload

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs.data_uri import from_data_uri
from imagine_async.inputs.files import from_bytes, from_file, from_path
from imagine_async.inputs.pieces import PIECE_BYTES
from imagine_async.inputs.pixels import from_array, from_pil, is_pil_image
from imagine_async.inputs.sources import BytesSource, FileSource, PathSource, Source, SpoolSource
from imagine_async.inputs.spool_source import from_spool
from imagine_async.inputs.spooling import MAX_BYTES
from imagine_async.inputs.unresolved import UNRESOLVED, AnySource, StreamSource, UrlSource
from imagine_async.spool import Spool

if TYPE_CHECKING:
    import PIL.Image

    from imagine_async.results import Image

__all__ = ["AsyncReader", "BinaryReader", "ImageInput", "SupportsArray", "as_source"]


class BinaryReader(Protocol):
    """A binary file, or anything that reads like one."""

    def read(self, size: int, /) -> bytes:
        """Read at most so many bytes; none at the end."""
        ...


class AsyncReader(Protocol):
    """An asynchronous binary file: of anyio, of aiofiles, an upload in a web framework."""

    async def read(self, size: int, /) -> bytes:
        """Read at most so many bytes; none at the end."""
        ...


class SupportsArray(Protocol):
    """An array of numpy, or what numpy makes one of."""

    def __array__(self) -> Any:
        """Return a numpy array."""
        ...


ImageInput: TypeAlias = Union[
    str,
    "os.PathLike[str]",
    bytes,
    bytearray,
    memoryview,
    BinaryReader,
    AsyncReader,
    "AsyncIterable[bytes]",
    "Image",
    "PIL.Image.Image",
    SupportsArray,
    "AnySource",
]
"""A picture in any form.

- A text: an `http://` or `https://` URL, which is fetched when the call is sent; a data URI; else a file's path.
- A path (`os.PathLike`): opened for each attempt; it must not change meanwhile.
- Bytes, a bytearray or a memoryview: a file's content.
- An open binary file, from its present position. It stays open. One that is not seekable is read at once and kept, in
  memory up to 1 MB and on disk beyond, up to 256 MB.
- An async iterator of bytes, or a file whose `read` is async: read when the call is sent, and kept likewise.
- The `Image` of an earlier call, or, in a batch, a `RowOutput`: what another row makes.
- A PIL image, or a numpy array of uint8 (or bool, for a mask): sent as PNG; needs the extra `images` or `numpy`. The
  pixels are sent as they lie: an orientation in EXIF data is not applied.
"""

_FORMS = (
    "a path, a URL, a data URI, bytes, a binary file, an async iterator of bytes, a PIL image, a numpy array, "
    "or an Image of this SDK"
)
_READY = (BytesSource, PathSource, FileSource, SpoolSource, *UNRESOLVED)


@overload
def as_source(
    value: bytes | bytearray | memoryview | os.PathLike[str] | BinaryReader | SupportsArray | Spool | Source,
    name: str,
    *,
    max_bytes: int = ...,
) -> Source: ...


@overload
def as_source(value: object, name: str, *, max_bytes: int = ...) -> AnySource: ...


def as_source(value: Any, name: str, *, max_bytes: int = MAX_BYTES) -> AnySource:
    """Turn what a caller hands in into a source, and see that it is a picture where that can be seen at once.

    Reads files, and blocks while it does. What a picture is, its bytes tell: names and declared types do not count.

    Args:
        value: One of `ImageInput`, or a spool.
        name: The field that it is for.
        max_bytes: The most bytes to take from a file that is not seekable, or from a data URI.

    Returns:
        The source; for a URL or an async iterator one that `resolve` has to read.

    Raises:
        InvalidRequestError: It cannot be read, or is no picture.
        MissingExtraError: It is an array, and numpy or Pillow is not installed.
    """
    if isinstance(value, _READY):
        return value
    if isinstance(value, str):
        return _from_text(value, name, max_bytes)
    if isinstance(value, os.PathLike):
        return from_path(value, name)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return from_bytes(bytes(value), name)
    if is_pil_image(value):
        return from_pil(value, name)
    if (spool := _spool_of(value)) is not None:
        return from_spool(spool, name)
    content = _content_of(value)
    return _from_object(value, name, max_bytes) if content is None else from_bytes(content, name)


def _from_text(text: str, name: str, max_bytes: int) -> AnySource:
    beginning = text[:64].lstrip().lower()
    if beginning.startswith(("http://", "https://")):
        return UrlSource(text, name)
    if beginning.startswith("data:"):
        return from_data_uri(text, name, max_bytes)
    return from_path(text, name)


def _from_object(value: Any, name: str, max_bytes: int) -> AnySource:
    if inspect.iscoroutinefunction(getattr(value, "read", None)):
        return StreamSource(_pieces_of(value), name)
    if hasattr(value, "__aiter__"):
        return StreamSource(value, name)
    if hasattr(value, "read"):
        return from_file(value, name, max_bytes)
    if hasattr(value, "__array__"):
        return from_array(value, name)
    raise InvalidRequestError(name, value, f"pass {_FORMS}")


def _spool_of(value: object) -> Spool | None:
    """Find the spool of a large picture, whose `content` would read it whole."""
    try:
        body = getattr(value, "body", value)
    except Exception:
        return None
    return body if isinstance(body, Spool) else None


def _content_of(value: object) -> bytes | None:
    try:
        content = getattr(value, "content", None)
    except Exception:
        # A response of an HTTP library that is not read yet: its stream is taken instead.
        return None
    return content if isinstance(content, bytes) else None


async def _pieces_of(file: AsyncReader) -> AsyncGenerator[bytes, None]:
    while piece := await file.read(PIECE_BYTES):
        yield piece
