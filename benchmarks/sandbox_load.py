"""A hundred clients at once for a minute: the sandbox answers all, its books are exact, and its memory stays flat."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import anyio
from attrs import field, frozen

from benchmarks.report import Figure
from imagine_async import NO_RETRY, AsyncImagine, Image, TextToImage

__all__ = ["measure_load"]

_SECONDS = 60.0
_CLIENTS = 100
_STYLES = ("imagine-turbo", "anime", "realistic", "flux-dev")
_PROMPTS = ("a red fox in snow", "a lighthouse at dusk", "a city at night", "a mug on a table", "a coral reef")
# The picture of every call is kept for a while: the caches are full before memory is looked at.
_SETTLED = (0.5, 0.75)
_END = (0.75, 1.0)


def measure_load() -> list[Figure]:
    """Load a sandbox as users run it, at its full size, with one client's fan-out of a hundred.

    Returns:
        Failed calls, tokens that the two sides' books differ by, and growth of memory once the caches are full.
    """
    with _sandbox() as server:
        load = anyio.run(_load, server)
        charged = server.tokens()
    growth = 100 * (load.memory(*_END) / load.memory(*_SETTLED) - 1)
    name = f"sandbox, {_CLIENTS} clients, {_SECONDS:.0f} s, {len(load.tokens)} pictures"
    return [
        Figure(f"{name}: failed calls", "calls", [len(load.failures)], 0),
        Figure(f"{name}: pictures missing", "pictures", [max(0, _CLIENTS - len(load.tokens))], 0),
        Figure(f"{name}: books differ by", "tokens", [abs(charged - sum(load.tokens))], 0),
        Figure(f"{name}: memory grows by", "%", [growth], 10),
        Figure(f"{name}: memory at the end", "MB", [load.memory(*_END)], 700),
    ]


@frozen
class _Server:
    base_url: str
    key: str
    pid: int

    def tokens(self) -> int:
        with urllib.request.urlopen(f"{self.base_url}/_sandbox/books") as reply:
            return int(json.load(reply)["accounts"][0]["tokens"])

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@frozen
class _Load:
    tokens: list[float] = field(factory=list[float])
    failures: list[Exception] = field(factory=list[Exception])
    samples: list[tuple[float, float]] = field(factory=list[tuple[float, float]])

    def memory(self, start: float, end: float) -> float:
        """Return the median of the samples between two shares of the time."""
        inside = [size for at, size in self.samples if start * _SECONDS <= at <= end * _SECONDS]
        return statistics.median(inside)


@contextmanager
def _sandbox() -> Iterator[_Server]:
    command = [
        sys.executable,
        "-m",
        "imagine_async.sandbox",
        "--port",
        "0",
        "--credits",
        "none",
        "--rate-limit",
        "none",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            base_url, key = process.stdout.readline().split()
            yield _Server(base_url, key, process.pid)
        finally:
            process.terminate()
            process.wait(30)


async def _load(server: _Server) -> _Load:
    load, end = _Load(), time.monotonic() + _SECONDS
    numbers = count(1)
    client = AsyncImagine(
        server.key,
        base_url=server.base_url,
        rate_limit=None,
        retry=NO_RETRY,
        # The hundred pictures that are still being made when the minute is over arrive as well.
        timeout=600,
        max_connections=_CLIENTS,
    )

    async def call_on_and_on() -> None:
        while time.monotonic() < end:
            number = next(numbers)
            request = TextToImage(
                prompt=_PROMPTS[number % len(_PROMPTS)], style=_STYLES[number % len(_STYLES)], seed=number
            )
            try:
                picture = await client.send(request)
                assert isinstance(picture, Image)
                load.tokens.append(picture.tokens or 0)
            except Exception as error:
                load.failures.append(error)

    async def look_at_memory() -> None:
        while (left := end - time.monotonic()) > 0:
            load.samples.append((_SECONDS - left, server.megabytes()))
            await anyio.sleep(0.5)

    async with client, anyio.create_task_group() as tasks:
        tasks.start_soon(look_at_memory)
        for _ in range(_CLIENTS):
            tasks.start_soon(call_on_and_on)
    return load
