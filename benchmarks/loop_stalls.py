"""How long an upload of 20 MB keeps the event loop from other work, and how much of it lies in memory."""

from __future__ import annotations

import os
import resource
import tempfile
from io import BytesIO
from pathlib import Path

import anyio
from PIL import Image

from benchmarks.heartbeat import heartbeat
from benchmarks.loopback import loopback
from benchmarks.report import Figure
from imagine_async import AsyncImagine

__all__ = ["measure_upload"]

_RUNS = 5
_MEGABYTE = 1_000_000


def measure_upload() -> list[Figure]:
    """Upload a file of 20 MB a few times, with a heartbeat beside it."""
    with tempfile.TemporaryDirectory() as folder, loopback() as server:
        small = _write_png(Path(folder) / "small.png", 0)
        large = _write_png(Path(folder) / "large.png", 20 * _MEGABYTE)
        stalls, grown = anyio.run(_upload_often, server.url, small, large)
    return [
        Figure("upload of 20 MB, longest stall of the loop", "ms", stalls, target=20),
        Figure("upload of 20 MB, peak memory over the idle client", "MB", [grown], target=10),
    ]


async def _upload_often(url: str, small: Path, large: Path) -> tuple[list[float], float]:
    async with AsyncImagine("vk-benchmark", base_url=url, rate_limit=None) as client:
        await client.upscale(small)
        before = _peak_memory()
        stalls = [await _longest_stall(client, large) for _ in range(_RUNS)]
    return stalls, _peak_memory() - before


async def _longest_stall(client: AsyncImagine, path: Path) -> float:
    async with heartbeat() as gaps:
        await client.upscale(path)
    return 1000 * max(gaps)


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MEGABYTE


def _write_png(path: Path, padding: int) -> Path:
    """Write a small picture, padded before its end without ever holding the padding: only the length matters here."""
    stream = BytesIO()
    Image.new("RGB", (16, 16)).save(stream, "PNG")
    content = stream.getvalue()
    with path.open("wb") as file:
        file.write(content[:-12])
        file.seek(padding, os.SEEK_CUR)
        file.write(content[-12:])
    return path
