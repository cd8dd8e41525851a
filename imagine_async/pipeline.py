"""What a call runs through, put together once for a client: deadline, middleware, retry, credits, limiter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import anyio

from imagine_async.call import Call, Handler, Observer, Result
from imagine_async.clock import Clock
from imagine_async.errors import DeadlineExceededError, ImagineError, Outcome
from imagine_async.middleware import Middleware, RetryPolicy
from imagine_async.middleware.base import attempt_steps, call_steps, chain
from imagine_async.middleware.credits import Credits
from imagine_async.middleware.rate_limit import RateLimiter
from imagine_async.middleware.retry import Retry
from imagine_async.requests import Request, ResultT
from imagine_async.timeout import Timeout

__all__ = ["Pipeline"]


class Pipeline:
    """Runs calls.

    Args:
        send: What puts an attempt on the wire.
        credits: Keeps the books.
        limiter: Paces attempts; `None` for no pacing.
        retry: Which failures are sent again.
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
        retry: RetryPolicy,
        middleware: Sequence[Middleware],
        observers: Sequence[Observer],
        clock: Clock,
    ) -> None:
        self._observers = tuple(observers)
        self._clock = clock
        # Credits stand before the limiter: a call that the budget refuses must not use up a slot.
        inner = [credits, *middleware] if limiter is None else [credits, limiter, *middleware]
        attempts = chain(attempt_steps(inner), send)
        self._handler = chain(call_steps([*middleware, Retry(retry)]), attempts)

    async def run(self, request: Request[ResultT], *, timeout: Timeout, headers: Mapping[str, str]) -> ResultT:
        """Make a call.

        Args:
            request: What to do; a missing seed is chosen here, so that every attempt asks for the same picture.
            timeout: Its total is the time until the deadline.
            headers: Further HTTP headers.

        Returns:
            What the request makes.

        Raises:
            ImagineError: The call failed.
        """
        call = Call(
            request=request.seeded(),
            deadline=self._clock.now() + timeout.total,
            clock=self._clock,
            timeout=timeout,
            observers=self._observers,
            headers=dict(headers),
        )
        try:
            result = await self._within_deadline(call)
        except BaseException as error:
            call.emit("failed", seconds=call.elapsed, error=error if isinstance(error, ImagineError) else None)
            raise
        call.emit("finished", seconds=call.elapsed, tokens=call.tokens)
        # Which result belongs to which request is the transport's promise; a middleware could break it.
        return cast("ResultT", result)

    async def _within_deadline(self, call: Call) -> Result:
        with anyio.move_on_after(call.remaining):
            return await self._handler(call)
        raise _deadline_exceeded(call)


def _deadline_exceeded(call: Call) -> DeadlineExceededError:
    charged = "it may have been done and charged" if call.outcome is Outcome.UNKNOWN else f"it was {call.outcome}"
    return DeadlineExceededError(
        f"the call did not end within {call.deadline - call.started:g} s, in attempt {call.attempt}; {charged}",
        outcome=call.outcome,
        call_id=call.id,
    )
