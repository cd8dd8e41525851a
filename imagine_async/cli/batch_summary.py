"""What became of a batch, for a terminal: a table, the first failures, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from rich.table import Table
from rich.text import Text

from imagine_async.batch.gallery.totals import size_in_words
from imagine_async.batch.records import BatchSummary, RowState
from imagine_async.cli.output import shown
from imagine_async.cli.tables import as_number, visible

__all__ = ["next_steps", "summary_table"]

_STYLES: Mapping[RowState, str] = MappingProxyType(
    {RowState.DONE: "green", RowState.FAILED: "red", RowState.UNKNOWN: "yellow"}
)


def summary_table(summary: BatchSummary, *, journal: Path | None = None, with_steps: bool = True) -> Table:
    """Lay out what became of a batch.

    Args:
        summary: What became of it.
        journal: Where its journal is, for the commands that are named as next steps; `None` without one.
        with_steps: Whether to name them.

    Returns:
        Names and figures; then the first failures with their places and reasons, and what to do next. Texts from
        outside are free of control characters and markup.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _figures(summary):
        table.add_row(name, value)
    _add_block(table, [(Text(place, style="red"), Text(reason)) for place, reason in _visible(summary.failures)])
    steps = next_steps(summary, journal) if with_steps else []
    _add_block(table, [("Next", Text.assemble((command, "bold"), f"  {what}")) for command, what in steps])
    return table


def next_steps(summary: BatchSummary, journal: Path | None = None) -> list[tuple[str, str]]:
    """Say what to do about rows that are not done.

    Args:
        summary: What became of the batch.
        journal: Where its journal is; `None` without one.

    Returns:
        Pairs of a command and what it does.
    """
    path = "JOURNAL" if journal is None else shlex.quote(shown(journal))
    counts = _counts(summary)
    steps = {
        RowState.FAILED: (f"imagine batch retry {path}", "tries the failed rows again"),
        RowState.UNKNOWN: (f"imagine batch unknown {path}", "shows the rows that may have been charged"),
    }
    return [step for state, step in steps.items() if counts.get(state)]


def _add_block(table: Table, rows: Sequence[tuple[str | Text, str | Text]]) -> None:
    if rows:
        table.add_row()
    for row in rows:
        table.add_row(*row)


def _visible(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((visible(place), visible(reason)) for place, reason in pairs)


def _figures(summary: BatchSummary) -> Iterator[tuple[str | Text, str | Text]]:
    progress = summary.progress
    if summary.stopped_by is not None:
        yield Text("Stopped by", style="red"), Text(visible(summary.stopped_by))
    for state, count in _counts(summary).items():
        yield Text(state.capitalize(), style=_STYLES.get(state, "")), f"{count:,}{_of_which(state, summary)}"
    if summary.left_over:
        yield "Left over", f"{summary.left_over:,} (in the journal, and no longer in the input)"
    yield "Tokens", _number(progress.tokens)
    if progress.tokens_held:
        yield "Tokens held", f"{_number(progress.tokens_held)} (calls that may have been charged)"
    if progress.tokens_left is not None:
        yield "Tokens left", f"{_number(progress.tokens_left)} of the budget"
    yield "Stored", size_in_words(progress.bytes)
    yield "Time", _time(progress.elapsed)
    yield "Rate", _rate(summary)


def _counts(summary: BatchSummary) -> Mapping[RowState, int]:
    """Return rows by state, in the states' order: of the journal, or of this run where there is none."""
    progress = summary.progress
    of_run = {RowState.DONE: progress.done, RowState.FAILED: progress.failed, RowState.UNKNOWN: progress.unknown}
    counts = summary.by_state or of_run
    return {state: counts[state] for state in RowState if counts.get(state)} or {RowState.DONE: 0}


def _of_which(state: RowState, summary: BatchSummary) -> str:
    skipped = summary.progress.skipped
    return f" ({skipped:,} before this run)" if state is RowState.DONE and skipped else ""


def _number(value: float) -> str:
    return f"{as_number(value) or 0:,}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _rate(summary: BatchSummary) -> str:
    """Return the mean rate of the whole run: what ended in its last minute says little of it."""
    progress = summary.progress
    ended = max(0, progress.ended - progress.skipped)
    return "-" if progress.elapsed <= 0 else f"{60 * ended / progress.elapsed:,.1f} rows a minute"
