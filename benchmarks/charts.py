"""Charts of clients side by side, as SVG; matplotlib is needed only where some are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from benchmarks.clients import CLIENTS, FLOOR
from benchmarks.tables import Line, Table

__all__ = ["CHARTS", "Chart", "draw"]

_OURS, _SDK, _BARE, _TEXT, _FAINT = "#d9480f", "#8393a5", "#cdd5dd", "#1f2933", "#66727f"
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": _TEXT,
    "ytick.color": _TEXT,
    # The same figures give the same file.
    "svg.hashsalt": "imagine_async",
}
_LEGEND = "Light: HTTP libraries without an SDK."
_FLOOR_LABEL = next(client.label for client in CLIENTS if client.module == FLOOR)
_BARE_LABELS = {client.label for client in CLIENTS if client.is_bare}


@frozen
class Chart:
    """A chart of one table or several.

    Args:
        title: What stands above it.
        note: What stands below the title.
        text: What it shows, for who cannot see it.
        panels: What stands above each table's bars, by the table's key.
        most_first: Whether more is better.
    """

    title: str
    note: str
    text: str
    panels: Mapping[str, str]
    most_first: bool


CHARTS = {
    "calls-per-second": Chart(
        title="Calls a second",
        note="small forms, pictures of 1 KB, a server that answers at once; more is better",
        text="Calls a second of each client, at 100 and at 1,000 at once",
        panels={"throughput-100-0": "100 at once", "throughput-1000-0": "1,000 at once"},
        most_first=True,
    ),
    "cpu-per-call": Chart(
        title="CPU time of a call",
        note="µs, one call after the other, pictures of 1 KB; less is better",
        text="CPU time of a call of each client, in µs",
        panels={"calls": ""},
        most_first=False,
    ),
}
"""By the names of their files."""


def draw(tables: Sequence[Table], folder: Path) -> Sequence[Path]:
    """Draw every chart whose tables are there.

    Args:
        tables: What was measured.
        folder: Where the charts go.

    Returns:
        Their files.
    """
    by_key = {table.key: table for table in tables}
    paths = []
    for name, chart in CHARTS.items():
        if chart.panels.keys() <= by_key.keys():
            paths.append(folder / f"{name}.svg")
            _draw(chart, by_key, paths[-1])
    return paths


def _draw(chart: Chart, tables: Mapping[str, Table], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    with mpl.rc_context(_STYLE):
        labels = _order(tables[next(iter(chart.panels))], chart.most_first)
        height = 1.2 + 0.32 * len(labels)
        figure, found = pyplot.subplots(1, len(chart.panels), figsize=(9.6, height), squeeze=False)
        for place, (axes, (key, title)) in enumerate(zip(found[0], chart.panels.items(), strict=True)):
            _bars(axes, {line.label: line for line in tables[key].lines}, labels)
            if title:
                axes.set_title(title, loc="left", fontsize=10, color=_FAINT)
            axes.set_yticks(range(len(labels)), labels if place == 0 else [])
        figure.text(0.01, 1 - 0.12 / height, chart.title, ha="left", va="top", fontsize=14, fontweight="bold")
        figure.text(0.01, 1 - 0.46 / height, f"{chart.note}. {_LEGEND}", ha="left", va="top", color=_FAINT)
        figure.tight_layout(rect=(0, 0, 1, 1 - 0.72 / height), w_pad=2.0)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)


def _order(table: Table, most_first: bool) -> Sequence[str]:
    """Return the clients from the best on; the one by hand is no client that anybody would use."""
    lines = [line for line in table.lines if line.label != _FLOOR_LABEL]
    return [line.label for line in sorted(lines, key=lambda line: line.value, reverse=most_first)]


def _bars(axes: Any, lines: Mapping[str, Line], labels: Sequence[str]) -> None:
    found = [lines[label] for label in labels]
    values = [line.value for line in found]
    axes.barh(range(len(found)), values, height=0.66, color=[_colour(line) for line in found])
    for place, line in enumerate(found):
        weight = "bold" if line.is_ours else "normal"
        axes.annotate(
            f"{line.value:,.0f}", (line.value, place), (5, 0), textcoords="offset points", va="center", weight=weight
        )
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_xlim(0, 1.18 * max(values))
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0, pad=6)
    for side in axes.spines.values():
        side.set_visible(False)


def _colour(line: Line) -> str:
    if line.is_ours:
        return _OURS
    return _BARE if line.label in _BARE_LABELS else _SDK
