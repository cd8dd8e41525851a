"""What a small call costs, alone: one after the other, with a server that answers at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.loopback import loopback
from benchmarks.measures import cpu_per_call
from benchmarks.outcome import Extent, Outcome
from benchmarks.peer_process import peer_processes
from benchmarks.rounds import by_rounds
from benchmarks.tables import table_of
from benchmarks.targets import ratio

__all__ = ["measure_calls"]


def measure_calls(extent: Extent) -> Outcome:
    """Measure.

    Args:
        extent: How much.
    """
    clients = extent.clients("httpx_files", "our_connections")
    with (
        tempfile.TemporaryDirectory() as folder,
        loopback() as server,
        peer_processes(clients, server, wide=1, folder=Path(folder)) as processes,
    ):
        rounds = by_rounds(processes, "small", wide=1)
    return Outcome(
        [
            ratio(
                "calls.cpu_over_httpx_files",
                "CPU of a call, over httpx with files=",
                rounds.ratios("httpx_files", cpu_per_call),
            ),
            ratio(
                "calls.cpu_over_our_connections",
                "CPU of a call, over ready-made bytes on the same connections",
                rounds.ratios("our_connections", cpu_per_call),
            ),
        ],
        [table_of("calls", "A call alone, CPU time", rounds, cpu_per_call, "µs CPU/call")],
    )
