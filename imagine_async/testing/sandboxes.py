"""What the fixtures hand out: a sandbox, and the clients that are led to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack, cast

from attrs import field, frozen

from imagine_async.catalog import Invented
from imagine_async.client import AsyncImagine
from imagine_async.prices import PriceList
from imagine_async.sync import Imagine
from imagine_async.testing.clocks import NoWaitClock
from imagine_async.transport import in_process_client

if TYPE_CHECKING:
    import httpx
    from starlette.applications import Starlette

    from imagine_async.options import ClientOptions
    from imagine_async.sandbox.accounts import Accounts
    from imagine_async.sandbox.calls.log import CallLog
    from imagine_async.sandbox.faults.queued import NextFaults

__all__ = ["FaultQueue", "SandboxInTest"]

_IN_PROCESS = "http://sandbox.invalid"
_ALL = 2**31


@frozen
class FaultQueue:
    """Breaks the next calls of a test.

    Args:
        queue: Of the sandbox.
    """

    _queue: NextFaults

    def next(self, *faults: str | Mapping[str, Any]) -> None:
        """Let faults befall the next requests, one after the other.

        Args:
            *faults: Words such as `drop:in_body`, `html:502` or `ok`, or tables as in a file of faults, such as
                `{"fault": "429", "retry_after": 3}`. All kinds: docs/faults.md.

        Raises:
            FaultsError: One of them is no fault.
        """
        self._queue.add(*faults)

    @property
    def waiting(self) -> int:
        """How many requests still have a fault, or an `ok`, before them."""
        return self._queue.waiting


@frozen
class SandboxInTest:
    """A sandbox that belongs to one test.

    Args:
        app: Its ASGI application.
        key: A key that it lets in.
        base_url: Where it is: on a port, or a name that only its own clients know.
        clock: The clock of its clients, which never wait.
    """

    app: Starlette
    key: str = field(repr=False)
    base_url: str = _IN_PROCESS
    clock: NoWaitClock = field(factory=NoWaitClock)

    @property
    def faults(self) -> FaultQueue:
        """Breaks the next calls."""
        return FaultQueue(self.app.state.next_faults)

    def books(self) -> dict[str, Any]:
        """Return what the key was charged: calls, tokens and credits, in all and by endpoint and style."""
        books = cast("Accounts", self.app.state.accounts).books()
        return cast("dict[str, Any]", books["accounts"][0])

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls that came in, the last change last: endpoint, prompt, seed, status, tokens and more."""
        return [call.as_data() for call in cast("CallLog", self.app.state.calls).since(0, _ALL)]

    def client(self, **options: Unpack[ClientOptions]) -> AsyncImagine:
        """Make an async client of this sandbox, which needs no closing where the sandbox is in this process.

        Args:
            **options: As for `AsyncImagine`; without any, calls are neither paced nor waited for.
        """
        return AsyncImagine(self.key, base_url=self.base_url, http_client=self._way(), **self._completed(options))

    def sync_client(self, **options: Unpack[ClientOptions]) -> Imagine:
        """Make a sync client of this sandbox.

        Args:
            **options: As for `Imagine`; without any, calls are neither paced nor waited for.
        """
        return Imagine(self.key, base_url=self.base_url, http_client=self._way(), **self._completed(options))

    def _way(self) -> httpx.AsyncClient | None:
        return in_process_client(self.app) if self.base_url == _IN_PROCESS else None

    def _completed(self, options: ClientOptions) -> ClientOptions:
        prices = PriceList.documented().over(Invented.PRICES, source="the sandbox's own").over(options.get("prices"))
        return {"rate_limit": None, "clock": self.clock, **options, "prices": prices}
