"""What streaming costs in memory: `python -m tests.streaming_figures URL BACKEND CALLS WIDE` makes so many calls.

It prints the bytes of memory that the process held at most before them, and after; each picture is dropped as it comes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import anyio.to_thread

from imagine_async import AsyncImagine, Image, TextToImage, Timeout
from imagine_async.spool import Spool
from tests.spooling import spooling

_TIMEOUT = Timeout(600, connect=600, read=600, write=600)


def _most_bytes() -> int:
    """Read the peak from the kernel: `ru_maxrss` may be that of the process which started this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


async def _one(client: AsyncImagine, limiter: anyio.CapacityLimiter, number: int) -> None:
    async with limiter:
        image = await spooling(client, Spool).send(TextToImage(prompt="a fox", seed=number), timeout=_TIMEOUT)
        assert isinstance(image, Image)
        assert isinstance(image.body, Spool)


async def _main(url: str, calls: int, wide: int) -> None:
    limiter = anyio.CapacityLimiter(wide)
    async with AsyncImagine(
        "vk-secret", base_url=url, rate_limit=None, concurrency=None, max_connections=wide
    ) as client:
        await _one(client, limiter, 1)
        before = _most_bytes()
        async with anyio.create_task_group() as group:
            for number in range(calls):
                group.start_soon(_one, client, limiter, number + 1)
    print(before, _most_bytes())  # noqa: T201 - the test reads it


if __name__ == "__main__":
    _url, _backend, _calls, _wide = sys.argv[1:]
    anyio.run(_main, _url, int(_calls), int(_wide), backend=_backend)
