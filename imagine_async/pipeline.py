"""What a call runs through, put together once for a client: deadline, middleware, retry, credits, limiter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import anyio
from attrs import frozen

from imagine_async.call import Call, Handler, Observer, Result
from imagine_async.clock import Clock
from imagine_async.errors import DeadlineExceededError, ImagineError, Outcome
from imagine_async.middleware import Middleware, RetryPolicy
from imagine_async.middleware.base import attempt_steps, call_steps, chain
from imagine_async.middleware.credits import Credits
from imagine_async.middleware.gate import ConcurrencyGate
from imagine_async.middleware.limiter import RateLimiter
from imagine_async.middleware.logs import Logging
from imagine_async.middleware.retry import Retry
from imagine_async.middleware.retry_budget import RetryBucket
from imagine_async.requests import Request, ResultT
from imagine_async.spool import MakeSpool
from imagine_async.timeout import Timeout

__all__ = ["CallFacts", "Pipeline"]


@frozen(kw_only=True, eq=False, repr=False)
class CallFacts:
    """How one call is made.

    Args:
        timeout: Its total is the time until the deadline.
        headers: Further HTTP headers.
        priority: Calls of a higher one pass the rate limit first.
        tag: What the call is booked under.
        batch: The batch that it belongs to.
        resend_unknown: Whether to send again what may have been charged; `None` leaves it to the policy.
        make_spool: Makes what a result too large for memory is kept on; `None` keeps every result in memory.
    """

    timeout: Timeout
    headers: Mapping[str, str]
    priority: int = 0
    tag: str | None = None
    batch: str | None = None
    resend_unknown: bool | None = None
    make_spool: MakeSpool | None = None


class Pipeline:
    """Runs calls.

    Args:
        send: What puts an attempt on the wire.
        credits: Keeps the books.
        limiter: Paces attempts; `None` for no pacing.
        gate: Bounds the attempts in flight; `None` for no bound.
        retry: Which failures are sent again.
        retry_bucket: Bounds the retries of all calls together; `None` for no bound.
        middleware: The user's own steps; the first is outermost.
        observers: Who is told of events.
        clock: The time.
    """

    def __init__(
        self,
        send: Handler,
        *,
        credits: Credits,
        limiter: RateLimiter | None,
        gate: ConcurrencyGate | None,
        retry: RetryPolicy,
        retry_bucket: RetryBucket | None,
        middleware: Sequence[Middleware],
        observers: Sequence[Observer],
        clock: Clock,
    ) -> None:
        self._observers = tuple(observers)
        self._clock = clock
        # Credits stand before the limiter: a call that the budget refuses must not use up a slot.
        paced = [step for step in (gate, limiter) if step is not None]
        logging = Logging()
        attempts = chain(attempt_steps([logging, credits, *paced, *middleware]), send)
        self._bounded = chain(call_steps([*middleware, Retry(retry, retry_bucket)]), attempts)
        # Outside of the deadline, so that it sees the error which that raises.
        self._handler = chain(call_steps([logging]), self._within_deadline)

    async def run(self, request: Request[ResultT], about: CallFacts) -> ResultT:
        """Make a call.

        Args:
            request: What to do; a missing seed is chosen here, so that every attempt asks for the same picture.
            about: How to do it.

        Returns:
            What the request makes.

        Raises:
            ImagineError: The call failed.
        """
        seeded = request.seeded()
        call = Call(
            request=seeded,
            seed_chosen=seeded is not request,
            deadline=self._clock.now() + about.timeout.total,
            clock=self._clock,
            timeout=about.timeout,
            observers=self._observers,
            headers=dict(about.headers),
            priority=about.priority,
            tag=about.tag,
            batch=about.batch,
            resend_unknown=about.resend_unknown,
            make_spool=about.make_spool,
        )
        try:
            result = await self._handler(call)
        except ImagineError as error:
            # What lies further in, a store for example, need not know whose call it was.
            error.call_id = error.call_id or call.id
            call.emit("failed", seconds=call.elapsed, error=error)
            raise
        except BaseException:
            call.emit("failed", seconds=call.elapsed)
            raise
        call.emit("finished", seconds=call.elapsed, tokens=call.tokens)
        # Which result belongs to which request is the transport's promise; a middleware could break it.
        return cast("ResultT", result)

    async def _within_deadline(self, call: Call) -> Result:
        with anyio.CancelScope(deadline=anyio.current_time() + call.remaining):
            return await self._bounded(call)
        raise _deadline_exceeded(call)


def _deadline_exceeded(call: Call) -> DeadlineExceededError:
    charged = "it may have been done and charged" if call.outcome is Outcome.UNKNOWN else f"it was {call.outcome}"
    return DeadlineExceededError(
        f"the call did not end within {call.deadline - call.started:g} s, in attempt {call.attempt}; {charged}",
        outcome=call.outcome,
        call_id=call.id,
    )
