"""One of several processes that share a budget: makes calls all at once and tells what became of them.

`python -m tests.shared_budget_worker BASE_URL KEY STORE BUDGET CALLS TIMEOUT` says `ready`, waits for a line, works,
and prints its counts as JSON.
"""

from __future__ import annotations

import json
import sys

import anyio

from imagine_async import AsyncImagine, BudgetExceededError, ImagineError
from tests.shared_limit_worker import say


async def main(base_url: str, key: str, store: str, budget: float, calls: int, timeout: float) -> None:
    """Make the calls and print what became of them."""
    counts = {"done": 0, "refused": 0, "sent_and_refused": 0}
    failed: list[str] = []
    client = AsyncImagine(key, base_url=base_url, store=store, budget=budget, rate_limit=None, timeout=timeout)

    async def call() -> None:
        try:
            await client.text_to_image("a fox")
            counts["done"] += 1
        except BudgetExceededError:
            counts["refused"] += 1
        except ImagineError as error:
            failed.append(f"{type(error).__name__} {error.outcome}")

    async with client:
        await client.usage()
        say("ready")
        await anyio.to_thread.run_sync(sys.stdin.readline)
        async with anyio.create_task_group() as group:
            for _ in range(calls):
                group.start_soon(call)
    say(json.dumps({**counts, "failed": failed}))


if __name__ == "__main__":
    base_url, key, store, budget, calls, timeout = sys.argv[1:]
    anyio.run(main, base_url, key, store, float(budget), int(calls), float(timeout))
