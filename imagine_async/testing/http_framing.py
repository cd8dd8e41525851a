"""Where a message of HTTP/1.1 ends: read from a socket whole, and never a byte further."""

from __future__ import annotations

import re
import socket

from attrs import field, frozen

__all__ = ["Head", "exactly", "read_body", "read_head", "reply_body"]

_PIECE_BYTES = 64 * 1024
_MOST_HEAD_BYTES = 1024 * 1024
_END_OF_LINE = b"\r\n"
_END_OF_HEAD = b"\r\n\r\n"
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")


@frozen
class Head:
    """The first line and the headers of a message, as they came.

    Args:
        data: All of it, with the empty line at its end.
    """

    data: bytes = field(repr=False)

    @property
    def method(self) -> bytes:
        """The method of a request."""
        return self.data.partition(b" ")[0]

    @property
    def status(self) -> int:
        """The status of a reply; 0 where it names none."""
        words = self.data.split(maxsplit=2)
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    @property
    def length(self) -> int | None:
        """Bytes of the body as announced; `None` where nothing is."""
        value = self._value(b"content-length")
        return int(value) if value.isdigit() else None

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks, each with its size before it."""
        return self._value(b"transfer-encoding").lower().endswith(b"chunked")

    def _value(self, wanted: bytes) -> bytes:
        for line in self.data.split(_END_OF_LINE):
            name, _, value = line.partition(b":")
            if name.lower() == wanted:
                return value.strip()
        return b""


def read_head(end: socket.socket) -> Head:
    """Read up to the end of the headers, and leave what follows.

    Args:
        end: Where they come from.

    Raises:
        ConnectionError: The other side has closed, or sends headers without an end.
    """
    return Head(_through(end, _END_OF_HEAD))


def read_body(end: socket.socket, head: Head) -> bytes:
    """Read the body of a request, framed as it came; one that announces none has none.

    Args:
        end: Where it comes from.
        head: What announces it.

    Raises:
        ConnectionError: The other side has closed, or sends what is no chunk.
    """
    return _chunks(end) if head.is_chunked else exactly(end, head.length or 0)


def reply_body(end: socket.socket, head: Head, *, method: bytes) -> tuple[bytes, bool]:
    """Read the body of a reply, framed as it came.

    Args:
        end: Where it comes from.
        head: What announces it.
        method: The method of the request.

    Returns:
        The body, and whether it was the end of the connection that ended it.

    Raises:
        ConnectionError: The other side has closed too early, or sends what is no chunk.
    """
    if method == b"HEAD" or head.status in (204, 304) or head.status < 200:
        return b"", False
    if not head.is_chunked and head.length is None:
        return _rest(end), True
    return read_body(end, head), False


def exactly(end: socket.socket, length: int) -> bytes:
    """Read so many bytes.

    Args:
        end: Where they come from.
        length: How many.

    Raises:
        ConnectionError: The other side has closed.
    """
    data = bytearray()
    while len(data) < length:
        piece = end.recv(min(_PIECE_BYTES, length - len(data)))
        if not piece:
            raise ConnectionError("the other side has closed")
        data += piece
    return bytes(data)


def _through(end: socket.socket, mark: bytes) -> bytes:
    """Read up to a mark and with it."""
    data = b""
    while not data.endswith(mark):
        seen = data + end.recv(_PIECE_BYTES, socket.MSG_PEEK)
        place = seen.find(mark)
        whole = len(seen) if place < 0 else place + len(mark)
        if whole > _MOST_HEAD_BYTES:
            raise ConnectionError(f"more than {_MOST_HEAD_BYTES} bytes without an end")
        data += exactly(end, max(1, whole - len(data)))
    return data


def _chunks(end: socket.socket) -> bytes:
    body, size = bytearray(), 1
    while size:
        line = _through(end, _END_OF_LINE)
        found = _CHUNK_SIZE.match(line)
        if found is None:
            raise ConnectionError(f"no size of a chunk: {line[:20]!r}")
        size = int(found[0], 16)
        body += line + (exactly(end, size + len(_END_OF_LINE)) if size else _trailers(end))
    return bytes(body)


def _trailers(end: socket.socket) -> bytes:
    """Read the headers that may follow the last chunk, and the empty line."""
    data = line = _through(end, _END_OF_LINE)
    while line != _END_OF_LINE:
        line = _through(end, _END_OF_LINE)
        data += line
    return data


def _rest(end: socket.socket) -> bytes:
    data = bytearray()
    while piece := end.recv(_PIECE_BYTES):
        data += piece
    return bytes(data)
