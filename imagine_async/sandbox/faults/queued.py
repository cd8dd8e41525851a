"""Faults that a test asks for while the sandbox runs: the next requests are struck, and then no more."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from imagine_async.sandbox.faults.drawing import Draws, Strike
from imagine_async.sandbox.faults.loading import Faults
from imagine_async.sandbox.faults.targets import Target

__all__ = ["AllFaults", "NextFaults"]

_SOUND = "ok"


class NextFaults:
    """A queue of faults, one for each request to come. Safe to use from several threads.

    Args:
        clock: Seconds on a clock that never steps back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._target = Target.of((), ())
        self._waiting: deque[Draws | None] = deque()

    def add(self, *faults: str | Mapping[str, Any]) -> None:
        """Let faults strike the next requests, one after the other.

        Args:
            *faults: Words such as `drop:in_body`, with `ok` for a request that passes whole; or what a rule of a file
                holds beside its script, such as `{"fault": "429", "retry_after": 3}`.

        Raises:
            FaultsError: One of them is no fault; none is added.
        """
        draws = [self._draws(fault) for fault in faults]
        with self._lock:
            self._waiting.extend(draws)

    @property
    def waiting(self) -> int:
        """How many requests will still be struck or let pass."""
        with self._lock:
            return len(self._waiting)

    def draw(self, path: str) -> list[Strike]:
        """Take the fault of a request from the queue.

        Args:
            path: The request's path; those that faults do not befall leave the queue as it is.
        """
        with self._lock:
            if not self._waiting or not self._target.takes(path):
                return []
            draws = self._waiting.popleft()
        return [] if draws is None else draws.draw(path)

    def _draws(self, fault: str | Mapping[str, Any]) -> Draws | None:
        if fault == _SOUND:
            return None
        rule = {"script": [fault]} if isinstance(fault, str) else {**fault, "script": [1]}
        return Draws(Faults.of({"rules": [rule]}), self._clock)


@frozen
class AllFaults:
    """The faults that were asked for, and else those of the rules.

    Args:
        asked: What a test asked for.
        rules: The rules; `None` where there are none.
    """

    asked: NextFaults
    rules: Draws | None

    def draw(self, path: str) -> list[Strike]:
        """Draw what strikes a request.

        Args:
            path: The request's path.
        """
        strikes = self.asked.draw(path)
        return strikes if strikes or self.rules is None else self.rules.draw(path)
