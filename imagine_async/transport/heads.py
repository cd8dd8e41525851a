"""The head of a request, written; the head of an ordinary reply, read at a glance.

Ordinary means: HTTP/1.1, a final status, a body whose length is told once. That is what APIs answer with; whatever
else comes is for `OddReply` to judge.
"""

from __future__ import annotations

import re

import httpcore
import httpx
from attrs import define

__all__ = ["OrdinaryHead", "ordinary_head", "request_head"]

_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*"
_HEADERS = rb"(?:" + _NAME + rb":" + _VALUE + rb"\r\n)*"
_WHOLE_REQUEST = re.compile(rb"[A-Z]+ [\x21-\x7e\x80-\xff]+ HTTP/1\.1\r\n" + _HEADERS + rb"\r\n")
_ORDINARY = re.compile(
    rb"HTTP/1\.1 (20[0-35-9]|2[1-9][0-9]|30[0-35-9]|3[1-9][0-9]|[45][0-9][0-9])(?: " + _VALUE + rb")?\r\n"
    rb"(" + _HEADERS + rb")\r\n"
)
_LENGTH = re.compile(rb"[0-9]{1,18}")


def request_head(request: httpx.Request) -> bytes:
    """Write the head of a request.

    Args:
        request: The request.

    Returns:
        Its first line and its headers, with the empty line after them.

    Raises:
        httpcore.LocalProtocolError: A header cannot be sent: it would end the line, for example.
    """
    lines = [request.method.encode("ascii"), b" ", request.url.raw_path, b" HTTP/1.1\r\n"]
    headers = request.headers.raw
    for name, value in headers:
        lines += (name, b": ", value, b"\r\n")
    lines.append(b"\r\n")
    head = b"".join(lines)
    # A value that ends its line would pass for two headers, so the lines are counted.
    if head.count(b"\n") != len(headers) + 2 or not _WHOLE_REQUEST.fullmatch(head):
        raise httpcore.LocalProtocolError("a header of the request cannot be sent")
    return head


@define(eq=False, repr=False)
class OrdinaryHead:
    """The head of an ordinary reply.

    Args:
        status: 200 or more, and none that has no body.
        headers: Names in lower case, and values, in their order.
        length: Bytes of the body.
        keeps_alive: Whether the server keeps the connection open.
        end: Where the body begins.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    length: int
    keeps_alive: bool
    end: int


def ordinary_head(buffer: bytes) -> OrdinaryHead | None:
    """Read the head of an ordinary reply.

    Args:
        buffer: What has come so far.

    Returns:
        The head; `None` where it is not whole yet, or not ordinary.
    """
    matched = _ORDINARY.match(buffer)
    if matched is None:
        return None
    headers: list[tuple[bytes, bytes]] = []
    length = None
    keeps_alive = True
    for line in matched[2].split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        headers.append((name, value))
        if name == b"content-length":
            if length is not None or not _LENGTH.fullmatch(value):
                return None
            length = int(value)
        elif name == b"transfer-encoding":
            return None
        elif name == b"connection":
            keeps_alive = keeps_alive and b"close" not in value.lower()
    return None if length is None else OrdinaryHead(int(matched[1]), headers, length, keeps_alive, matched.end())
