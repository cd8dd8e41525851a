"""Slow work in threads, on as many at once as there are cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

__all__ = ["CHECKERS", "PAINTERS", "in_thread"]

T = TypeVar("T")

# Two queues, so that a bad form need not wait for other people's pictures to be told so.
CHECKERS: RunVar[CapacityLimiter] = RunVar("imagine_async_sandbox_checkers")
PAINTERS: RunVar[CapacityLimiter] = RunVar("imagine_async_sandbox_painters")


async def in_thread(work: Callable[[], T], limiters: RunVar[CapacityLimiter]) -> T:
    """Run work in a thread.

    Args:
        work: What to do.
        limiters: The queue to wait in; its limiter belongs to the event loop that runs.

    Returns:
        What the work returned.
    """
    limiter = limiters.get(None)
    if limiter is None:
        limiter = CapacityLimiter(os.cpu_count() or 1)
        limiters.set(limiter)
    return await to_thread.run_sync(work, limiter=limiter)
