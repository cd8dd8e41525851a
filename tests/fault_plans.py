"""How calls break, and which of them do: what a `FaultServer` is told."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeAlias

from attrs import frozen

__all__ = ["SOUND", "Fault", "FaultPoint", "Plan", "always", "drawn", "on_reuse"]


class FaultPoint(StrEnum):
    """Where a call breaks; the further down, the more the client can know of what became of it."""

    NONE = "none"
    """Nowhere: request and reply pass whole."""
    IDLE = "idle"
    """Before a request comes: as soon as the connection is made, or right after the reply before."""
    BEFORE_HEADERS = "before_headers"
    """The request has arrived at the machine, and not a byte of it is read."""
    DURING_UPLOAD = "during_upload"
    """The server has the headers and half of the request's body, and never gets the rest."""
    AFTER_UPLOAD = "after_upload"
    """The server has the whole request and has answered; nothing of the reply gets through."""
    AFTER_HEADERS = "after_headers"
    """The status line and the headers of the reply get through, and nothing of its body."""
    IN_BODY = "in_body"
    """Half of the reply's body gets through."""


@frozen
class Fault:
    """How a call breaks.

    Args:
        point: Where.
        resets: Whether the connection is reset; otherwise it ends in order.
    """

    point: FaultPoint
    resets: bool = False

    def __str__(self) -> str:
        """Name it in a word, for the ids of tests."""
        return f"{self.point}-{'reset' if self.resets else 'end'}"


SOUND = Fault(FaultPoint.NONE)
"""No fault: the call passes whole."""

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
        chance = random.Random(f"{seed}/{connection}")
        fault, befallen = chance.choice(faults), chance.randint(1, latest)
        return fault if request == befallen else SOUND

    return plan
