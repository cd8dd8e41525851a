"""Which faults strike which request: the rules at work, with what they have counted so far."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from random import Random

from attrs import frozen

from imagine_async.sandbox.faults.base import Fault, Moment
from imagine_async.sandbox.faults.loading import Faults
from imagine_async.sandbox.faults.rules import Rule

__all__ = ["Draws", "Strike"]


@frozen
class Strike:
    """A fault that strikes a request.

    Args:
        rule: The number of its rule, from 1.
        request: The number of the request among those that the rule befalls, from 1.
        fault: The fault.
        moment: What it may need to know.
    """

    rule: int
    request: int
    fault: Fault
    moment: Moment


class Draws:
    """Asks the rules of one sandbox.

    Every request is numbered as it comes, rule by rule, and what strikes it follows from the seed and that number
    alone: so it does not matter how long requests take, or which of them are under way at once.

    Args:
        faults: The rules and their seed.
        clock: Seconds on a clock that never steps back.
    """

    def __init__(self, faults: Faults, clock: Callable[[], float]) -> None:
        self._seed = faults.seed
        self._clock = clock
        self._lock = threading.Lock()
        self._rules = [_AtWork(number, rule) for number, rule in enumerate(faults.rules, 1)]

    @property
    def struck(self) -> Counter[int]:
        """How many requests each rule has struck, by its number."""
        with self._lock:
            return Counter({rule.number: rule.struck for rule in self._rules if rule.struck})

    def draw(self, path: str) -> list[Strike]:
        """Count a request, and draw what strikes it.

        Args:
            path: The request's path.

        Returns:
            The faults in the order of their rules; below one that ends the call, no other.
        """
        strikes: list[Strike] = []
        with self._lock:
            now = self._clock()
            for rule in (rule for rule in self._rules if rule.rule.target.takes(path)):
                rule.count()
                if not (strikes and strikes[-1].fault.ends):
                    strikes += rule.asked(path, self._seed, now)
        return strikes


class _AtWork:
    """A rule and its counts; the caller holds a lock."""

    def __init__(self, number: int, rule: Rule) -> None:
        self.number = number
        self.rule = rule
        self.struck = 0
        self._came = 0
        self._begun = 0
        self._last: tuple[Fault, int, float] | None = None

    def count(self) -> None:
        self._came += 1

    def asked(self, path: str, seed: int, now: float) -> list[Strike]:
        chance = Random(f"{seed}/{self.number}/{self._came}")  # noqa: S311 - nobody is kept from guessing it
        fault = self._going_on(now) or self._new(chance, now)
        if fault is None:
            return []
        self.struck += 1
        return [Strike(self.number, self._came, fault, Moment(chance, time.time(), path))]

    def _going_on(self, now: float) -> Fault | None:
        if self._last is None:
            return None
        fault, came, since = self._last
        return fault if fault.strikes_also(self._came - came, now - since) else None

    def _new(self, chance: Random, now: float) -> Fault | None:
        if self.rule.times is not None and self._begun >= self.rule.times:
            return None
        fault = self.rule.drawn(self._came, chance)
        if fault is not None:
            self._begun += 1
            self._last = fault, self._came, now
        return fault
