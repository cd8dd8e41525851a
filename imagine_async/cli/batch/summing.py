"""The end of a batch for people: its sums, and what may be done next."""

from __future__ import annotations

from imagine_async.cli.batch.figures import how_far, outcomes, spent
from imagine_async.cli.batch.watching import Ending
from imagine_async.cli.batch.words import duration
from imagine_async.cli.output import say
from imagine_async.cli.tables import visible

__all__ = ["print_ending"]


def print_ending(ending: Ending) -> None:
    """Print the sums of a batch, and what may be done next.

    Args:
        ending: How it ended.
    """
    progress = ending.summary.progress
    say(f"\n{how_far(progress)} in {duration(progress.elapsed)}: {outcomes(progress)}; {spent(progress)}")
    for step in ending.steps:
        say(visible(step))
