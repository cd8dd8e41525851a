"""A process that works on a batch, and may be killed or frozen at any moment.

`python -m tests.batch.kill.worker JOB` does what `JOB`, a JSON object, says, and prints what became of it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from functools import partial
from typing import Any

import anyio
from attrs import asdict, frozen

from imagine_async import AsyncImagine, ImagineError, TextToImage
from imagine_async.batch.engine import engine
from imagine_async.batch.journal import journal, owners

__all__ = ["PRICE", "Job", "rows_of", "run"]

PRICE = 5
"""Tokens of each row's picture."""
_LARGE = 25


@frozen(kw_only=True)
class Job:
    """What a worker does.

    Args:
        url: Where the server is.
        key: A key that it lets in.
        store: The store of limits and books.
        out: The folder of the pictures.
        rows: Rows in the input.
        concurrency: Rows in work at once.
        resend_unknown: Whether to send rows again that may have been charged.
        budget: Tokens that the batch may cost.
        timeout: Seconds for each call.
        journal: The journal's file; `None` for the usual one.
        lease: Seconds after which a worker that was not heard of is taken for dead; `None` for the usual ones.
        spools: The folder for temporary files; `None` for the usual one.
        largest: Bytes that a file may have, as a disk that is full sets bounds to them; `None` for any number.
    """

    url: str
    key: str
    store: str
    out: str
    rows: int
    concurrency: int = 8
    resend_unknown: bool = False
    budget: float | None = None
    timeout: float = 120.0
    journal: str | None = None
    lease: float | None = None
    spools: str | None = None
    largest: int | None = None

    def as_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))


def rows_of(count: int) -> list[TextToImage]:
    """Make the input: each row has a prompt of its own, and some ask for large pictures."""
    return [
        TextToImage(prompt=f"a {'large ' * (not number % _LARGE)}fox, number {number}", style="anime")
        for number in range(count)
    ]


async def run(job: Job) -> dict[str, Any]:
    """Work on the batch to its end.

    Returns:
        The states of the rows in the journal, what stopped the batch, and how many rows this worker has done.
    """
    client = AsyncImagine(job.key, base_url=job.url, store=job.store, rate_limit=None, timeout=job.timeout)
    stopped_by = None
    async with (
        client,
        client.batch(
            rows_of(job.rows),
            out=job.out,
            journal=job.journal,
            concurrency=job.concurrency,
            budget=job.budget,
            resend_unknown=job.resend_unknown,
        ) as batch,
    ):
        try:
            await batch.run()
        except ImagineError as error:
            stopped_by = f"{type(error).__name__}: {error}"
        except OSError as error:
            stopped_by = f"{type(error).__name__}: {error}"
    progress = batch.summary.progress
    return {
        "stopped_by": stopped_by,
        "by_state": batch.summary.by_state,
        "done": progress.done - progress.skipped,
        "skipped": progress.skipped,
        "unknown": progress.unknown,
        "complete": batch.summary.is_complete,
        "failures": batch.summary.failures,
    }


def main(text: str) -> None:
    """Do a job, and print what became of it."""
    job = Job(**json.loads(text))
    if job.lease is not None:
        for module in (engine, journal):
            vars(module)["LEASE_SECONDS"] = job.lease
        owners._GRACE_SECONDS = 0.0
    if job.spools is not None:
        tempfile.tempdir = job.spools
    if job.largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.largest, resource.RLIM_INFINITY))
    os.write(1, f"{json.dumps(anyio.run(partial(run, job)))}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
