"""How much longer a call takes than the server does, with ten at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.loopback import loopback
from benchmarks.measures import latency
from benchmarks.outcome import Extent, Outcome
from benchmarks.peer_process import peer_processes
from benchmarks.rounds import by_rounds
from benchmarks.tables import table_of
from benchmarks.targets import ratio

__all__ = ["measure_latency"]

_MILLISECONDS = 20.0
_WIDE = 10


def measure_latency(extent: Extent) -> Outcome:
    """Measure.

    Args:
        extent: How much.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        loopback(seconds=_MILLISECONDS / 1000) as server,
        peer_processes(extent.clients(), server, wide=_WIDE, folder=Path(folder)) as processes,
    ):
        rounds = by_rounds(processes, "small", wide=_WIDE)
    title = f"How long a call takes, {_WIDE} at once, where the server takes {_MILLISECONDS:.0f} ms"
    return Outcome(
        [
            ratio(
                "latency.over_server",
                "median latency over the server's, 10 at once",
                [latency(answer) / _MILLISECONDS for answer in rounds.ours],
            )
        ],
        [table_of("latency", title, rounds, latency, "ms")],
    )
