"""What a call runs through, put together once for a client: deadline, middleware, retry, credits, limiter."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from imagine_async.call import Call, Handler, Observer
from imagine_async.clock import Clock
from imagine_async.errors import DeadlineExceededError, ImagineError, Outcome
from imagine_async.middleware import Middleware, RetryPolicy
from imagine_async.middleware.base import attempt_steps, call_steps, chain
from imagine_async.middleware.credits import Credits
from imagine_async.middleware.rate_limit import RateLimiter
from imagine_async.middleware.retry import Retry
from imagine_async.requests import Request
from imagine_async.results import Image

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

    async def run(self, request: Request, *, seconds: float) -> Image:
        """Make a call.

        Args:
            request: What to do; a missing seed is chosen here, so that every attempt asks for the same picture.
            seconds: The time until the deadline.

        Returns:
            The picture.

        Raises:
            ImagineError: The call failed.
        """
        call = Call(
            request=request.seeded(),
            deadline=self._clock.now() + seconds,
            clock=self._clock,
            observers=self._observers,
        )
        try:
            result = await self._within_deadline(call)
        except BaseException as error:
            call.emit("failed", seconds=call.elapsed, error=error if isinstance(error, ImagineError) else None)
            raise
        call.emit("finished", seconds=call.elapsed, tokens=call.tokens)
        return result

    async def _within_deadline(self, call: Call) -> Image:
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
