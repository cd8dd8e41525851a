"""Sandboxes for tests, in process and on a port: each with its clients, its faults and its clock."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from imagine_async.bridge.calls import run
from imagine_async.catalog import Invented
from imagine_async.client import AsyncImagine
from imagine_async.prices import PriceList
from imagine_async.sync import Imagine
from imagine_async.testing.clocks import NoWaitClock
from imagine_async.testing.next_faults import NextFaults
from imagine_async.testing.settings import QUICK, read_settings
from imagine_async.transport import in_process_client

if TYPE_CHECKING:
    import httpx
    from starlette.applications import Starlette

    from imagine_async.sandbox import RunningSandbox
    from imagine_async.sandbox.engines import Engine

__all__ = ["TestingSandbox", "in_process_sandbox", "server_sandbox"]

ClientT = TypeVar("ClientT", AsyncImagine, Imagine)

_IN_PROCESS = "http://sandbox.invalid"


class TestingSandbox:
    """A sandbox that a test talks to.

    Args:
        server: Its application, base URL and key.
        faults: What breaks its next calls.
        clock: The time, its own and that of its clients.
        connect: Makes what clients reach it with; `None` for sockets.

    Attributes:
        app: Its application, for any client that speaks ASGI.
        base_url: Where it is. One in process is reached by its own clients and by `app` alone.
        key: A key that it lets in.
    """

    __test__ = False
    """Tells pytest that this is no class of tests."""

    def __init__(
        self,
        server: RunningSandbox,
        *,
        faults: NextFaults,
        clock: NoWaitClock,
        connect: Callable[[], httpx.AsyncClient] | None = None,
    ) -> None:
        self.app: Starlette = server.app
        self.base_url = server.base_url
        self.key = server.key
        self.faults = faults
        self.clock = clock
        self._server = server
        self._connect = connect
        self._clients: list[AsyncImagine | Imagine] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    def books(self) -> dict[str, Any]:
        """Return what the sandbox charged its first key: calls, tokens, credits left, and `lines` by endpoint."""
        account: dict[str, Any] = self._server.books()["accounts"][0]
        return account

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls that arrived, the latest last: path, endpoint, prompt, seed, status, tokens and more."""
        return self._server.calls()

    def http_client(self) -> httpx.AsyncClient | None:
        """Return an HTTP client that leads to it, for a cassette that records it; `None` where sockets do."""
        return None if self._connect is None else self._connect()

    def client(self, **options: Any) -> AsyncImagine:
        """Make a client that does not wait, and takes nothing from the environment; the end of the test closes it.

        Args:
            **options: As for `AsyncImagine`.
        """
        return self._kept(AsyncImagine(**self._options(options)))

    def sync_client(self, **options: Any) -> Imagine:
        """Make a sync client that does not wait, and takes nothing from the environment; the end of the test closes it.

        Args:
            **options: As for `Imagine`.
        """
        return self._kept(Imagine(**self._options(options)))

    def close(self) -> None:
        """Close the clients that it made."""
        for client in self._clients:
            client.close() if isinstance(client, Imagine) else run(client.aclose)

    def _kept(self, client: ClientT) -> ClientT:
        self._clients.append(client)
        return client

    def _options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        prices = PriceList.documented().over(Invented.PRICES, source="the sandbox's own").over(given.get("prices"))
        own = {
            "api_key": self.key,
            "base_url": self.base_url,
            "http_client": self.http_client(),
            "clock": self.clock,
            "timeout": 300.0,
            "rate_limit": None,
            "budget": None,
            "store": "memory",
            "v1_dialect": "javascript",
        }
        return {**own, **given, "prices": prices}


@contextmanager
def in_process_sandbox(
    settings: Mapping[str, Any] | None = None, *, faults: NextFaults | None = None, clock: NoWaitClock | None = None
) -> Generator[TestingSandbox, None, None]:
    """Make a sandbox in this process, without a socket, for asyncio, trio and the sync client.

    Args:
        settings: Fields of `SandboxSettings`, and `faults`, over those of `QUICK`.
        faults: What breaks its next calls.
        clock: The time.

    Yields:
        The sandbox; its clients are closed with the block.

    Raises:
        MissingExtraError: The extra `sandbox` is not installed.
        ConfigurationError: There is no such setting, or it is not right.
    """
    chosen, always = read_settings({**QUICK, **(settings or {})})
    from imagine_async.sandbox import RunningSandbox, create_app

    clock, faults = clock or NoWaitClock(), faults or NextFaults()
    app = create_app(chosen, engine=_engine(), clock=clock.now, faults=faults.before(always, clock=clock))
    server = RunningSandbox(_IN_PROCESS, chosen.keys[0], app)
    sandbox = TestingSandbox(server, faults=faults, clock=clock, connect=lambda: in_process_client(app))
    try:
        yield sandbox
    finally:
        sandbox.close()
        app.state.accounts.close()


@contextmanager
def server_sandbox(
    settings: Mapping[str, Any] | None = None, *, faults: NextFaults | None = None, clock: NoWaitClock | None = None
) -> Generator[TestingSandbox, None, None]:
    """Run a sandbox on a free port of 127.0.0.1, for any client of the API.

    Args:
        settings: Fields of `SandboxSettings`, and `faults`, over those of `QUICK`.
        faults: What breaks its next calls.
        clock: The time.

    Yields:
        The sandbox; it ends with the block.

    Raises:
        MissingExtraError: The extra `sandbox` is not installed.
        ConfigurationError: There is no such setting, or it is not right.
    """
    chosen, always = read_settings({**QUICK, **(settings or {})})
    from imagine_async.sandbox import running_sandbox

    clock, faults = clock or NoWaitClock(), faults or NextFaults()
    given = faults.before(always, clock=clock)
    with running_sandbox(chosen, engine=_engine(), clock=clock.now, faults=given) as server:
        sandbox = TestingSandbox(server, faults=faults, clock=clock)
        try:
            yield sandbox
        finally:
            sandbox.close()


@functools.cache
def _engine() -> Engine:
    """Return the engine that all sandboxes share: it keeps nothing between pictures."""
    from imagine_async.sandbox.engines import ProceduralEngine

    return cast("Engine", ProceduralEngine())
