"""How a connection to a host is begun: directly, or through a proxy."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from typing import Protocol

import anyio
import httpcore
import httpx
from attrs import frozen

from imagine_async.transport.core_connection import CoreConnection, is_mocked
from imagine_async.transport.http1 import Http1Connection
from imagine_async.transport.network import OpeningBackend
from imagine_async.transport.proxies import Proxies, Proxy
from imagine_async.transport.replies import Reply

__all__ = ["KEEPALIVE_SECONDS", "Connection", "Connector"]

KEEPALIVE_SECONDS = 4.0
"""Idle connections are dropped after this time: below the 5 s after which many servers close theirs."""

_ALREADY_BROKEN = (httpcore.NetworkError, OSError, anyio.ClosedResourceError, anyio.BrokenResourceError)


class _Http(Protocol):
    @property
    def has_expired(self) -> bool: ...

    async def send(self, request: httpx.Request) -> Reply: ...

    def rest(self) -> None: ...

    async def aclose(self) -> None: ...


@frozen(eq=False, repr=False, slots=False)
class Connection:
    """A connection, and what opens its socket.

    Args:
        origin: Where it leads.
        http: Speaks HTTP over it; opens it with the first request.
        backend: Opens the socket.
    """

    origin: httpcore.Origin
    http: _Http
    backend: OpeningBackend

    async def discard(self) -> None:
        """Close it, also while the task is being cancelled; one that is broken may fail to close."""
        with anyio.CancelScope(shield=True):
            for part in (self.http, self.backend):
                with contextlib.suppress(*_ALREADY_BROKEN):
                    await part.aclose()


@frozen(eq=False, repr=False, slots=False)
class Connector:
    """Begins connections.

    Args:
        ssl_context: Makes the context that all connections share, on the first one that is encrypted.
        proxies: Which proxy serves which host.
        guard: Opens the sockets of direct connections; `None` for plain ones. Connections to proxies are plain ones,
            because a proxy is often in a private network.
    """

    ssl_context: Callable[[], ssl.SSLContext]
    proxies: Proxies
    guard: httpcore.AsyncNetworkBackend | None = None

    def begin(self, origin: httpcore.Origin) -> Connection:
        """Prepare a connection; the first request opens it.

        Args:
            origin: Scheme, host and port.

        Returns:
            The connection.
        """
        proxy = self.proxies.between(origin)
        if proxy is None:
            backend = OpeningBackend(self.guard)
            return Connection(origin, self._direct(origin, backend), backend)
        backend = OpeningBackend(joins=True)
        pool = self._socks(proxy, origin, backend) if proxy.is_socks else self._http_proxy(proxy, origin, backend)
        # The pool makes the connection and never sees it again: its own bookkeeping loses slots under cancellation.
        return Connection(origin, CoreConnection(pool.create_connection(origin)), backend)

    def _direct(self, origin: httpcore.Origin, backend: OpeningBackend) -> _Http:
        context = self._context_for(origin.scheme)
        if is_mocked():
            return CoreConnection(httpcore.AsyncHTTPConnection(origin, context, network_backend=backend))
        return Http1Connection(origin, backend, ssl_context=context, keepalive_seconds=KEEPALIVE_SECONDS)

    def _http_proxy(
        self, proxy: Proxy, origin: httpcore.Origin, backend: OpeningBackend
    ) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncHTTPProxy(
            proxy.url,
            proxy_auth=proxy.credentials,
            ssl_context=self._context_for(origin.scheme),
            proxy_ssl_context=self._context_for(proxy.url.scheme),
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=backend,
        )

    def _socks(self, proxy: Proxy, origin: httpcore.Origin, backend: OpeningBackend) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncSOCKSProxy(
            proxy.url,
            proxy_auth=proxy.credentials,
            ssl_context=self._context_for(origin.scheme),
            keepalive_expiry=KEEPALIVE_SECONDS,
            network_backend=backend,
        )

    def _context_for(self, scheme: bytes) -> ssl.SSLContext | None:
        return self.ssl_context() if scheme == b"https" else None
