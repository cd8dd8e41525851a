"""How calls break, and which of them do: what a `FaultProxy` is told."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from attrs import field, frozen

from imagine_async.drop_points import DropPoint

__all__ = ["SOUND", "DropPoint", "Fault", "Plan", "always", "drawn", "on_reuse"]


def _check_delay(_fault: Any, _attribute: Any, delay: float) -> None:
    if not delay >= 0:
        raise ValueError(f"delay: a number of seconds from 0, not {delay!r}")


def _check_rate(_fault: Any, _attribute: Any, rate: float | None) -> None:
    if rate is not None and not rate > 0:
        raise ValueError(f"bytes_per_second: a number over 0, or None for no bound, not {rate!r}")


@frozen
class Fault:
    """How a call breaks.

    Args:
        point: Where; `None` if it gets through.
        resets: Whether the connection is reset; otherwise it ends in order.
        delay: Seconds before anything of the reply gets through.
        bytes_per_second: How fast the reply gets through; `None` for at once.
        hangs: Whether the request is swallowed, passed on to nobody, and never answered.

    Raises:
        ValueError: A figure is out of range.
    """

    point: DropPoint | None = None
    resets: bool = False
    delay: float = field(default=0.0, validator=_check_delay)
    bytes_per_second: float | None = field(default=None, validator=_check_rate)
    hangs: bool = False

    def __str__(self) -> str:
        """Name it in a few words, for the ids of tests."""
        words = [] if self.point is None else [str(self.point), "reset" if self.resets else "end"]
        words += [f"after-{self.delay:g}s"] if self.delay else []
        words += [] if self.bytes_per_second is None else [f"{self.bytes_per_second:g}B/s"]
        words += ["hangs"] if self.hangs else []
        return "-".join(words) or "sound"


SOUND = Fault()
"""No fault: the call passes whole and at once."""

Plan: TypeAlias = Callable[[int, int], Fault]
"""Tells the fault of a request, from the number of its connection and its own number there, both from 1.

Several threads ask at once.
"""


def always(fault: Fault) -> Plan:
    """Break every request in the same way.

    Args:
        fault: How.

    Returns:
        The plan.
    """
    return lambda connection, request: fault


def on_reuse(fault: Fault) -> Plan:
    """Let the first request of every connection through and break the second, as idle connections break in the wild.

    Args:
        fault: How.

    Returns:
        The plan.
    """
    return lambda connection, request: SOUND if request == 1 else fault


def drawn(seed: int, faults: Sequence[Fault], *, latest: int = 3) -> Plan:
    """Let every connection draw its fault, and which of its requests that befalls.

    Args:
        seed: With the same seed, the same connection draws the same.
        faults: What is drawn from.
        latest: The last request of a connection that the fault may befall, at least 1.

    Returns:
        The plan.
    """

    def plan(connection: int, request: int) -> Fault:
        chance = random.Random(f"{seed}/{connection}")  # noqa: S311 - nobody is kept from guessing it
        fault, befallen = chance.choice(faults), chance.randint(1, latest)
        return fault if request == befallen else SOUND

    return plan
