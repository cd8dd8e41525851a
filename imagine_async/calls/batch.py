"""Batches: many rows, journaled, resumable, within a rate and a budget."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Literal, cast

from imagine_async.calls.base import AsyncCalls
from imagine_async.stores import RateLimit

if TYPE_CHECKING:
    from imagine_async.batch.handle import AsyncBatch
    from imagine_async.batch.rows import RowInput
    from imagine_async.batch.sinks.opening import SinkTarget
    from imagine_async.client import AsyncImagine

__all__ = ["AsyncBatchCalls"]


class AsyncBatchCalls(AsyncCalls):
    """Batches."""

    def batch(
        self,
        requests: Iterable[RowInput] | AsyncIterable[RowInput] | None,
        *,
        out: SinkTarget | None = None,
        journal: str | os.PathLike[str] | Literal[False] | None = None,
        concurrency: int = 32,
        rate: RateLimit | str | None = None,
        budget: float | None = None,
        order: Literal["finished", "input"] = "finished",
        on_error: Literal["continue", "stop"] = "continue",
        tags: Iterable[str] = (),
        name: str | None = None,
        resend_unknown: bool = False,
        total: int | None = None,
    ) -> AsyncBatch:
        """Make many calls, from thousands to millions, so that no picture is lost and nothing is paid for twice.

        Each row is journaled: before its call leaves, and when its file is stored. A batch that was killed goes on
        where it was, with the same journal and the same input. Rows are taken from the input as places become free.

        Args:
            requests: Requests, `Row`s, mappings as in a manifest, or a manifest, in any iterable or async iterable;
                `None` for what the journal has left.
            out: Where files go: a folder, `s3://bucket/prefix` and the like (extra `cloud`), a pair of an fsspec file
                system and a path in it, or a `Sink`; `None`: they are handed over and not kept.
            journal: The journal's file; `None`: `batch.sqlite` in the folder `out`, or none where there is no such
                folder; `False`: none, so that the batch cannot be resumed.
            concurrency: Rows in work at once, from 1 to 10,000.
            rate: Calls that may leave in any window, as `10/s`, besides the client's own limit.
            budget: Tokens that this batch may cost at most, over all its runs; `None` for no cap but the client's.
            order: Whether results come as rows finish, or in the order of the input; then at most twice `concurrency`
                rows are begun ahead of the oldest one that has not ended.
            on_error: Whether to go on with other rows when one fails, or to stop.
            tags: Labels for all rows, besides their own.
            name: A template for the names of files, such as `{style}/{prompt}-{seed}`; `None`: the row's name or id,
                or its number.
            resend_unknown: Whether to send rows again that may have been charged, and whose pictures are not there.
            total: Rows in the input, for the progress, where its length does not tell.

        Returns:
            The batch, which runs as you iterate over it.

        Raises:
            ConfigurationError: A setting is out of range.
            MissingExtraError: The place for the files needs an extra that is not installed.

        Example:
            async with client.batch(prompts, out="pictures", budget=500) as batch:
                async for result in batch:
                    print(result.record.file, result.error)
            print(batch.summary)
        """
        from imagine_async.batch.opening import open_batch

        return open_batch(
            cast("AsyncImagine", self),
            requests,
            out=out,
            journal=journal,
            concurrency=concurrency,
            rate=rate,
            budget=budget,
            order=order,
            on_error=on_error,
            tags=tags,
            name=name,
            resend_unknown=resend_unknown,
            total=total,
        )
