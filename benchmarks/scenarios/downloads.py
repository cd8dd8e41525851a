"""How fast large replies arrive, eight at once: streamed to files, and in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.clients import OURS, clients_named
from benchmarks.loopback import loopback
from benchmarks.measures import megabytes_per_second
from benchmarks.outcome import Extent, Outcome
from benchmarks.peer_process import peer_processes
from benchmarks.report import Figure
from benchmarks.rounds import Rounds, by_rounds
from benchmarks.tables import Table, table_of
from benchmarks.targets import ratio

__all__ = ["measure_downloads"]

_WIDE = 8
_MEGABYTE = 1_000_000


def measure_downloads(extent: Extent) -> Outcome:
    """Measure.

    Args:
        extent: How much.
    """
    modules = ("aiohttp_form", "aiohttp_whole", *(("httpx_files",) if extent.every_client else ()))
    to_disk = _rounds("to_disk", 4, *modules)
    tables = [_table("downloads-disk", "4 MB to disk, 8 at once", to_disk)]
    if extent.full:
        in_memory = ("our_connections", "httpx_files", "aiohttp_form", "openai_generate", "openai_binary", "by_hand")
        tables.append(_table("downloads-disk-1", "1 MB to disk, 8 at once", _rounds("to_disk", 1, *modules)))
        tables += [
            _table(f"downloads-memory-{size}", f"{size} MB to memory, 8 at once", _rounds("small", size, *in_memory))
            for size in (1, 4)
        ]
    over_whole = ratio(
        "downloads.to_disk_over_aiohttp_whole",
        "MB/s of 4 MB to disk, over aiohttp doing the same",
        to_disk.ratios("aiohttp_whole", megabytes_per_second),
    )
    over_plain = Figure(
        "MB/s of 4 MB to disk, over aiohttp that takes no digest and leaves half a file where it fails",
        "x",
        to_disk.ratios("aiohttp_form", megabytes_per_second),
    )
    return Outcome([over_whole, over_plain], tables)


def _rounds(do: str, megabytes: int, *modules: str) -> Rounds:
    with (
        tempfile.TemporaryDirectory() as folder,
        loopback(reply_bytes=megabytes * _MEGABYTE) as server,
        peer_processes(clients_named([OURS, *modules]), server, wide=_WIDE, folder=Path(folder)) as processes,
    ):
        return by_rounds(processes, do, wide=_WIDE)


def _table(key: str, title: str, rounds: Rounds) -> Table:
    return table_of(key, title, rounds, megabytes_per_second, "MB/s")
