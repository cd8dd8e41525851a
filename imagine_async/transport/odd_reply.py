"""Replies that are not ordinary, read by h11: in chunks, to the end of the connection, of HTTP/1.0, or malformed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import h11
import httpcore

__all__ = ["READ_BYTES", "OddReply"]

READ_BYTES = 256 * 1024
"""The largest piece."""

_LONGEST_HEAD_BYTES = 100 * 1024


class OddReply:
    """A reply, from its first byte to its last: an iterator over the pieces of its body.

    Args:
        stream: Where it comes from.
        begun: What has come of it already.
        method: Of the request.
        timeout: Seconds for each read; `None` for no bound.
    """

    def __init__(
        self, stream: httpcore.AsyncNetworkStream, begun: bytes, *, method: bytes, timeout: float | None
    ) -> None:
        self._stream = stream
        self._timeout = timeout
        self._has_ended = False
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD_BYTES)
        # How a reply ends depends on the method alone; the request itself has left already.
        self._parser.send(h11.Request(method=method, target="/", headers=[("host", "-"), ("content-length", "0")]))
        self._parser.send(h11.EndOfMessage())
        if begun:
            self._parser.receive_data(begun)

    async def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Read the head.

        Returns:
            Status and headers of the final reply.

        Raises:
            httpcore.RemoteProtocolError: It is none.
        """
        while not isinstance(event := await self._event(), h11.Response):
            continue
        return event.status_code, list(event.headers)

    def __aiter__(self) -> Self:
        """Return the iterator itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece of the body.

        Raises:
            httpcore.RemoteProtocolError: It is cut, or malformed.
        """
        event = None if self._has_ended else await self._event()
        if isinstance(event, h11.Data):
            return bytes(event.data)
        self._has_ended = True
        raise StopAsyncIteration

    @property
    def is_whole(self) -> bool:
        """Whether it has ended in order, so that the connection can be used again."""
        return self._parser.their_state is h11.DONE and self._parser.trailing_data == (b"", False)

    async def aclose(self) -> None:
        """Read no further."""
        self._has_ended = True

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            with _as_remote():
                event = self._parser.next_event()
            if not isinstance(event, type) or event is h11.PAUSED:
                return event
            data = await self._stream.read(READ_BYTES, self._timeout)
            if not data and self._parser.their_state is h11.SEND_RESPONSE:
                raise httpcore.RemoteProtocolError("Server disconnected without sending a response.")
            with _as_remote():
                self._parser.receive_data(data)


@contextmanager
def _as_remote() -> Iterator[None]:
    try:
        yield
    except h11.RemoteProtocolError as error:
        raise httpcore.RemoteProtocolError(str(error)) from error
