"""How many calls a client makes in a second, by how many are made at once and how long the server takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.loopback import loopback
from benchmarks.measures import calls_per_second
from benchmarks.outcome import Extent, Outcome
from benchmarks.peer_process import peer_processes
from benchmarks.report import Figure
from benchmarks.rounds import Rounds, by_rounds
from benchmarks.tables import Table, table_of
from benchmarks.targets import ratio

__all__ = ["measure_throughput"]

_WIDTHS = (1, 10, 100, 1000)
_LATENCIES = (0, 20, 200)
# Those with targets, at no latency, with whom they compare.
_COMPARED = {
    100: ("openai_generate", "aiohttp_form"),
    1000: ("aiohttp_bytes", "openai_generate", "aiohttp_form"),
}
_SECONDS_EACH = {1000: 12.0}


def measure_throughput(extent: Extent) -> Outcome:
    """Measure.

    Args:
        extent: How much.
    """
    figures: list[Figure] = []
    tables: list[Table] = []
    for milliseconds in _LATENCIES if extent.full else (0,):
        widths = _WIDTHS if extent.full else tuple(_COMPARED)
        for wide, rounds in _cells(extent, milliseconds, widths).items():
            title = f"{wide:,} at once, {milliseconds} ms"
            tables.append(table_of(f"throughput-{wide}-{milliseconds}", title, rounds, calls_per_second, "calls/s"))
            if milliseconds == 0:
                figures.extend(_figures(wide, rounds))
    return Outcome(figures, tables)


def _cells(extent: Extent, milliseconds: int, widths: tuple[int, ...]) -> Mapping[int, Rounds]:
    clients = extent.clients(*_COMPARED[1000])
    with (
        tempfile.TemporaryDirectory() as folder,
        loopback(seconds=milliseconds / 1000) as server,
        peer_processes(clients, server, wide=max(widths), folder=Path(folder)) as processes,
    ):
        return {
            wide: by_rounds(processes, "small", wide=wide, seconds_each=_SECONDS_EACH.get(wide, 8.0), turn_seconds=0.3)
            for wide in widths
        }


def _figures(wide: int, rounds: Rounds) -> Iterator[Figure]:
    for module in _COMPARED.get(wide, ()):
        yield ratio(
            f"throughput.over_{module}_{wide}_wide",
            f"calls/s at {wide:,} at once, over {module}",
            rounds.ratios(module, calls_per_second),
        )
