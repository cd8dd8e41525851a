"""Progress as plain lines, for logs and pipes: one now and then, however many rows there are."""

from __future__ import annotations

from imagine_async.batch.records import BatchProgress, RowState
from imagine_async.batch.results import RowResult
from imagine_async.cli.batch.figures import how_far, how_fast, outcomes, spent
from imagine_async.cli.batch.places import complain_of, place_of, trouble_of
from imagine_async.cli.batch.summing import print_ending
from imagine_async.cli.batch.watching import Beginning, Ending
from imagine_async.cli.batch.words import counted
from imagine_async.cli.output import say
from imagine_async.cli.tables import visible
from imagine_async.clock import SYSTEM_CLOCK, Clock

__all__ = ["MOST_FAILURES", "Lines"]

MOST_FAILURES = 20
"""So many failures are told one by one; the others are counted."""
_SECONDS = 10.0
_SECONDS_AT_LEAST = 1.0
_SHARES = 10


class Lines:
    """Writes a line every ten seconds, and with every tenth of the rows, but not more than one a second.

    Args:
        clock: The time.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._told_at = clock.now()
        self._told_share = 0
        self._failures = 0

    def begin(self, beginning: Beginning) -> None:
        """Say where rows come from and files go."""
        rows = "Rows" if beginning.total is None else counted(beginning.total, "row")
        say(visible(f"{rows} from {beginning.source}, files to {beginning.out}"))

    def row(self, result: RowResult) -> None:
        """Say which of the first failures it was."""
        if result.record.state not in (RowState.FAILED, RowState.UNKNOWN):
            return
        self._failures += 1
        if self._failures <= MOST_FAILURES:
            say(f"{result.record.state} {place_of(result.record)}: {trouble_of(result.record.error)}")
        elif self._failures == MOST_FAILURES + 1:
            say("Further failures are counted alone; the journal has them all.")

    def progress(self, progress: BatchProgress) -> None:
        """Say how far it has come, if it is time to."""
        now = self._clock.now()
        share = _SHARES * progress.ended // progress.total if progress.total else 0
        waited = now - self._told_at
        if progress.ended == progress.total:
            # The sums say it at once.
            return
        if waited >= _SECONDS or (share > self._told_share and waited >= _SECONDS_AT_LEAST):
            self._told_at, self._told_share = now, share
            say(f"{how_far(progress)}: {outcomes(progress)}; {how_fast(progress)}; {spent(progress)}")

    def warn(self, text: str) -> None:
        """Say it."""
        say(f"Warning: {visible(text)}")

    def stopping(self, reason: str, text: str) -> None:
        """Say it."""
        say(visible(text))

    def close(self) -> None:
        """There is nothing to leave."""

    def fail(self, error: Exception) -> None:
        """Say it on the error output."""
        complain_of(error)

    def end(self, ending: Ending) -> None:
        """Print the sums, and what may be done next."""
        print_ending(ending, with_failures=False)
