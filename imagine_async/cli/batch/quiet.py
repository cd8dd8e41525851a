"""Nothing but what went wrong, on the error output."""

from __future__ import annotations

from imagine_async.batch.records import BatchProgress
from imagine_async.batch.results import RowResult
from imagine_async.cli.batch.figures import outcomes
from imagine_async.cli.batch.places import complain_of
from imagine_async.cli.batch.watching import Beginning, Ending
from imagine_async.cli.output import complain
from imagine_async.cli.tables import visible

__all__ = ["Quiet"]


class Quiet:
    """Says nothing of a batch that goes well."""

    def begin(self, beginning: Beginning) -> None:
        """Say nothing."""

    def row(self, result: RowResult) -> None:
        """Say nothing."""

    def progress(self, progress: BatchProgress) -> None:
        """Say nothing."""

    def warn(self, text: str) -> None:
        """Say it."""
        complain(f"imagine: {visible(text)}")

    def stopping(self, reason: str, text: str) -> None:
        """Say it."""
        complain(visible(text))

    def close(self) -> None:
        """There is nothing to leave."""

    def fail(self, error: Exception) -> None:
        """Say it on the error output."""
        complain_of(error)

    def end(self, ending: Ending) -> None:
        """Say what did not end well, and what may be done about it."""
        if ending.code:
            complain("\n".join((f"imagine: {outcomes(ending.summary.progress)}", *map(visible, ending.steps))))
