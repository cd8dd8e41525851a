"""The multipart form of a request: length known before sending, one buffer for small forms, pieces for large ones."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import lru_cache
from typing import TYPE_CHECKING

from imagine_async.errors import InvalidRequestError
from imagine_async.sniff import MEDIA_TYPES, SUFFIXES

if TYPE_CHECKING:
    from imagine_async.inputs import AnySource, Source

__all__ = ["MultipartForm"]

_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


class MultipartForm:
    """A form that can be sent any number of times, byte for byte the same.

    Args:
        parts: Names with texts or pictures, in order.
        boundary: The line between parts; random unless given.

    Raises:
        InvalidRequestError: A picture is not read yet.
    """

    def __init__(self, parts: Iterable[tuple[str, str | AnySource]], *, boundary: str | None = None) -> None:
        self.boundary = boundary or secrets.token_hex(16)
        self._sections = _sections(parts, self.boundary)
        self.length = sum(map(_size, self._sections))

    @property
    def content_type(self) -> str:
        """The value of the `Content-Type` header."""
        return f"multipart/form-data; boundary={self.boundary}"

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the body: one buffer where it is small, pieces of at most `PIECE_BYTES` where it is not."""
        for section in self._sections:
            if isinstance(section, bytes):
                yield section
            else:
                async with aclosing(section.pieces()) as pieces:
                    async for piece in pieces:
                        yield piece


def _sections(parts: Iterable[tuple[str, str | AnySource]], boundary: str) -> list[bytes | Source]:
    """Write a form; what lies in memory is joined, so that a small one becomes one buffer and goes out in one write."""
    sections: list[bytes | Source] = []
    run: list[bytes] = []
    for name, value in parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_escaped(name)}"'
        if isinstance(value, str):
            run.append(f"{head}\r\n\r\n{value}\r\n".encode())
            continue
        # Loaded on use: many programs send no pictures.
        from imagine_async.inputs import PIECE_BYTES, UNRESOLVED, BytesSource

        if isinstance(value, UNRESOLVED):
            raise InvalidRequestError(name, value, "the picture is not read yet: send the request with client.send")
        run.append(_picture_head(head, _escaped(name), value).encode())
        if isinstance(value, BytesSource) and value.size <= PIECE_BYTES:
            run.append(value.content)
        else:
            sections += [b"".join(run), value]
            run = []
        run.append(b"\r\n")
    run.append(f"--{boundary}--\r\n".encode())
    return [*sections, b"".join(run)]


def _picture_head(head: str, name: str, source: Source) -> str:
    kind = source.picture.format
    return f'{head}; filename="{name}{SUFFIXES[kind]}"\r\nContent-Type: {MEDIA_TYPES[kind]}\r\n\r\n'


@lru_cache
def _escaped(name: str) -> str:
    return name.translate(_ESCAPES)


def _size(section: bytes | Source) -> int:
    return len(section) if isinstance(section, bytes) else section.size
