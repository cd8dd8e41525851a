"""The multipart form of a request: length known before sending, one buffer for small forms, pieces for large ones."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import lru_cache

from imagine_async.errors import InvalidRequestError
from imagine_async.inputs import PIECE_BYTES, UNRESOLVED, AnySource, BytesSource, Source
from imagine_async.sniff import MEDIA_TYPES, SUFFIXES

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
        self._sections = _merge(_sections(parts, self.boundary))
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


def _sections(parts: Iterable[tuple[str, str | AnySource]], boundary: str) -> Iterable[bytes | Source]:
    for name, value in parts:
        escaped = _escaped(name)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{escaped}"'
        if isinstance(value, str):
            yield f"{head}\r\n\r\n{value}\r\n".encode()
        elif isinstance(value, UNRESOLVED):
            raise InvalidRequestError(name, value, "the picture is not read yet: send the request with client.send")
        else:
            kind = value.picture.format
            yield f'{head}; filename="{escaped}{SUFFIXES[kind]}"\r\nContent-Type: {MEDIA_TYPES[kind]}\r\n\r\n'.encode()
            yield value
            yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


@lru_cache
def _escaped(name: str) -> str:
    return name.translate(_ESCAPES)


def _merge(sections: Iterable[bytes | Source]) -> list[bytes | Source]:
    """Join what lies in memory, so that a small form becomes one buffer and goes out in one write."""
    merged: list[bytes | Source] = []
    run: list[bytes] = []
    for section in sections:
        if isinstance(section, BytesSource) and section.size <= PIECE_BYTES:
            run.append(section.content)
        elif isinstance(section, bytes):
            run.append(section)
        else:
            merged += [b"".join(run), section]
            run = []
    return [*merged, b"".join(run)]


def _size(section: bytes | Source) -> int:
    return len(section) if isinstance(section, bytes) else section.size
