"""What the clients that share connections have in common, and what each of them may have of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from imagine_async.call import Observer
from imagine_async.clock import Clock
from imagine_async.estimating import Estimator
from imagine_async.middleware import Middleware, RetryPolicy
from imagine_async.middleware.credits import Credits
from imagine_async.middleware.gate import ConcurrencyGate
from imagine_async.middleware.ledger import Ledger
from imagine_async.middleware.limiter import RateLimiter
from imagine_async.middleware.retry_budget import RetryBucket
from imagine_async.options import all_of, instance
from imagine_async.pipeline import Pipeline
from imagine_async.spool import MakeSpool
from imagine_async.timeout import Timeout
from imagine_async.transport import Transport
from imagine_async.video.polling import PathMemory

__all__ = ["CallOptions", "SharedParts"]


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class SharedParts:
    """What a client shares with those derived from it: connections, limiter, ledger, and what it has learnt.

    Args:
        base_url: The root of the API's host.
        transport: The connections.
        ledger: The books.
        credits: Keeps the books.
        estimator: Tells what calls would cost.
        limiter: Paces attempts; `None` for no pacing.
        gate: Bounds the attempts in flight; `None` for no bound.
        retry_bucket: Bounds the retries of all calls together; `None` for no bound.
        clock: The time.
        status_paths: Where the API tells how a video job stands.
        delete_paths: Where it deletes one.
    """

    base_url: str
    transport: Transport
    ledger: Ledger
    credits: Credits
    estimator: Estimator
    limiter: RateLimiter | None
    gate: ConcurrencyGate | None
    retry_bucket: RetryBucket | None
    clock: Clock
    status_paths: PathMemory
    delete_paths: PathMemory


@frozen(kw_only=True, eq=False, repr=False, slots=False)
class CallOptions:
    """What a derived client may have of its own.

    Args:
        timeout: What bounds a call and its parts.
        headers: HTTP headers that go with every call.
        retry: Which failures are sent again.
        middleware: The user's own steps; the first is outermost.
        observers: Who is told of events.
        tag: What calls are booked under.
        batch: The batch that they belong to.
        priority: Calls of a higher one pass the rate limit first.
        make_spool: Makes what a result too large for memory is kept on; `None` keeps every result in memory.

    Raises:
        ConfigurationError: One of them is of the wrong kind.
    """

    timeout: Timeout
    headers: Mapping[str, str]
    retry: RetryPolicy
    middleware: Sequence[Middleware]
    observers: Sequence[Observer]
    tag: str | None = None
    batch: str | None = None
    priority: int = 0
    make_spool: MakeSpool | None = None

    def __attrs_post_init__(self) -> None:
        instance("retry", self.retry, RetryPolicy, "a RetryPolicy, for example NO_RETRY")
        all_of("middleware", self.middleware, lambda each: isinstance(each, Middleware), "a list of Middleware objects")
        all_of("observers", self.observers, callable, "a list of callables that take an Event")

    def pipeline(self, shared: SharedParts) -> Pipeline:
        """Put together what a call runs through."""
        return Pipeline(
            shared.transport.send,
            credits=shared.credits,
            limiter=shared.limiter,
            gate=shared.gate,
            retry=self.retry,
            retry_bucket=shared.retry_bucket,
            middleware=self.middleware,
            observers=self.observers,
            clock=shared.clock,
        )
