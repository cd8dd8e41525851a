"""How sockets are opened; and streams that send headers and a small form in one write, for httpcore's connections."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any, cast

import httpcore
from anyio.lowlevel import current_token

__all__ = ["JoiningStream", "OpeningBackend", "plain_backend"]

_JOIN_BELOW_BYTES = 64 * 1024


class JoiningStream(httpcore.AsyncNetworkStream):
    """A stream that keeps small writes back until the request is whole or grows large.

    httpcore writes headers, each piece of the body and the end of the message one by one. An empty write marks that
    end; a read means that nothing more is to come for now.

    Args:
        inner: The stream to the network.
    """

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._kept: list[bytes] = []
        self._kept_bytes = 0

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send, or keep back to send with what follows.

        Args:
            buffer: Bytes; none marks the end of the request.
            timeout: Seconds.
        """
        if buffer and self._kept_bytes + len(buffer) <= _JOIN_BELOW_BYTES:
            self._kept.append(buffer)
            self._kept_bytes += len(buffer)
            return
        await self._flush(timeout)
        if buffer:
            await self._inner.write(buffer, timeout)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Send what was kept back, then receive.

        Args:
            max_bytes: Bytes to receive at most.
            timeout: Seconds.

        Returns:
            Bytes; none at the end of the stream.
        """
        await self._flush(timeout)
        return await self._inner.read(max_bytes, timeout)

    async def _flush(self, timeout: float | None) -> None:
        if self._kept:
            joined = b"".join(self._kept)
            self._kept.clear()
            self._kept_bytes = 0
            await self._inner.write(joined, timeout)

    async def aclose(self) -> None:
        """Close; what was kept back is dropped."""
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Encrypt the stream.

        Args:
            ssl_context: Certificates and ciphers.
            server_hostname: The name that the certificate must bear.
            timeout: Seconds.

        Returns:
            The encrypted stream, joining as this one does.
        """
        return JoiningStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Ask the stream to the network for a fact.

        Args:
            info: The fact's name, as httpcore has it.

        Returns:
            The fact, or `None`.
        """
        return self._inner.get_extra_info(info)


class OpeningBackend(httpcore.AsyncNetworkBackend):
    """Opens streams, on whatever event loop runs, and can close what it opened.

    httpcore forgets a stream when the task is cancelled amidst the handshake of TLS or of a proxy.

    Args:
        inner: Opens the streams to the network; `None` for plain sockets.
        joins: Whether they join small writes, as httpcore's own connections need it.
    """

    def __init__(self, inner: httpcore.AsyncNetworkBackend | None = None, *, joins: bool = False) -> None:
        self._inner = inner
        self._joins = joins
        self._opened: httpcore.AsyncNetworkStream | None = None

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
        inner = self._inner or plain_backend()
        self._opened = await inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return JoiningStream(self._opened) if self._joins else self._opened

    async def aclose(self) -> None:
        """Close the stream that was opened last, if that has not been done."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()


def plain_backend() -> httpcore.AsyncNetworkBackend:
    """Return what opens plain sockets on the running event loop."""
    if hasattr(current_token().native_token, "create_task"):
        # Only an event loop of asyncio's has that, and then asyncio is loaded.
        from imagine_async.transport.asyncio_streams import AsyncioBackend

        return AsyncioBackend()
    return cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
