"""From what a caller asks for to a batch that can be run: checks, and how its parts are put together."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import AsyncIterable, Iterable
from functools import partial
from operator import length_hint
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio
from attrs import frozen

from imagine_async.batch.caller import ClientCaller
from imagine_async.batch.deriving import derived_client, tokens_left
from imagine_async.batch.engine.admission import Admission
from imagine_async.batch.engine.counting import Counts
from imagine_async.batch.engine.engine import Engine, TakesTurns
from imagine_async.batch.engine.inputs import Inputs
from imagine_async.batch.engine.intake import Intake
from imagine_async.batch.engine.leftovers import JournalIntake
from imagine_async.batch.engine.making import Making
from imagine_async.batch.engine.parents import Parents
from imagine_async.batch.engine.recovering import Recovering
from imagine_async.batch.engine.settings import BatchSettings
from imagine_async.batch.engine.skipping import Skipping
from imagine_async.batch.engine.steps import Journaling
from imagine_async.batch.engine.storing import Storing, refuge_of
from imagine_async.batch.engine.windows import Windows
from imagine_async.batch.engine.work import Work
from imagine_async.batch.handle import AsyncBatch
from imagine_async.batch.journal.journal import SqliteJournal
from imagine_async.batch.journal.keeping import Journal
from imagine_async.batch.journal.no_journal import NoJournal
from imagine_async.batch.names import NameTemplate
from imagine_async.batch.rows import RowError, RowInput, to_tags
from imagine_async.batch.sinks.base import Sink
from imagine_async.batch.sinks.local import LocalSink
from imagine_async.batch.sinks.opening import SinkTarget, open_sink
from imagine_async.errors import ConfigurationError, StoreError
from imagine_async.middleware.limiter import RateLimiter
from imagine_async.options import choice, count
from imagine_async.stores import Budget, MemoryStore, RateLimit

if TYPE_CHECKING:
    from imagine_async.client import AsyncImagine

__all__ = ["JOURNAL_NAME", "open_batch"]

_logger = logging.getLogger("imagine_async")

JOURNAL_NAME = "batch.sqlite"
"""The journal's file in the folder of a batch, if no other is named."""

# What a batch holds in memory grows with the rows that it has in work, so there has to be an end to them.
_MOST_IN_WORK = 10_000


def open_batch(
    client: AsyncImagine,
    rows: Iterable[RowInput] | AsyncIterable[RowInput] | None,
    *,
    out: SinkTarget | None,
    journal: str | os.PathLike[str] | Literal[False] | None,
    concurrency: int,
    rate: RateLimit | str | None,
    budget: float | None,
    order: Literal["finished", "input"],
    on_error: Literal["continue", "stop"],
    tags: Iterable[str],
    name: str | None,
    resend_unknown: bool,
    total: int | None,
) -> AsyncBatch:
    """Make a batch; nothing happens before it is iterated over.

    Args:
        client: Who makes its calls.
        rows: As for `client.batch`, and so are all others.
        out: Where files go.
        journal: The journal's file.
        concurrency: Rows in work at once.
        rate: Calls that may leave in any window.
        budget: Tokens that it may cost.
        order: How results come.
        on_error: Whether to go on when a row fails.
        tags: Labels.
        name: A template for names.
        resend_unknown: Whether to send rows again that may have been charged.
        total: Rows in the input.

    Returns:
        The batch.

    Raises:
        ConfigurationError: A setting is out of range.
    """
    if rows is not None and not isinstance(rows, (Iterable, AsyncIterable)):
        raise ConfigurationError(f"requests={rows!r}: pass a list, a generator, an async generator or a manifest")
    settings = BatchSettings(
        concurrency=count("concurrency", concurrency, most=_MOST_IN_WORK),
        in_order=choice("order", order, ("finished", "input")) == "input",
        stop_on_error=choice("on_error", on_error, ("continue", "stop")) == "stop",
        tags=_checked_tags(tags),
        names=NameTemplate(name),
        resend_unknown=resend_unknown,
        total=length_hint(rows, 0) or None if total is None and rows is not None else total,
    )
    sink = None if out is None else open_sink(out)
    parts = _Parts(
        client=client,
        rows=rows,
        sink=sink,
        owns_sink=sink is not out,
        journal_path=_journal_path(journal, sink),
        rate=RateLimit.of(rate),
        budget=None if budget is None else Budget(budget).tokens,
        settings=settings,
    )
    if rows is None and parts.journal_path is None:
        raise ConfigurationError("requests=None: pass journal= as well, for what it has left")
    return AsyncBatch(parts.open, in_order=settings.in_order)


def _checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    try:
        return to_tags(tags)
    except RowError as error:
        raise ConfigurationError(f"tags={tags!r}: {error.reason}") from None


def _journal_path(journal: str | os.PathLike[str] | Literal[False] | None, sink: Sink | None) -> Path | None:
    if journal is False:
        return None
    if journal is not None:
        return Path(journal).expanduser().absolute()
    return sink.folder / JOURNAL_NAME if isinstance(sink, LocalSink) else None


@frozen(kw_only=True)
class _Parts:
    """What a batch was asked for, checked."""

    client: AsyncImagine
    rows: Iterable[RowInput] | AsyncIterable[RowInput] | None
    sink: Sink | None
    owns_sink: bool
    journal_path: Path | None
    rate: RateLimit | None
    budget: float | None
    settings: BatchSettings

    async def open(self) -> Engine:
        """Open the journal and put the engine together."""
        journal = self._journal()
        try:
            identity = await journal.open()
            await self._rebuild(journal)
            engine = await self._engine(journal, f"batch-{identity[:12]}")
            await engine.start()
        except BaseException:
            with anyio.CancelScope(shield=True), contextlib.suppress(StoreError):
                await journal.aclose()
            raise
        return engine

    async def _rebuild(self, journal: Journal) -> None:
        """Write a journal anew that was lost, where it belongs to the folder of the pictures."""
        if not isinstance(journal, SqliteJournal) or not isinstance(self.sink, LocalSink):
            return
        if self.journal_path == self.sink.folder / JOURNAL_NAME:
            rows = await journal.rebuild(self.sink.folder)
            if rows:
                _logger.warning("%s is new, but its folder holds pictures: %d rows count as done", journal.path, rows)

    def _journal(self) -> Journal:
        if self.journal_path is None:
            return NoJournal()
        return SqliteJournal(self.journal_path, clock=self.client._shared.clock)

    async def _engine(self, journal: Journal, name: str) -> Engine:
        settings, clock = self.settings, self.client._shared.clock
        counts = Counts(clock, settings.total)
        admission = Admission(2 * settings.concurrency if settings.in_order else None)
        parents = Parents(journal, self.sink)
        client = await self._client(journal, counts, name)
        return Engine(
            intake=self._intake(journal, parents, admission, counts),
            work=Work(
                making=Making(ClientCaller(client), journal, parents.resolved),
                storing=Storing(self.sink, refuge_of(self.journal_path)),
                journal=journal,
                parents=parents,
                admission=admission,
                counts=counts,
                stop_on_error=settings.stop_on_error,
                resend_unknown=settings.resend_unknown,
            ),
            journal=journal,
            recovering=Recovering(journal, self.sink),
            admission=admission,
            counts=counts,
            clock=clock,
            concurrency=settings.concurrency,
            tokens_left=partial(tokens_left, client),
            owned_sink=self.sink if self.owns_sink else None,
        )

    def _intake(self, journal: Journal, parents: Parents, admission: Admission, counts: Counts) -> TakesTurns:
        if self.rows is None:
            return JournalIntake(journal, parents, admission, self.settings)
        skipping = Skipping(self.sink, counts)
        inputs, windows = Inputs(self.rows, admission), Windows(journal)
        return Intake(inputs, journal, parents, skipping, admission, counts, self.settings, windows)

    async def _client(self, journal: Journal, counts: Counts, name: str) -> AsyncImagine:
        limiter = None
        if self.rate is not None:
            clock = self.client._shared.clock
            limiter = RateLimiter(self.rate, store=MemoryStore(clock=clock), account=name, clock=clock)
        make = partial(
            derived_client,
            self.client,
            name,
            outer=[] if limiter is None else [limiter],
            inner=[Journaling(journal, counts)],
            observer=counts,
            make_spool=None if self.sink is None else self.sink.spool,
        )
        client = make(budget=self.budget)
        forgotten = await self._forgotten(client, journal)
        return client if self.budget is None or not forgotten else make(budget=max(0.0, self.budget - forgotten))

    async def _forgotten(self, client: AsyncImagine, journal: Journal) -> float:
        """Tell what earlier processes have spent: books in memory have forgotten it, the journal has not."""
        if self.budget is None or not isinstance(client._ledger.store, MemoryStore):
            return 0.0
        own = (await client._ledger.budgets())[len(client._ledger.own_budgets) - 1]
        return max(0.0, await journal.spent() - own.spent)
