"""A task that outlives the scope it is started from.

Structured concurrency has no place for an iterator that its consumer may abandon: a task group left open across a
`yield` breaks the consumer's own cancel scopes. So the work behind such an iterator runs in a task beside them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any

from anyio.lowlevel import EventLoopToken, current_token

__all__ = ["spawn", "spawn_on"]


def spawn(function: Callable[[], Awaitable[None]]) -> object:
    """Start a task on the running event loop, with the caller's context variables.

    Args:
        function: An async function; it has to keep its errors to itself.

    Returns:
        The task, which the caller keeps referenced for as long as it is to run.
    """
    return spawn_on(current_token(), function)


def spawn_on(token: EventLoopToken, function: Callable[[], Awaitable[None]]) -> object:
    """Start a task on the event loop that runs in this thread, also from a callback, which is in no task.

    Args:
        token: The running event loop's.
        function: As for `spawn`.

    Returns:
        The task.
    """
    loop: Any = token.native_token
    if hasattr(loop, "create_task"):
        return loop.create_task(function())
    import trio

    return trio.lowlevel.spawn_system_task(function, context=copy_context())
