"""What is compared of peers."""

from __future__ import annotations

from benchmarks.peers.work import Answer

__all__ = ["calls_per_second", "cpu_per_call", "latency", "megabytes_per_second"]


def cpu_per_call(answer: Answer) -> float:
    """Return the CPU time of a call in µs, of the whole process."""
    return 1e6 * answer["cpu_seconds"] / max(1, answer["calls"])


def calls_per_second(answer: Answer) -> float:
    """Return how many calls succeeded in a second."""
    return answer["calls"] / answer["seconds"]


def latency(answer: Answer) -> float:
    """Return how long the call in the middle took, in ms."""
    return 1e3 * answer["latency"]


def megabytes_per_second(answer: Answer) -> float:
    """Return how many MB of pictures arrived in a second."""
    return answer["bytes"] / answer["seconds"] / 1e6
