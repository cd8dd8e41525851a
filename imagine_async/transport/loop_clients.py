"""HTTP clients that belong to the event loop they were made on.

A connection cannot be used from a second loop. So every loop gets a client of its own, which goes when its owner or
its loop does: a loop ends the async generators that were begun on it before it closes, and one of those stands guard.
"""

from __future__ import annotations

import functools
import ssl
from collections.abc import AsyncGenerator
from weakref import WeakKeyDictionary

import httpx
from anyio.lowlevel import RunVar

from imagine_async.transport.connections import ConnectionStack

__all__ = ["LoopClients"]


class LoopClients:
    """One HTTP client for each event loop that asks.

    Args:
        limit: Requests in flight at most, on each loop.
    """

    def __init__(self, *, limit: int) -> None:
        self._limit = limit

    async def get(self) -> httpx.AsyncClient:
        """Return the running loop's client; make it on first use."""
        guarded = _of_this_loop().get(self)
        if guarded is None:
            guarded = _of_this_loop()[self] = _GuardedClient(self._limit)
            await guarded.open()
        return guarded.client

    async def aclose(self) -> None:
        """Close the running loop's client; those of other loops go with their loops."""
        guarded = _of_this_loop().pop(self, None)
        if guarded is not None:
            await guarded.aclose()


class _GuardedClient:
    def __init__(self, limit: int) -> None:
        self.client = httpx.AsyncClient(transport=ConnectionStack(limit=limit, ssl_context=_shared_ssl_context))
        self._guard = _close_at_the_end(self.client)

    async def open(self) -> None:
        await anext(self._guard)

    async def aclose(self) -> None:
        await self._guard.aclose()


async def _close_at_the_end(client: httpx.AsyncClient) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await client.aclose()


_clients: RunVar[WeakKeyDictionary[LoopClients, _GuardedClient]] = RunVar("imagine_async_clients")


def _of_this_loop() -> WeakKeyDictionary[LoopClients, _GuardedClient]:
    try:
        return _clients.get()
    except LookupError:
        clients: WeakKeyDictionary[LoopClients, _GuardedClient] = WeakKeyDictionary()
        _clients.set(clients)
        return clients


@functools.cache
def _shared_ssl_context() -> ssl.SSLContext:
    # Making one costs tens of milliseconds; every connection of the process can use the same.
    return httpx.create_ssl_context()
