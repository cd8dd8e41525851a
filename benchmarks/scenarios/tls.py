"""What a reply of 1 MB costs that arrives encrypted, eight at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.clients import OURS, clients_named
from benchmarks.loopback import loopback
from benchmarks.measures import cpu_per_call
from benchmarks.outcome import Extent, Outcome
from benchmarks.peer_process import peer_processes
from benchmarks.rounds import by_rounds
from benchmarks.tables import table_of
from benchmarks.targets import ratio

__all__ = ["measure_tls"]

_WIDE = 8
_NAMES = {"httpx_files": "httpx", "aiohttp_form": "aiohttp"}


def measure_tls(extent: Extent) -> Outcome:
    """Measure.

    Args:
        extent: How much; the clients are always the same.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        loopback(reply_bytes=1_000_000, tls=True) as server,
        peer_processes(clients_named([OURS, *_NAMES]), server, wide=_WIDE, folder=Path(folder)) as processes,
    ):
        rounds = by_rounds(processes, "small", wide=_WIDE)
    figures = [
        ratio(f"tls.cpu_over_{module}", f"CPU of 1 MB over TLS, over {name}", rounds.ratios(module, cpu_per_call))
        for module, name in _NAMES.items()
    ]
    return Outcome(figures, [table_of("tls", "1 MB over TLS, 8 at once", rounds, cpu_per_call, "µs CPU/call")])
