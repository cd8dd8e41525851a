"""What streaming costs in memory: `python -m tests.streaming_figures URL BACKEND CALLS WIDE` makes so many calls.

It prints the bytes of memory that the process held at most before them, and after; each picture is dropped as it comes.
"""

from __future__ import annotations

import resource
import sys

import anyio
import anyio.to_thread

from imagine_async import AsyncImagine, Image, TextToImage
from imagine_async.spool import Spool

_UNIT = 1 if sys.platform == "darwin" else 1024


def _most_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


async def _one(client: AsyncImagine, limiter: anyio.CapacityLimiter, number: int) -> None:
    async with limiter:
        image = await client._send(TextToImage(prompt="a fox", seed=number), make_spool=Spool, timeout=600)
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
