"""What the demo says on the terminal: its progress, a table of what was made, and the sums."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from imagine_async.cli.demo_work import Made, Work
from imagine_async.cli.output import say

__all__ = ["endpoint_and_style", "progress", "tell_of"]

# Where no terminal tells its width, the table needs this much to keep each picture on one line.
_PLAIN_WIDTH = 110


def endpoint_and_style(made: Made) -> str:
    """Return who made a picture, as the books write it: `endpoint` or `endpoint/style`.

    Args:
        made: The picture.
    """
    return made.image.request.price_keys[0]


@contextmanager
def progress(total: int) -> Generator[Callable[[Made], None], None, None]:
    """Show how many pictures are there: as a bar, or as a line for each where no terminal shows it.

    Args:
        total: How many there will be.

    Yields:
        What to call with each picture.
    """
    console = Console()
    if not console.is_terminal:
        yield _lines(total)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("painting", total=total)
        yield lambda made: bar.update(task, advance=1, description=f"{made.order.name}, {endpoint_and_style(made)}")


def _lines(total: int) -> Callable[[Made], None]:
    count = 0

    def tell(made: Made) -> None:
        nonlocal count
        count += 1
        say(f"{count:>3}/{total}  {made.order.name}, {endpoint_and_style(made)}, {made.image.elapsed:.1f} s")

    return tell


def tell_of(work: Work) -> None:
    """Print the table and the sums.

    Args:
        work: What was made.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    console.print(_table(work))
    console.print(_sums(work), highlight=False)


def _table(work: Work) -> Table:
    table = Table(header_style="bold")
    for name in ("Picture", "Made by"):
        table.add_column(name)
    for name in ("Size", "Seconds", "Tokens", "Seed"):
        table.add_column(name, justify="right")
    for made in work.made:
        table.add_row(*(Text(cell) for cell in _cells(made)))
    return table


def _cells(made: Made) -> tuple[str, ...]:
    image = made.image
    seed = "" if image.seed is None else str(image.seed)
    size = f"{image.width}x{image.height}"
    return made.order.name, endpoint_and_style(made), size, f"{image.elapsed:.1f}", f"{image.tokens:g}", seed


def _sums(work: Work) -> Text:
    pacing = work.pacing
    lines = [
        f"{work.calls} calls, {work.tokens:g} tokens, {work.seconds:.1f} s",
        f"The client held {pacing.waits} calls back to keep to the rate limit; the sandbox refused {pacing.refusals}",
    ]
    lines.append(f"The sandbox's own books: {work.server_calls} calls, {work.server_tokens} tokens; {_verdict(work)}")
    return Text("\n".join(lines))


def _verdict(work: Work) -> str:
    return "they agree with the client's" if work.books_agree else "they do NOT agree with the client's"
