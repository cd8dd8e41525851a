"""Puts files into a folder from a process of its own: `python -m tests.batch.sinks.local_worker FOLDER NAME COUNT`."""

from __future__ import annotations

import json
import sys
from functools import partial

import anyio

from imagine_async.batch.sinks.local import LocalSink


def content_of(facts: object) -> bytes:
    """Make a file that tells its facts."""
    return json.dumps(facts).encode() * 100


async def main(folder: str, name: str, count: int) -> None:
    """Put files of few names, eight at a time; their facts tell which is whose."""
    sink = LocalSink(folder, sync=False)

    async def put(worker: int) -> None:
        for number in range(count):
            facts = [name, worker, number]
            stem = f"{number % 3}/fox"
            await sink.put(stem, ".jpg", content_of(facts), media_type="image/jpeg", facts=json.dumps(facts).encode())

    async with anyio.create_task_group() as group:
        for worker in range(8):
            group.start_soon(put, worker)


if __name__ == "__main__":
    anyio.run(partial(main, sys.argv[1], sys.argv[2], int(sys.argv[3])))
