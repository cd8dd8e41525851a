"""Runs a plan to its end: client, batch, watcher, gallery, and what may be done next."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from imagine_async.batch.journal import Overview, look_over, read_records
from imagine_async.batch.records import RowState
from imagine_async.cli.batch.choosing import choose_watcher
from imagine_async.cli.batch.clients import make_client
from imagine_async.cli.batch.following import Followed, follow
from imagine_async.cli.batch.parts import Doing, Showing
from imagine_async.cli.batch.plans import SANDBOX_TAG, Plan, checked_folder, refuse_to_mix, sink_of
from imagine_async.cli.batch.steps import after_error, for_rows, name_of
from imagine_async.cli.batch.watching import Beginning, Ending, Watcher
from imagine_async.cli.batch.wrongly import as_given_wrongly
from imagine_async.cli.output import shown
from imagine_async.errors import StoreError

if TYPE_CHECKING:
    from imagine_async.batch.handle import AsyncBatch
    from imagine_async.batch.sinks.base import Sink
    from imagine_async.client import AsyncImagine

__all__ = ["run_plan"]

_MOST_IN_GALLERY = 20_000


def run_plan(plan: Plan, doing: Doing, showing: Showing) -> int:
    """Run a plan to its end.

    Args:
        plan: What it is about.
        doing: How rows are run.
        showing: What is shown.

    Returns:
        The exit code: 0 if all rows are done, 130 if a signal came, 1 for everything else.

    Raises:
        BrokenPipeError: Nobody reads what is shown any more; the rows that were running have ended.
        CommandError: Something would keep every row from being done; nothing was sent.
        ImagineError: The same.
    """
    watcher, every = choose_watcher(showing)
    refuse_to_mix(plan.journal, sandbox=doing.sandbox)
    return _end(plan, showing, watcher, _followed(plan, doing, watcher, every))


def _followed(plan: Plan, doing: Doing, watcher: Watcher, every: float) -> Followed:
    try:
        return anyio.run(_follow, plan, doing, watcher, every)
    finally:
        watcher.close()


def _end(plan: Plan, showing: Showing, watcher: Watcher, followed: Followed) -> int:
    """Tell how it ended, with the page where one is wanted; returns the exit code."""
    if followed.lost is not None:
        raise BrokenPipeError from followed.lost
    if followed.error is not None:
        watcher.fail(followed.error)
    overview = _overview(plan.journal)
    gallery = _gallery(plan, overview, watcher) if showing.gallery else None
    steps = _steps(plan, followed, overview, gallery)
    watcher.end(Ending(summary=followed.summary, code=followed.code, steps=steps, gallery=gallery))
    return followed.code


async def _follow(plan: Plan, doing: Doing, watcher: Watcher, every: float) -> Followed:
    async with _opened(plan, doing) as batch:
        checked_folder(plan.out)
        watcher.begin(Beginning(source=plan.source, out=plan.out, journal=shown(plan.journal), total=plan.total))
        return await follow(batch, watcher, every=every)


@asynccontextmanager
async def _opened(plan: Plan, doing: Doing) -> AsyncGenerator[AsyncBatch, None]:
    """Put client, sink and batch together; nothing is sent or written yet."""
    async with AsyncExitStack() as stack:
        with as_given_wrongly():
            client = await stack.enter_async_context(make_client(doing))
            sink = sink_of(plan.out, doing)
            stack.push_async_callback(sink.aclose)
            batch = _batch(client, sink, plan, doing)
        yield batch


def _batch(client: AsyncImagine, sink: Sink, plan: Plan, doing: Doing) -> AsyncBatch:
    return client.batch(
        plan.rows,
        out=sink,
        journal=plan.journal,
        concurrency=doing.concurrency,
        budget=doing.budget,
        order=plan.order,
        on_error=doing.on_error,
        tags=(*plan.tags, *((SANDBOX_TAG,) if doing.sandbox else ())),
        name=plan.name,
        resend_unknown=doing.resend_unknown,
        total=plan.total,
    )


def _overview(journal: Path) -> Overview | None:
    """Look at the journal, unless it is what went wrong."""
    try:
        return look_over(journal)
    except StoreError:
        return None


def _gallery(plan: Plan, overview: Overview | None, watcher: Watcher) -> Path | None:
    """Write the page with all pictures, where that makes sense."""
    folder, done = plan.folder, 0 if overview is None else overview.states.get(RowState.DONE, 0)
    if folder is None or not done:
        return None
    if done > _MOST_IN_GALLERY:
        place = name_of(plan.journal)
        watcher.warn(
            f"no gallery was written, because it would be large; this writes it: imagine batch gallery {place}"
        )
        return None
    from imagine_async.batch.gallery import write_gallery

    try:
        return write_gallery(read_records(plan.journal), folder, title=folder.resolve().name)
    except OSError as error:
        watcher.warn(f"no gallery was written: {error}")
        return None


def _steps(plan: Plan, followed: Followed, overview: Overview | None, gallery: Path | None) -> tuple[str, ...]:
    advice = None if followed.error is None else after_error(followed.error)
    steps = [advice] if advice is not None else []
    steps += [] if overview is None else for_rows(overview, plan.journal)
    if followed.is_interrupted or followed.error is not None:
        steps.append("To go on, run the same command again: rows that are done are passed over.")
    if gallery is not None:
        steps.append(f"Open {gallery.resolve().as_uri()}")
    return tuple(steps)
