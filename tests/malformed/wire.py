"""Requests as bytes, and a client that sends whatever it is given and reads what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import anyio
from anyio.abc import ByteReceiveStream, SocketStream
from attrs import frozen

__all__ = ["BOUNDARY", "KEY", "TYPE", "Attempt", "form_request", "part", "replies_to", "request"]

KEY = "vk-sandbox"
BOUNDARY = "B0und"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
_PATH = "/v2/image/generations"


@frozen
class Attempt:
    """What is sent over one connection.

    Args:
        kind: What is wrong with it.
        pieces: The bytes; between pieces there are pauses.
        pause: Seconds between two pieces.
        stays: Whether the connection is held open afterwards, even without a reply; else it is closed.
    """

    kind: str
    pieces: Sequence[bytes]
    pause: float = 0.0
    stays: bool = True


def request(
    path: str = _PATH,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    method: str = "POST",
    length: str | None = None,
) -> bytes:
    """Put a request together, with the key and a length of its own unless another is named."""
    lines = {
        "Host": "sandbox",
        "Authorization": f"Bearer {KEY}",
        "Content-Length": str(len(body)) if length is None else length,
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def part(name: str, value: bytes, *, file: str | None = None, extra: str = "") -> bytes:
    """Code one part of a form."""
    said = f'; filename="{file}"' if file is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{said}{extra}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def form_request(path: str, *parts: bytes, length: str | None = None) -> bytes:
    """Put a request with a whole form together."""
    return request(path, {"Content-Type": TYPE}, b"".join(parts) + f"--{BOUNDARY}--\r\n".encode(), length=length)


async def replies_to(attempt: Attempt, port: int, *, patience: float) -> list[tuple[int, bytes]]:
    """Send an attempt, and read the first reply, or what there is of it when the connection ends.

    Args:
        attempt: What to send.
        port: Where.
        patience: Seconds to wait for anything to come.

    Returns:
        Status, head and body of each whole reply; none where the server only hung up.
    """
    received = bytearray()
    async with await anyio.connect_tcp("127.0.0.1", port) as connection:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send, connection, attempt)
            with anyio.move_on_after(patience if attempt.stays else 0.05):
                await _read(connection, received)
            tasks.cancel_scope.cancel()
    return [reply for reply in _parsed(bytes(received), ended=True) if reply[0] >= 200]


async def _send(connection: SocketStream, attempt: Attempt) -> None:
    # The server may hang up in the middle, and rightly so.
    try:
        for piece in attempt.pieces:
            await connection.send(piece)
            await anyio.sleep(attempt.pause)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass


async def _read(connection: ByteReceiveStream, received: bytearray) -> None:
    try:
        while not any(status >= 200 for status, _ in _parsed(bytes(received))):
            received += await connection.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        pass


def _parsed(received: bytes, *, ended: bool = False) -> list[tuple[int, bytes]]:
    """Read the whole replies; one without a length is whole when the connection has ended."""
    replies = []
    while b"\r\n\r\n" in received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status, length = int(head.split(b" ", 2)[1]), _length(head)
        if length is None:
            length = len(rest) if ended else len(rest) + 1
        if len(rest) < length:
            break
        replies.append((status, head + b"\r\n\r\n" + rest[:length]))
        received = rest[length:]
    return replies


def _length(head: bytes) -> int | None:
    """Return how long the body is that follows a head."""
    lines = head.lower().split(b"\r\n")
    if lines[0].startswith(b"http/1.1 1"):
        return 0
    named = (line.partition(b":")[2] for line in lines if line.startswith(b"content-length:"))
    return next(map(int, named), None)
