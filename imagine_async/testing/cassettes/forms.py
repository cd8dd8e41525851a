"""The parts of a request's body, whatever stands between them."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from attrs import frozen

__all__ = ["Part", "parts_of"]

_NAME = re.compile(r'[;\s]name="([^"]*)"')
_FILE_NAME = re.compile(r"[;\s]filename\*?=")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}
_WHOLE_BODY = "(body)"


@frozen
class Part:
    """One part of a form.

    Args:
        name: The field's name.
        text: What it says; `None` for a file, and for a text of which only the digest is known.
        is_file: Whether it is a file.
        digest: The SHA-256 of its bytes, in hexadecimal.
        size: How many bytes it has.
    """

    name: str
    text: str | None
    is_file: bool
    digest: str
    size: int

    @classmethod
    def of(cls, name: str, content: bytes, *, is_file: bool) -> Part:
        """Make a part of its bytes; what is no text counts as a file."""
        text = None
        if not is_file:
            with contextlib.suppress(UnicodeDecodeError):
                text = content.decode()
        return cls(name, text, text is None, hashlib.sha256(content).hexdigest(), len(content))


def parts_of(content_type: str, body: bytes) -> list[Part]:
    """Read a body.

    Args:
        content_type: The request's `Content-Type`; empty where it has none.
        body: Its bytes.

    Returns:
        Its parts, by name; those of one name in their order. A body that is no form is one part.
    """
    return sorted(_read(content_type, body), key=lambda part: part.name)


def _read(content_type: str, body: bytes) -> Iterator[Part]:
    kind = content_type.partition(";")[0].strip().lower()
    boundary = _BOUNDARY.search(content_type)
    if kind == "multipart/form-data" and boundary is not None:
        yield from _multipart(boundary[1].encode(), body)
    elif kind == "application/x-www-form-urlencoded":
        for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
            yield Part.of(name, value.encode(), is_file=False)
    elif body:
        yield Part.of(_WHOLE_BODY, body, is_file=True)


def _multipart(boundary: bytes, body: bytes) -> Iterator[Part]:
    # The first line is a boundary as well; before it and after the last there is nothing that counts.
    for section in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        if section.startswith(b"--"):
            return
        head, _, content = section.partition(b"\r\n\r\n")
        heading = head.decode("utf-8", "replace")
        name = _NAME.search(heading)
        is_file = _FILE_NAME.search(heading) is not None
        yield Part.of("" if name is None else _unescaped(name[1]), content, is_file=is_file)


def _unescaped(name: str) -> str:
    for escape, character in _ESCAPES.items():
        name = name.replace(escape, character)
    return name
