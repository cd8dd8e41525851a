"""What a middleware is, and how several become one handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from imagine_async.call import Call, Handler, Result

__all__ = ["Middleware", "Step", "attempt_steps", "call_steps", "chain"]

Step: TypeAlias = "Callable[[Call, Handler], Awaitable[Result]]"
"""One method of a middleware, bound to it."""


class Middleware:
    """Something on the way of every call; subclass it and override one method or both.

    It sees results and errors of this SDK, never an object of the HTTP library. The one nearest to the caller is
    entered first.

    Example:
        class Tag(Middleware):
            async def around_attempt(self, call, next):
                call.headers["x-team"] = "design"
                return await next(call)
    """

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Wrap the whole call: entered once, with all its attempts inside.

        Args:
            call: The call.
            next: What to await for the result.

        Returns:
            The result.
        """
        return await next(call)

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Wrap one attempt: entered again for every resend.

        Args:
            call: The call.
            next: What to await for the result.

        Returns:
            The result.
        """
        return await next(call)


def chain(steps: Iterable[Step], last: Handler) -> Handler:
    """Nest steps into one handler.

    Args:
        steps: The first is entered first.
        last: What the innermost step awaits.

    Returns:
        The handler.
    """
    handler = last
    for step in reversed(list(steps)):
        handler = _nest(step, handler)
    return handler


def _nest(step: Step, inner: Handler) -> Handler:
    return lambda call: step(call, inner)


def call_steps(middleware: Iterable[Middleware]) -> list[Step]:
    """Collect the call-level methods of those that have one of their own."""
    return [each.around_call for each in middleware if type(each).around_call is not Middleware.around_call]


def attempt_steps(middleware: Iterable[Middleware]) -> list[Step]:
    """Collect the attempt-level methods of those that have one of their own."""
    return [each.around_attempt for each in middleware if type(each).around_attempt is not Middleware.around_attempt]
