"""Work that is compared while it runs by turns, so that all of it meets the same machine.

The speed of a shared machine changes from one second to the next, by half at times: whatever runs one after the other
cannot be compared. Here each piece of work has a process of its own, and one after the other goes on for a moment.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from attrs import define, frozen

__all__ = ["Cost", "Work", "by_turns"]

Work = Callable[[Callable[[], None]], None]
"""Gets ready, calls what it is given, and does what is to be measured."""

_PATIENCE = 120.0


@frozen
class Cost:
    """What a piece of work took.

    Args:
        seconds: By the clock, while it was its turn.
        cpu_seconds: Of its process.
    """

    seconds: float
    cpu_seconds: float


def by_turns(works: Sequence[Work], *, turn_seconds: float = 0.05) -> list[Cost]:
    """Do several pieces of work by turns.

    Args:
        works: The pieces.
        turn_seconds: How long a turn is. Where a server is asked, long beside what it takes to answer: it does not
            stand still with whoever asks, so that all answers are there when a turn begins.

    Returns:
        What each of them took, without getting ready.
    """
    runs = [_start(work) for work in works]
    try:
        for run in runs:
            run.wait_until_ready()
        while running := [run for run in runs if not run.has_ended]:
            for run in running:
                run.take_turn(turn_seconds)
        return [run.cost() for run in runs]
    finally:
        for run in runs:
            run.process.kill()
            run.process.join()


@define
class _Run:
    process: multiprocessing.process.BaseProcess
    told: Connection
    seconds: float = 0.0
    has_ended: bool = False

    def wait_until_ready(self) -> None:
        assert self.told.poll(_PATIENCE), "the work did not get ready"
        self.told.recv()

    def take_turn(self, seconds: float) -> None:
        start = time.perf_counter()
        self._signal(signal.SIGCONT)
        self.has_ended = self.told.poll(seconds)
        self._signal(signal.SIGSTOP)
        self.seconds += time.perf_counter() - start

    def cost(self) -> Cost:
        return Cost(self.seconds, self.told.recv())

    def _signal(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)


def _start(work: Work) -> _Run:
    ours, its = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_do, args=(work, its), daemon=True)
    process.start()
    its.close()
    return _Run(process, ours)


def _do(work: Work, told: Connection) -> None:
    began = 0.0

    def begin() -> None:
        nonlocal began
        told.send(None)
        os.kill(os.getpid(), signal.SIGSTOP)
        began = time.process_time()

    work(begin)
    told.send(time.process_time() - began)
