"""Who is told what happens in a batch: a live display, plain lines, or JSON events."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from attrs import frozen

from imagine_async.batch.records import BatchProgress, BatchSummary
from imagine_async.batch.results import RowResult

__all__ = ["Beginning", "Ending", "Watcher"]


@frozen(kw_only=True)
class Beginning:
    """What is known before the first row.

    Args:
        source: Where the rows come from: a manifest, or a journal.
        out: Where the files go.
        journal: Where the journal is; `None` where none is kept.
        total: How many rows there are, where that is known.
    """

    source: str
    out: str
    journal: str | None
    total: int | None = None


@frozen(kw_only=True)
class Ending:
    """What is known after the last row.

    Args:
        summary: The figures.
        code: The exit code.
        steps: What the user may do next, a line each.
        gallery: The page with the pictures; `None` if none was written.
    """

    summary: BatchSummary
    code: int
    steps: tuple[str, ...] = ()
    gallery: Path | None = None


class Watcher(Protocol):
    """Tells people or programs of a batch. Its methods may block: they are not called on the event loop's thread."""

    def begin(self, beginning: Beginning) -> None:
        """Tell what is about to be done."""
        ...

    def row(self, result: RowResult) -> None:
        """Tell of a row that has ended."""
        ...

    def progress(self, progress: BatchProgress) -> None:
        """Tell how far it has come; called every now and then."""
        ...

    def warn(self, text: str) -> None:
        """Tell something that the user should know."""
        ...

    def stopping(self, reason: str, text: str) -> None:
        """Tell that it ends before its input does, because a signal came.

        Args:
            reason: `interrupted` or `cancelled`.
            text: The same for people.
        """
        ...

    def end(self, ending: Ending) -> None:
        """Tell what became of it, after `close`."""
        ...

    def fail(self, error: Exception) -> None:
        """Tell of the error that has ended it, after `close`."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was, however it came to the end."""
        ...
