"""Peers that work by turns, a moment each, and what is compared of them: what one did with what ours did beside it.

The speed of a shared machine changes from one second to the next, by half at times. Ours has a turn before and after
each peer's, and only those are compared; the ratios of all rounds then have a median.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import field, frozen

from benchmarks.clients import OURS
from benchmarks.peer_process import PeerProcess
from benchmarks.peers.work import Answer

__all__ = ["Rounds", "Turns", "by_rounds"]

Measure = Callable[[Answer], float]

_LEAST_ROUNDS = 3
_TRIAL_CALLS = 40


@frozen
class Turns:
    """A peer's turns, one in each round, and ours before and after each of them.

    Args:
        theirs: What the peer did.
        ours: What ours did beside it, on an average.
    """

    theirs: list[Answer] = field(factory=list[Answer])
    ours: list[Answer] = field(factory=list[Answer])

    def ratios(self, measure: Measure) -> Sequence[float]:
        """Return what ours is to theirs, for each round.

        Args:
            measure: What is compared.
        """
        return [
            measure(mine) / theirs if (theirs := measure(other)) else float("inf")
            for mine, other in zip(self.ours, self.theirs, strict=True)
        ]


@frozen
class Rounds:
    """What was done.

    Args:
        ours: All our turns.
        turns: Those of each peer, by the name of its module.
    """

    ours: list[Answer]
    turns: Mapping[str, Turns]

    def ratios(self, module: str, measure: Measure) -> Sequence[float]:
        """Return what ours is to a peer, for each round.

        Args:
            module: The peer's.
            measure: What is compared.
        """
        return self.turns[module].ratios(measure)


def by_rounds(
    processes: Sequence[PeerProcess],
    do: str,
    *,
    wide: int,
    most: int = 9,
    seconds_each: float = 8.0,
    turn_seconds: float = 0.2,
) -> Rounds:
    """Have all peers work by turns.

    Args:
        processes: The peers; one of them is ours.
        do: What they do.
        wide: Calls at once.
        most: Rounds; fewer if they take too long, though three of them.
        seconds_each: When they have taken so long for each peer, no round begins any more.
        turn_seconds: How long a turn is; longer where so many calls take longer.
    """
    counts = {process.client.module: _count(process, do, wide, turn_seconds) for process in processes}

    def turn(process: PeerProcess) -> Answer:
        return process.carry_out(do, count=counts[process.client.module], wide=wide)

    ours = next(process for process in processes if process.client.module == OURS)
    peers = [process for process in processes if process is not ours]
    rounds = Rounds([], {process.client.module: Turns() for process in peers})
    end = time.monotonic() + seconds_each * len(processes)
    for number in range(most):
        if number >= _LEAST_ROUNDS and time.monotonic() > end:
            break
        rounds.ours.append(turn(ours))
        for process in _rotated(peers, number):
            before, theirs, after = rounds.ours[-1], turn(process), turn(ours)
            rounds.ours.append(after)
            turns = rounds.turns[process.client.module]
            turns.theirs.append(theirs)
            turns.ours.append(_together(before, after))
    return rounds


def _count(process: PeerProcess, do: str, wide: int, turn_seconds: float) -> int:
    """Find out how many calls a turn takes; never fewer than are made at once."""
    trial = process.carry_out(do, count=_TRIAL_CALLS, wide=min(wide, _TRIAL_CALLS), seconds=1.0)
    return max(wide, int(trial["calls"] / trial["seconds"] * turn_seconds))


def _rotated(peers: Sequence[PeerProcess], number: int) -> Iterator[PeerProcess]:
    return (peers[(number + place) % len(peers)] for place in range(len(peers)))


def _together(one: Answer, other: Answer) -> Answer:
    return Answer(
        seconds=one["seconds"] + other["seconds"],
        cpu_seconds=one["cpu_seconds"] + other["cpu_seconds"],
        calls=one["calls"] + other["calls"],
        failed=one["failed"] + other["failed"],
        bytes=one["bytes"] + other["bytes"],
        latency=(one["latency"] + other["latency"]) / 2,
        error=one["error"] or other["error"],
    )
