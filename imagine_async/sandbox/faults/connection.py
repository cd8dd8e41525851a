"""The way from ASGI's `send` down to the connection: the only place that knows how uvicorn is made inside.

uvicorn hands every request a bound method of an object that has the connection's `transport`, with either of its HTTP
parsers. A test breaks connections on a port with both, and fails when that changes.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Any, Protocol

import anyio
from starlette.types import Receive, Send

from imagine_async.drop_points import ConnectionDroppedError
from imagine_async.sandbox.faults.reply import Headers

__all__ = ["break_connection", "without_own_date"]

_PATIENCE_SECONDS = 5.0
_MOMENT_SECONDS = 0.001
_NO_LINGERING = struct.pack("ii", 1, 0)


class _Transport(Protocol):
    """What is used of asyncio's transports, and of uvloop's."""

    def abort(self) -> None: ...
    def close(self) -> None: ...
    def is_closing(self) -> bool: ...
    def can_write_eof(self) -> bool: ...
    def write_eof(self) -> None: ...
    def get_extra_info(self, name: str) -> Any: ...
    def get_write_buffer_size(self) -> int: ...


async def break_connection(receive: Receive, send: Send, *, resets: bool) -> None:
    """Break the connection that a request came over, once what was sent has left.

    Args:
        receive: The request's, as it came from the server.
        send: The reply's, as it came from the server.
        resets: Whether the connection is reset; otherwise it ends in order.

    Raises:
        ConnectionDroppedError: The server is no uvicorn, and there is no connection to be found: in this process, or
            where another layer stands before the sandbox.
    """
    cycle: Any = getattr(send, "__self__", None)
    if not hasattr(cycle, "transport"):
        raise ConnectionDroppedError(resets=resets)
    # A client that waits for leave to send its body shall not get it any more.
    cycle.waiting_for_100_continue = False
    transport: _Transport = cycle.transport
    if not transport.is_closing():
        await (_reset(transport) if resets else _end(transport, receive))
    await _until_gone(receive)


def without_own_date(send: Send, headers: Headers) -> None:
    """Keep uvicorn from adding a date of its own to a reply that has one.

    Args:
        send: The reply's, as it came from the server.
        headers: The reply's.
    """
    cycle: Any = getattr(send, "__self__", None)
    if hasattr(cycle, "default_headers") and any(name == b"date" for name, _ in headers):
        # The list is shared by all connections, so it is replaced and not changed.
        cycle.default_headers = [each for each in cycle.default_headers if each[0] != b"date"]


async def _reset(transport: _Transport) -> None:
    with anyio.move_on_after(_PATIENCE_SECONDS):
        while transport.get_write_buffer_size():  # noqa: ASYNC110 - no transport tells when its buffer is empty
            await anyio.sleep(_MOMENT_SECONDS)
    _let_close_reset(transport)
    transport.abort()


async def _end(transport: _Transport, receive: Receive) -> None:
    """End as web servers do: what still comes is read and thrown away, because closing upon it would reset."""
    if transport.can_write_eof():
        transport.write_eof()
        with anyio.move_on_after(_PATIENCE_SECONDS):
            await _until_gone(receive)
    transport.close()


async def _until_gone(receive: Receive) -> None:
    """Wait until uvicorn knows that the connection is gone: it would log a reply that is not whole."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _let_close_reset(transport: _Transport) -> None:
    place = transport.get_extra_info("socket")
    # A copy of the descriptor, because the object of uvloop cannot set every option.
    with socket.socket(fileno=os.dup(place.fileno())) as copy:
        copy.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
