"""Queues: slow work in threads, on as many at once as there are cores, and bodies that are being read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

__all__ = ["CHECKERS", "PAINTERS", "body_places", "in_thread"]

T = TypeVar("T")

# Two queues, so that a bad form need not wait for other people's pictures to be told so.
CHECKERS: RunVar[CapacityLimiter] = RunVar("imagine_async_sandbox_checkers")
PAINTERS: RunVar[CapacityLimiter] = RunVar("imagine_async_sandbox_painters")
_BODIES: RunVar[CapacityLimiter] = RunVar("imagine_async_sandbox_bodies")
_MAX_BODIES = 64


async def in_thread(work: Callable[[], T], limiters: RunVar[CapacityLimiter]) -> T:
    """Run work in a thread.

    Args:
        work: What to do.
        limiters: The queue to wait in; its limiter belongs to the event loop that runs.

    Returns:
        What the work returned.
    """
    return await to_thread.run_sync(work, limiter=_limiter(limiters, os.cpu_count() or 1))


def body_places() -> CapacityLimiter:
    """Return the places of the bodies that are read at one time, of which each may hold a few megabytes."""
    return _limiter(_BODIES, _MAX_BODIES)


def _limiter(limiters: RunVar[CapacityLimiter], places: int) -> CapacityLimiter:
    limiter = limiters.get(None)
    if limiter is None:
        limiter = CapacityLimiter(places)
        limiters.set(limiter)
    return limiter
