"""The end of a batch for people: a table of what became of it, and what may be done next."""

from __future__ import annotations

import attrs
from rich.console import Console

from imagine_async.cli.batch.places import trouble_of
from imagine_async.cli.batch.watching import Ending
from imagine_async.cli.batch_summary import summary_table
from imagine_async.cli.output import say
from imagine_async.cli.tables import visible

__all__ = ["print_ending"]

# Where no terminal tells its width, this keeps errors on few lines.
_PLAIN_WIDTH = 110


def print_ending(ending: Ending, *, with_failures: bool) -> None:
    """Print what became of a batch, and what may be done next.

    Args:
        ending: How it ended.
        with_failures: Whether to name the first failures, where they were not named before.
    """
    failures = [(place, trouble_of(error)) for place, error in ending.summary.failures if with_failures]
    table = summary_table(attrs.evolve(ending.summary, failures=tuple(failures)), with_steps=False)
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    with console.capture() as text:
        console.print(table, highlight=False)
    # A grid is filled up with blanks to its full width.
    lines = ["", *(line.rstrip() for line in text.get().splitlines())]
    say("\n".join([*lines, *([""] if ending.steps else []), *map(visible, ending.steps)]))
