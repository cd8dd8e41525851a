"""`RESULTS.md`: what was measured, where, and how it stands against the targets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.charts import CHARTS, draw
from benchmarks.machine import machine_facts
from benchmarks.report import Figure
from benchmarks.tables import Table

__all__ = ["results_page", "write_results"]

_ROOT = Path(__file__).parent.parent
_PAGE = _ROOT / "benchmarks" / "RESULTS.md"
_IMAGES = _ROOT / "docs" / "images"

_INTRODUCTION = """\
# Figures

Written by `python -m benchmarks --write`; do not edit. The server answers from memory in a process of its own, on
this machine; the client by hand shows how much more it could answer. Every client runs in a process of its own, with
the event loop of the standard library, and all take turns of a fraction of a second, since a shared machine changes its
speed from one second to the next. A ratio compares ours with what stood beside it in the same second; medians are
those of all rounds, ranges their least and most.

The SDK has everything on: retries, a rate limit, a budget with its books, an observer of all events.
"""


def write_results(tables: Sequence[Table], figures: Sequence[Figure]) -> None:
    """Write the page, and draw the charts.

    Args:
        tables: Clients side by side.
        figures: Those with targets.
    """
    images = draw(tables, _IMAGES)
    links = {os.path.relpath(path, _PAGE.parent).replace(os.sep, "/"): CHARTS[path.stem].text for path in images}
    _PAGE.write_text(results_page(tables, figures, machine_facts(), links), "utf-8")


def results_page(
    tables: Sequence[Table], figures: Sequence[Figure], facts: Mapping[str, str], images: Mapping[str, str]
) -> str:
    """Put the page together.

    Args:
        tables: Clients side by side.
        figures: Those with targets.
        facts: What was measured on.
        images: The charts' places, seen from the page, and what they show.

    Returns:
        The page, as Markdown.
    """
    parts = [_INTRODUCTION, _rows(["", ""], facts.items())]
    parts += [f"![{text}]({path})\n" for path, text in images.items()]
    if figures:
        heads = ["figure", "median", "range", "target", ""]
        parts += ["## Targets\n", _rows(heads, [figure.cells() for figure in figures])]
    if tables:
        parts += ["## Clients side by side\n", *(table.as_markdown() for table in tables)]
    return "\n".join(parts)


def _rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
