"""Sockets that lead to public addresses alone.

The check stands where the connection is made: a name is resolved once, every address that it has is judged, and the
socket goes to an address that was judged. So a name that changes its mind between check and use gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import anyio
import httpcore

from imagine_async.transport.addresses import is_public
from imagine_async.transport.addressing import connect_to_one
from imagine_async.transport.network import plain_backend

__all__ = ["ForbiddenAddressError", "GuardedBackend"]


class ForbiddenAddressError(Exception):
    """A host has an address that is not public; no connection was made.

    Args:
        host: The host.
        address: Its address.
    """

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} has the address {address}, which is not public")


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to public addresses alone.

    Args:
        exempt: The host that may have any address.
        inner: Opens the sockets; `None` for plain ones.
    """

    def __init__(self, exempt: str, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._exempt = exempt
        self._inner = inner

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
            timeout: Seconds for all addresses together.
            local_address: The address to connect from.
            socket_options: As for `socket.setsockopt`.

        Returns:
            The stream.

        Raises:
            ForbiddenAddressError: An address of the host is not public.
        """
        inner = self._inner or plain_backend()
        if host == self._exempt:
            return await inner.connect_tcp(host, port, timeout, local_address, socket_options)

        async def connect(address: str) -> httpcore.AsyncNetworkStream:
            return await inner.connect_tcp(address, port, timeout, local_address, socket_options)

        try:
            with anyio.fail_after(timeout):
                return await connect_to_one(host, await _public_addresses(host, port), connect)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection to {host} in time") from error


async def _public_addresses(host: str, port: int) -> list[str]:
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    addresses = [str(each[4][0]) for each in found]
    for address in addresses:
        if not is_public(ip_address(address)):
            raise ForbiddenAddressError(host, address)
    return addresses
