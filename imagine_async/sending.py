"""What the clients that share connections have in common, and what each of them may have of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from imagine_async.call import Observer
from imagine_async.clock import Clock
from imagine_async.middleware import Middleware, RetryPolicy
from imagine_async.middleware.credits import Credits, Ledger
from imagine_async.middleware.rate_limit import RateLimiter
from imagine_async.pipeline import Pipeline
from imagine_async.timeout import Timeout
from imagine_async.transport import Transport
from imagine_async.video.polling import PathMemory

__all__ = ["CallOptions", "SharedParts"]


@frozen(kw_only=True)
class SharedParts:
    """What a client shares with those derived from it: connections, limiter, ledger, and what it has learnt.

    Args:
        base_url: The root of the API's host.
        transport: The connections.
        ledger: The books.
        credits: Keeps the books.
        limiter: Paces attempts; `None` for no pacing.
        clock: The time.
        status_paths: Where the API tells how a video job stands.
        delete_paths: Where it deletes one.
    """

    base_url: str
    transport: Transport
    ledger: Ledger
    credits: Credits
    limiter: RateLimiter | None
    clock: Clock
    status_paths: PathMemory
    delete_paths: PathMemory


@frozen(kw_only=True)
class CallOptions:
    """What a derived client may have of its own.

    Args:
        timeout: What bounds a call and its parts.
        headers: HTTP headers that go with every call.
        retry: Which failures are sent again.
        middleware: The user's own steps; the first is outermost.
        observers: Who is told of events.
    """

    timeout: Timeout
    headers: Mapping[str, str]
    retry: RetryPolicy
    middleware: Sequence[Middleware]
    observers: Sequence[Observer]

    def pipeline(self, shared: SharedParts) -> Pipeline:
        """Put together what a call runs through."""
        return Pipeline(
            shared.transport.send,
            credits=shared.credits,
            limiter=shared.limiter,
            retry=self.retry,
            middleware=self.middleware,
            observers=self.observers,
            clock=shared.clock,
        )
