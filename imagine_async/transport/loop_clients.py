"""The HTTP clients for calls of the API, one for each event loop."""

from __future__ import annotations

from typing import Any

import httpx

from imagine_async.transport.connections import ConnectionStack
from imagine_async.transport.connector import Connector
from imagine_async.transport.per_loop import PerLoop
from imagine_async.transport.proxies import proxies_from_environment
from imagine_async.transport.trust import shared_ssl_context

__all__ = ["LoopClients"]


class LoopClients(PerLoop[httpx.AsyncClient]):
    """One HTTP client for each event loop that asks.

    The proxies that the environment names are read when a client is made, not at each call.

    Args:
        limit: Requests in flight at most, on each loop.
    """

    def __init__(self, *, limit: int) -> None:
        super().__init__(lambda: _client(limit))


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        pass


class _Client(httpx.AsyncClient):
    """A client that keeps no cookies: the API needs none, and looking for them takes a tenth of a call."""

    cookies: Any = _NoCookies()


def _client(limit: int) -> httpx.AsyncClient:
    connector = Connector(shared_ssl_context, proxies_from_environment())
    return _Client(transport=ConnectionStack(limit=limit, connector=connector))
