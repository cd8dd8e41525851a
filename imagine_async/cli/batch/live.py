"""Progress on a terminal: figures that change in their place, and the failures above them."""

from __future__ import annotations

from collections import deque

from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from imagine_async.batch.records import BatchProgress, RowState
from imagine_async.batch.results import RowResult
from imagine_async.cli.batch.figures import how_far, how_fast, outcomes, spent
from imagine_async.cli.batch.places import complain_of, place_of, trouble_of
from imagine_async.cli.batch.summing import print_ending
from imagine_async.cli.batch.watching import Beginning, Ending
from imagine_async.cli.batch.words import duration
from imagine_async.cli.tables import visible

__all__ = ["LiveDisplay"]

_MOST_AT_ONCE = 5
_BAR = 40


class LiveDisplay:
    """Shows the figures of a batch in the same few lines of a terminal.

    Args:
        console: The terminal; `None` for that of the standard output.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = Console() if console is None else console
        # Refreshed by hand: a thread that draws at its own times could draw into other output.
        self._live = RichLive(console=self._console, auto_refresh=False)
        self._failures: deque[RowResult] = deque(maxlen=_MOST_AT_ONCE)
        self._failed = 0
        self._stopping = ""

    def begin(self, beginning: Beginning) -> None:
        """Say where rows come from and files go, and show the figures from now on."""
        self._print(visible(f"Rows from {beginning.source}, files to {beginning.out}"))
        self._live.start()
        self.progress(BatchProgress(total=beginning.total))

    def row(self, result: RowResult) -> None:
        """Keep the failures until the figures are drawn next."""
        if result.record.state in (RowState.FAILED, RowState.UNKNOWN):
            self._failures.append(result)
            self._failed += 1

    def progress(self, progress: BatchProgress) -> None:
        """Draw the figures, with the failures since the last time above them."""
        self._print_failures()
        self._live.update(_drawn(progress, self._stopping), refresh=True)

    def warn(self, text: str) -> None:
        """Print it above the figures."""
        self._print(f"Warning: {visible(text)}", style="yellow")

    def stopping(self, reason: str, text: str) -> None:
        """Show it below the figures from now on."""
        self._stopping = visible(text)

    def close(self) -> None:
        """Leave the figures as they are, and give the cursor back."""
        self._live.stop()

    def fail(self, error: Exception) -> None:
        """Say it on the error output."""
        complain_of(error)

    def end(self, ending: Ending) -> None:
        """Print the sums, and what may be done next."""
        print_ending(ending, with_failures=True)

    def _print_failures(self) -> None:
        for result in self._failures:
            record = result.record
            self._print(f"{record.state} {place_of(record)}: {trouble_of(record.error)}", style="red")
        if self._failed > len(self._failures):
            self._print(f"and {self._failed - len(self._failures):,} failures before these", style="red")
        self._failures.clear()
        self._failed = 0

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)


def _drawn(progress: BatchProgress, stopping: str) -> RenderableType:
    lines: list[RenderableType] = [_bar(progress)]
    lines += [Text(text) for text in (outcomes(progress), _running(progress), spent(progress))]
    if stopping:
        lines.append(Text(stopping, style="yellow"))
    return Group(*lines)


def _bar(progress: BatchProgress) -> RenderableType:
    # A share that is not known is shown as waves.
    bar = ProgressBar(
        progress.total, progress.ended, _BAR, pulse=progress.total is None, animation_time=progress.elapsed
    )
    grid = Table.grid(padding=(0, 1))
    grid.add_row(bar, Text(how_far(progress), style="bold"))
    return grid


def _running(progress: BatchProgress) -> str:
    waiting = f" ({progress.waiting:,} of them wait for the rate limit)" if progress.waiting else ""
    waited = f", waited {duration(progress.limiter_wait)} for the limit" if progress.limiter_wait >= 1 else ""
    return f"{how_fast(progress)}, running {progress.running:,}{waiting}{waited}"
