"""What the upload of a file costs: memory over the idle client, and CPU time against httpx by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import httpx

from benchmarks.loopback import loopback, picture_of
from benchmarks.report import Figure
from benchmarks.scenarios.child import in_child, memory_now, peak_since
from benchmarks.scenarios.full_client import KEY, full_client
from benchmarks.targets import ratio, targeted
from benchmarks.turns import by_turns

__all__ = ["measure_uploads"]

_ROUNDS = 7
_MEGABYTE = 1_000_000
_LARGE, _SMALLER = 20, 5
_SENT_MEGABYTES = 200
"""So much is sent in each round, whatever the size of the file."""
_ONE_AFTER_THE_OTHER = 3


def measure_uploads() -> list[Figure]:
    """Upload files to a server that reads and forgets them."""
    with tempfile.TemporaryDirectory() as folder, loopback() as server:
        small, smaller, large = (_file(folder, megabytes) for megabytes in (0, _SMALLER, _LARGE))
        grown = [in_child(_grown, server.url, str(small), str(large))[0] for _ in range(_ROUNDS)]
        return [
            targeted("uploads.memory", f"upload of {_LARGE} MB, peak memory over the idle client", "MB", grown),
            ratio(
                "uploads.cpu_over_httpx",
                f"upload of {_LARGE} MB, CPU time over httpx",
                _ratios(server.url, large, _LARGE),
            ),
            Figure(f"upload of {_SMALLER} MB, CPU time against httpx", "x", _ratios(server.url, smaller, _SMALLER)),
        ]


def _file(folder: str, megabytes: int) -> Path:
    path = Path(folder, f"{megabytes}.png")
    path.write_bytes(picture_of(megabytes * _MEGABYTE))
    return path


def _grown(url: str, small: str, large: str) -> list[float]:
    async def upload() -> list[float]:
        async with full_client(url, wide=1) as client:
            await client.upscale(Path(small))
            idle = memory_now()
            for _ in range(_ONE_AFTER_THE_OTHER):
                await client.upscale(Path(large))
            return [peak_since(idle)]

    return anyio.run(upload)


def _ratios(url: str, path: Path, megabytes: int) -> list[float]:
    works = [partial(work, url, path, _SENT_MEGABYTES // megabytes) for work in (_with_sdk, _by_hand)]
    pairs = [by_turns(works) for _ in range(_ROUNDS)]
    return [sdk.cpu_seconds / by_hand.cpu_seconds for sdk, by_hand in pairs]


def _with_sdk(url: str, path: Path, uploads: int, begin: Callable[[], None]) -> None:
    async def run() -> None:
        async with full_client(url, wide=1) as client:
            await client.upscale(path)
            begin()
            for _ in range(uploads):
                await client.upscale(path)

    anyio.run(run)


def _by_hand(url: str, path: Path, uploads: int, begin: Callable[[], None]) -> None:
    async def upload(client: httpx.AsyncClient) -> None:
        with path.open("rb") as file:
            response = await client.post("/upscale", files={"image": ("image.png", file, "image/png")})
        assert response.is_success

    async def run() -> None:
        async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {KEY}"}) as client:
            await upload(client)
            begin()
            for _ in range(uploads):
                await upload(client)

    anyio.run(run)
