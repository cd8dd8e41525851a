"""One connection that speaks HTTP/1.1: a small request leaves as one buffer, an ordinary reply is read in one go.

httpcore's own connection stands behind it where a test mocks that, or a proxy is in between.
"""

from __future__ import annotations

import ssl
import time
from typing import Self

import anyio
import anyio.lowlevel
import httpcore
import httpx

from imagine_async.transport.heads import OrdinaryHead, ordinary_head, request_head
from imagine_async.transport.network import OpeningBackend
from imagine_async.transport.odd_reply import READ_BYTES, OddReply
from imagine_async.transport.replies import Reply

__all__ = ["Http1Connection"]

_JOINED_BYTES = 256 * 1024
"""A form that is no larger leaves in one write with its head."""


class Http1Connection:
    """A connection to a host; the first request opens it.

    Args:
        origin: Scheme, host and port.
        backend: Opens the socket.
        ssl_context: Encrypts it; `None` for a plain one.
        keepalive_seconds: How long it may rest between two requests.
    """

    def __init__(
        self,
        origin: httpcore.Origin,
        backend: OpeningBackend,
        *,
        ssl_context: ssl.SSLContext | None,
        keepalive_seconds: float,
    ) -> None:
        self._origin = origin
        self._backend = backend
        self._ssl_context = ssl_context
        self._keepalive_seconds = keepalive_seconds
        self._stream: httpcore.AsyncNetworkStream | None = None
        self._rests_until = 0.0

    async def send(self, request: httpx.Request) -> Reply:
        """Send a request, and read the head of the reply.

        Args:
            request: The request.

        Returns:
            The reply.

        Raises:
            Exception: One of httpcore's.
        """
        bounds = request.extensions.get("timeout", {})
        head = request_head(request)
        stream = self._stream or await self._open(bounds.get("connect"))
        # From here on it may cost something: whoever is being cancelled goes no further.
        await anyio.lowlevel.checkpoint_if_cancelled()
        await _send(stream, head, request, bounds.get("write"))
        return await self._receive(stream, request.method, bounds.get("read"))

    def rest(self) -> None:
        """Note that the reply was read to its end, and the connection waits for another request."""
        self._rests_until = time.monotonic() + self._keepalive_seconds

    @property
    def has_expired(self) -> bool:
        """Whether it has rested too long, or the server has said goodbye meanwhile."""
        assert self._stream is not None
        return time.monotonic() > self._rests_until or bool(self._stream.get_extra_info("is_readable"))

    async def aclose(self) -> None:
        """Close it."""
        if self._stream is not None:
            await self._stream.aclose()

    async def _open(self, timeout: float | None) -> httpcore.AsyncNetworkStream:
        host = self._origin.host.decode("ascii")
        stream = await self._backend.connect_tcp(host, self._origin.port, timeout)
        if self._ssl_context is not None:
            stream = await stream.start_tls(self._ssl_context, host, timeout)
        self._stream = stream
        return stream

    async def _receive(self, stream: httpcore.AsyncNetworkStream, method: str, timeout: float | None) -> Reply:
        begun = await stream.read(READ_BYTES, timeout)
        while (head := ordinary_head(begun)) is None and _may_become_ordinary(begun):
            piece = await stream.read(READ_BYTES, timeout)
            if not piece:
                break
            begun += piece
        if head is not None:
            return Reply(head.status, head.headers, _OrdinaryPieces(stream, head, begun[head.end :], timeout))
        if not begun:
            raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
        odd = OddReply(stream, begun, method=method.encode("ascii"), timeout=timeout)
        status, headers = await odd.head()
        return Reply(status, headers, odd)


class _OrdinaryPieces:
    """A body whose length is known."""

    def __init__(
        self, stream: httpcore.AsyncNetworkStream, head: OrdinaryHead, begun: bytes, timeout: float | None
    ) -> None:
        self._stream = stream
        self._timeout = timeout
        self._begun = begun
        self._length = head.length
        self._left = head.length
        self._keeps_alive = head.keeps_alive
        self._is_closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if not self._left or self._is_closed:
            raise StopAsyncIteration
        piece, self._begun = self._begun, b""
        if not piece:
            piece = await self._stream.read(READ_BYTES, self._timeout)
        if not piece:
            taken = self._length - self._left
            raise httpcore.RemoteProtocolError(
                "peer closed connection without sending complete message body "
                f"(received {taken} bytes, expected {self._length})"
            )
        if len(piece) > self._left:
            # Nobody has asked for more: who knows what the server talks of.
            piece, self._keeps_alive = piece[: self._left], False
        self._left -= len(piece)
        return piece

    @property
    def is_whole(self) -> bool:
        return self._left == 0 and self._keeps_alive and not self._begun

    async def aclose(self) -> None:
        self._is_closed = True


def _may_become_ordinary(begun: bytes) -> bool:
    return bool(begun) and b"\n\r\n" not in begun and b"\n\n" not in begun and len(begun) < READ_BYTES


async def _send(
    stream: httpcore.AsyncNetworkStream, head: bytes, request: httpx.Request, timeout: float | None
) -> None:
    assert isinstance(request.stream, httpx.AsyncByteStream)
    try:
        async for piece in request.stream:
            if head and len(piece) <= _JOINED_BYTES:
                # A small form is one piece: it leaves with its head.
                piece, head = head + piece, b""
            elif head:
                await stream.write(head, timeout)
                head = b""
            await stream.write(piece, timeout)
        if head:
            await stream.write(head, timeout)
    except httpcore.WriteError:
        # A server may refuse a request before it has all of it: its answer tells more than the broken pipe.
        pass
