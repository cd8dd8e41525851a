"""Tables of clients side by side, for a terminal and for a page."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from attrs import frozen

from benchmarks.clients import CLIENTS, OURS, Client
from benchmarks.measures import cpu_per_call
from benchmarks.peers.work import Answer
from benchmarks.rounds import Measure, Rounds

__all__ = ["Line", "Table", "table_of"]

# Where so many calls fail, what the others took says nothing.
_TOO_MANY = 0.5


@frozen
class Line:
    """A client's line.

    Args:
        label: Its name.
        is_ours: Whether it is the SDK.
        value: The median of what is compared.
        cells: The whole line, as text.
    """

    label: str
    is_ours: bool
    value: float
    cells: Sequence[str]


@frozen
class Table:
    """Clients side by side.

    Args:
        key: What charts and tests know it by.
        title: What stands above it.
        columns: The heads.
        lines: One for each client.
    """

    key: str
    title: str
    columns: Sequence[str]
    lines: Sequence[Line]

    def as_text(self) -> str:
        """Return it for a terminal."""
        rows = [self.columns, *(line.cells for line in self.lines)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(self.columns))]
        return "\n".join([self.title, *("  " + _padded(row, widths) for row in rows), ""])

    def as_markdown(self) -> str:
        """Return it for a page; ours stands out."""
        heads = [_row(self.columns), _row(["---", *["---:"] * (len(self.columns) - 1)])]
        rows = [
            _row([f"**{cell}**" if cell else "" for cell in line.cells] if line.is_ours else line.cells)
            for line in self.lines
        ]
        return "\n".join([f"### {self.title}", "", *heads, *rows, ""])


def table_of(key: str, title: str, rounds: Rounds, measure: Measure, unit: str) -> Table:
    """Make a table of what some peers did.

    Args:
        key: What charts and tests know it by.
        title: What stands above it.
        rounds: What they did.
        measure: What is compared.
        unit: Its unit, which is also the head of its column.
    """
    is_cpu = measure is cpu_per_call
    columns = ["client", unit, "range", *([] if is_cpu else ["µs CPU/call"]), "ours / it", "failed"]
    lines = [
        _line(client, rounds, measure, is_cpu)
        for client in CLIENTS
        if client.module == OURS or client.module in rounds.turns
    ]
    return Table(key, title, columns, lines)


def _line(client: Client, rounds: Rounds, measure: Measure, is_cpu: bool) -> Line:
    is_ours = client.module == OURS
    answers = rounds.ours if is_ours else rounds.turns[client.module].theirs
    values = [measure(answer) for answer in answers]
    middle = statistics.median(values)
    ratio = "" if is_ours else f"{statistics.median(rounds.ratios(client.module, measure)):.2f}"
    cpu = _number(statistics.median(cpu_per_call(answer) for answer in answers))
    if _failed(answers) > _TOO_MANY:
        ratio = cpu = "–"
    span = f"{_number(min(values))} to {_number(max(values))}"
    cells = [client.label, _number(middle), span, *([] if is_cpu else [cpu]), ratio, _failures(answers)]
    return Line(client.label, is_ours, middle, cells)


def _failed(answers: Sequence[Answer]) -> float:
    failed = sum(answer["failed"] for answer in answers)
    return failed / max(1, failed + sum(answer["calls"] for answer in answers))


def _failures(answers: Sequence[Answer]) -> str:
    """Return how many calls failed, and by what the last of them did."""
    name = next((answer["error"].partition("(")[0] for answer in reversed(answers) if answer["error"]), "")
    return f"{100 * _failed(answers):.0f} %, {name}" if name else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _padded(row: Sequence[str], widths: Sequence[int]) -> str:
    label, *cells = row
    padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
    return "  ".join([label.ljust(widths[0]), *padded])
