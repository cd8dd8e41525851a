"""The HTTP clients for calls of the API, one for each event loop."""

from __future__ import annotations

from typing import Any

import httpx

from imagine_async.transport.connections import ConnectionStack
from imagine_async.transport.connector import Connector
from imagine_async.transport.per_loop import PerLoop
from imagine_async.transport.proxies import proxies_from_environment
from imagine_async.transport.trust import shared_ssl_context

__all__ = ["ApiClient", "LoopClients", "connections"]


class LoopClients(PerLoop[httpx.AsyncClient]):
    """One HTTP client for each event loop that asks.

    The proxies that the environment names are read when a client is made, not at each call.

    Args:
        limit: Requests in flight at most, on each loop.
    """

    def __init__(self, *, limit: int) -> None:
        super().__init__(lambda: ApiClient(connections(limit)))


class ApiClient(httpx.AsyncClient):
    """httpx's client, whose `send` does what a call of the API needs and nothing else.

    httpx's own keeps cookies, follows redirects and calls hooks: none of that belongs to a call that is paid, and
    looking for it takes a fifth of one.

    Args:
        stack: The connections.
    """

    def __init__(self, stack: ConnectionStack) -> None:
        super().__init__(transport=stack)

    async def send(
        self, request: httpx.Request, *, stream: bool = False, auth: Any = None, follow_redirects: Any = False
    ) -> httpx.Response:
        """Send a request, once.

        Args:
            request: The request.
            stream: Whether to leave the body to be read.
            auth: Puts the key into the request.
            follow_redirects: Is ignored: none is followed.

        Returns:
            The response.
        """
        if callable(auth):
            auth(request)
        # Found by httpx's way, because mocks stand there.
        response = await self._transport_for_url(request.url).handle_async_request(request)
        response.request = request
        if not stream:
            await response.aread()
        return response


def connections(limit: int) -> ConnectionStack:
    """Make the connections for one event loop, through the proxies that the environment names now.

    Args:
        limit: Requests in flight at most.
    """
    return ConnectionStack(limit=limit, connector=Connector(shared_ssl_context, proxies_from_environment()))
