"""One of several processes that share a rate limit: calls a server for a while and tells what came of it.

`python -m tests.shared_limit_worker BASE_URL KEY STORE LIMIT SECONDS` says `ready`, waits for a line, works, and prints
its counts as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial

import anyio

from imagine_async import AsyncImagine, Event, ImagineError, RateLimitedError
from imagine_async.stores import RateLimit

_WORKERS = 8


class Counts:
    """What was seen: the moments of success, and refusals for too many requests."""

    def __init__(self) -> None:
        self.done: list[float] = []
        self.refused = 0
        self.failed: list[str] = []

    def observe(self, event: Event) -> None:
        """Count the refusals that a retry hides."""
        self.refused += event.kind == "retrying" and isinstance(event.error, RateLimitedError)


def say(line: str) -> None:
    """Tell the test something."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def work(client: AsyncImagine, counts: Counts, end: float) -> None:
    """Call again and again until it is time to end."""
    while (left := end - time.monotonic()) > 0:
        with anyio.move_on_after(left):
            try:
                await client.text_to_image("a fox")
                counts.done.append(time.time())
            except RateLimitedError:
                counts.refused += 1
            except ImagineError as error:
                counts.failed.append(repr(error))


async def main(base_url: str, key: str, store: str, limit: str, seconds: float) -> None:
    """Work for a while and print the counts."""
    counts = Counts()
    count, _, margin = limit.partition("+")
    rate = RateLimit(count)
    rate = RateLimit(rate.calls, rate.seconds, margin=float(margin) if margin else None)
    client = AsyncImagine(key, base_url=base_url, store=store, rate_limit=rate, observers=[counts.observe])
    async with client:
        await client.usage()
        say("ready")
        await anyio.to_thread.run_sync(sys.stdin.readline)
        end = time.monotonic() + seconds
        async with anyio.create_task_group() as group:
            for _ in range(_WORKERS):
                group.start_soon(work, client, counts, end)
    say(json.dumps({"done": counts.done, "refused": counts.refused, "failed": counts.failed}))


if __name__ == "__main__":
    base_url, key, store, limit, seconds = sys.argv[1:]
    anyio.run(partial(main, base_url, key, store, limit, float(seconds)))
