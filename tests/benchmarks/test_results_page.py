"""The page with the results, and the tables on it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.charts import draw
from benchmarks.measures import calls_per_second, cpu_per_call
from benchmarks.report import Figure
from benchmarks.results_page import results_page
from benchmarks.rounds import Rounds, Turns
from benchmarks.tables import Table, table_of
from tests.benchmarks.answers import answer

ROUNDS = Rounds(
    ours=[answer(calls=1000), answer(calls=1200), answer(calls=1100)],
    turns={"httpx_files": Turns(theirs=[answer(calls=100, failed=25)], ours=[answer(calls=1100)])},
)


def throughput() -> Table:
    return table_of("throughput-100-0", "100 at once, 0 ms", ROUNDS, calls_per_second, "calls/s")


def test_lines() -> None:
    """A line has the median, the range, the CPU time, what ours is to it, and what failed."""
    ours, httpx = throughput().lines
    assert list(ours.cells) == ["imagine_async, everything on", "1,100", "1,000 to 1,200", "455", "", ""]
    assert list(httpx.cells) == ["httpx, files=", "100", "100 to 100", "5,000", "11.00", "20 %, PoolTimeout"]


def test_most_failed() -> None:
    """Where most calls fail, nothing is compared."""
    turns = Turns(theirs=[answer(calls=1, failed=99)], ours=[answer()])
    rounds = Rounds(ours=[answer()], turns={"replicate_run": turns})
    _, line = table_of("throughput-100-0", "100 at once, 0 ms", rounds, calls_per_second, "calls/s").lines
    assert list(line.cells[3:]) == ["–", "–", "99 %, PoolTimeout"]


def test_columns_of_cpu() -> None:
    """Where CPU time is what is compared, it has one column."""
    table = table_of("calls", "A call", ROUNDS, cpu_per_call, "µs CPU/call")
    assert list(table.columns) == ["client", "µs CPU/call", "range", "ours / it", "failed"]


def test_text_is_aligned() -> None:
    """In a terminal all lines under the title are as wide."""
    _, *lines = throughput().as_text().rstrip("\n").splitlines()
    assert len({len(line) for line in lines}) == 1


def test_page() -> None:
    """The page tells the machine, shows the charts, and has the targets and the tables, with ours in bold."""
    figure = Figure("memory", "MB", [3.0, 4.0, 8.0], target=4.5)
    page = results_page([throughput()], [figure], {"Cores": "2"}, {"../docs/images/a.svg": "Calls a second"})
    assert "| Cores | 2 |" in page
    assert "![Calls a second](../docs/images/a.svg)" in page
    assert "| memory | 4.00 MB | 3.00 to 8.00 | at most 4.5 | met |" in page
    assert "| **imagine_async, everything on** | **1,100** |" in page


def test_page_without_tables() -> None:
    """What was not measured has no heading."""
    page = results_page([], [], {"Cores": "2"}, {})
    assert "## " not in page


def test_charts(tmp_path: Path) -> None:
    """A chart is drawn where its tables are there, the same twice."""
    table = table_of("calls", "A call", ROUNDS, cpu_per_call, "µs CPU/call")
    (path,) = draw([table], tmp_path)
    first = path.read_bytes()
    draw([table, throughput()], tmp_path)
    assert path.name == "cpu-per-call.svg"
    assert path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ["cpu-per-call.svg"]
