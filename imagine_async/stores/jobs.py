"""What a store's thread does, and what it does it with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import anyio
from anyio.lowlevel import EventLoopToken
from attrs import define, field

__all__ = ["Engine", "Job", "StoreAwayError", "WorkT"]

WorkT = TypeVar("WorkT")


class StoreAwayError(Exception):
    """The store cannot be reached for the moment; nothing was done, or doing it again does no harm."""


@define(eq=False)
class Job(Generic[WorkT]):
    """Something that a store has to do.

    Args:
        work: What it is; only the engine understands it. `None`: nothing, but to be told when all before it is done.
        give_up_at: Seconds on the monotonic clock, until when a store that is away is waited for; `None`: for ever.
        wake: The event that is set when it is done, and its loop; `None` where nobody waits.
        undo: At most one function, which makes the work that takes it back. In a list, because taking it out is one
            step even between threads.
        result: What came of it.
        error: What went wrong.
        was_tried: Whether it was given to the engine at least once.
        is_done: Whether it has result or error.
        is_abandoned: Whether nobody waits for it any more.
        may_wait: Whether it may be kept a few milliseconds, to be done together with what comes then.
        is_last: Whether the engine is to be closed instead, when all before it is done.
    """

    work: WorkT | None
    give_up_at: float | None = None
    wake: tuple[EventLoopToken, anyio.Event] | None = None
    undo: list[Callable[[Any], WorkT | None]] = field(factory=list)
    result: Any = None
    error: BaseException | None = None
    was_tried: bool = False
    is_done: bool = False
    is_abandoned: bool = False
    may_wait: bool = False
    is_last: bool = False

    def taken_back(self) -> WorkT | None:
        """Return the work that takes it back; `None` where there is none, or it was returned before."""
        try:
            undo = self.undo.pop()
        except IndexError:
            return None
        return undo(self.result)


class Engine(Protocol[WorkT]):
    """What talks to the store. One thread only uses it."""

    def run(self, jobs: Sequence[Job[WorkT]]) -> None:
        """Do jobs in one step, in their order, and note on each its result, or its error if the store refused it.

        Raises:
            StoreAwayError: None was done, or doing them again does no harm; it is worth trying again.
            StoreError: None was done, and trying again is of no use.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections; the next run opens them again."""
        ...
