"""Sockets straight on asyncio, where that is the event loop: anyio's layers cost as much as all else of a small call.

The one module that imports asyncio; it is loaded where asyncio runs already.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast

import anyio
import httpcore
from anyio.lowlevel import checkpoint

from imagine_async.transport.addresses import address_in
from imagine_async.transport.addressing import connect_to_one
from imagine_async.transport.scratch import SCRATCHES, Scratch

__all__ = ["AsyncioBackend", "AsyncioStream"]

_HELD_BYTES = 16 * 1024
"""While more than so many wait to be read, nothing further is taken: the rest waits in the system's buffers."""


class AsyncioStream(asyncio.BufferedProtocol, httpcore.AsyncNetworkStream):
    """A connection. One task at a time reads, one writes.

    Args:
        scratch: Where the event loop puts what it receives.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._loop = asyncio.get_running_loop()
        self._scratch = scratch
        self._transport: asyncio.Transport
        self._pieces: deque[bytes] = deque()
        self._held_bytes = 0
        self._has_ended = False
        self._failure: Exception | None = None
        self._is_encrypted = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._is_full = False
        self._is_readable: Callable[[], bool]

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._scratch.users += 1
        self._is_readable = _readability(transport.get_extra_info("socket"))

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where to put what comes."""
        return self._scratch.share()

    def buffer_updated(self, nbytes: int) -> None:
        """Keep what came until it is read."""
        self._pieces.append(self._scratch.taken(nbytes))
        self._held_bytes += nbytes
        if self._held_bytes > _HELD_BYTES:
            self._transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> bool:
        """Note that nothing more will come; what is being sent may still go, where TLS does not forbid it."""
        self._has_ended = True
        _wake(self._reader)
        return not self._is_encrypted

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        self._scratch.users -= 1
        self._has_ended = True
        self._failure = exc
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        """Have the next write wait."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Let it go on."""
        self._is_full = False
        _wake(self._writer)

    # Called by those who use the connection.

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Receive.

        Args:
            max_bytes: Bytes at most.
            timeout: Seconds.

        Returns:
            Bytes; none at the end of the stream.
        """
        if not self._pieces and not self._has_ended:
            self._reader = self._loop.create_future()
            await _bounded(self._reader, timeout, httpcore.ReadTimeout)
        if self._pieces:
            return self._take(max_bytes)
        if self._failure is not None:
            raise httpcore.ReadError(str(self._failure)) from self._failure
        return b""

    def _take(self, max_bytes: int) -> bytes:
        piece = self._pieces.popleft()
        if len(piece) > max_bytes:
            self._pieces.appendleft(piece[max_bytes:])
            piece = piece[:max_bytes]
        was_full = self._held_bytes > _HELD_BYTES
        self._held_bytes -= len(piece)
        if was_full and self._held_bytes <= _HELD_BYTES and not self._transport.is_closing():
            self._transport.resume_reading()
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send; wait where the network is slower.

        Args:
            buffer: Bytes.
            timeout: Seconds.
        """
        if not buffer:
            return
        self._check_writable()
        self._transport.write(buffer)
        if self._is_full:
            self._writer = self._loop.create_future()
            await _bounded(self._writer, timeout, httpcore.WriteTimeout)
            self._check_writable()

    def _check_writable(self) -> None:
        if self._transport.is_closing():
            raise httpcore.WriteError(str(self._failure or "the connection is closed")) from self._failure

    async def aclose(self) -> None:
        """Close; what has not been sent yet is dropped."""
        self._transport.close()
        # TLS says goodbye in this turn of the loop, and does not wait for an answer.
        await checkpoint()
        self._transport.abort()
        await checkpoint()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Encrypt the connection.

        Args:
            ssl_context: Certificates and ciphers.
            server_hostname: The name that the certificate must bear.
            timeout: Seconds.

        Returns:
            This stream.
        """
        with _as_connect_errors(), anyio.fail_after(timeout):
            encrypted = await self._loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        if encrypted is None:
            raise httpcore.ConnectError("the connection was closed amidst the handshake")
        self._transport, self._is_encrypted = encrypted, True
        return self

    def get_extra_info(self, info: str) -> Any:
        """Ask for a fact.

        Args:
            info: The fact's name, as httpcore has it.

        Returns:
            The fact, or `None`.
        """
        if info == "is_readable":
            return self._has_ended or bool(self._pieces) or self._is_readable()
        return self._transport.get_extra_info({"client_addr": "sockname", "server_addr": "peername"}.get(info, info))


class AsyncioBackend(httpcore.AsyncNetworkBackend):
    """Opens connections straight on the running event loop of asyncio."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Open a connection.

        Args:
            host: A name or an address.
            port: The port.
            timeout: Seconds.
            local_address: The address to connect from.
            socket_options: As for `socket.setsockopt`.

        Returns:
            The stream.
        """
        loop = asyncio.get_running_loop()
        make = partial(AsyncioStream, SCRATCHES.get())
        local = None if local_address is None else (local_address, 0)

        async def connect(address: str) -> AsyncioStream:
            with _as_connect_errors():
                _, stream = await loop.create_connection(make, address, port, local_addr=local)
            return stream

        with _as_connect_errors(), anyio.fail_after(timeout):
            stream = await connect_to_one(host, await _addresses(loop, host, port), connect)
        for option in socket_options or ():
            stream.get_extra_info("socket").setsockopt(*option)
        return stream


async def _addresses(loop: asyncio.AbstractEventLoop, host: str, port: int) -> list[str]:
    if address_in(host) is not None:
        # Nobody has to be asked, and no thread started for that.
        return [host]
    return [str(each[4][0]) for each in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


async def _bounded(waiter: asyncio.Future[None], seconds: float | None, late: type[Exception]) -> None:
    if seconds is None:
        # By default the call's deadline alone bounds it.
        await waiter
        return
    try:
        with anyio.fail_after(seconds):
            await waiter
    except TimeoutError as error:
        raise late from error


@contextlib.contextmanager
def _as_connect_errors() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error


def _readability(its_socket: socket.socket) -> Callable[[], bool]:
    """Return what asks the system: the server's goodbye may lie there that the loop has not seen yet."""
    if not hasattr(select, "poll"):
        return lambda: bool(select.select([its_socket], [], [], 0)[0])
    poll = select.poll()
    poll.register(its_socket.fileno(), select.POLLIN)
    return lambda: bool(poll.poll(0))
