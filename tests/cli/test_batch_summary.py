"""The summary of a batch on the terminal."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

from rich.console import Console

from imagine_async.batch.records import BatchProgress, BatchSummary, RowState
from imagine_async.cli.batch_summary import next_steps, summary_table

PROGRESS = BatchProgress(
    total=1205,
    done=1200,
    skipped=200,
    failed=3,
    unknown=2,
    tokens=5000.5,
    tokens_held=10,
    tokens_left=89.5,
    bytes=1_234_567_890,
    elapsed=1230.4,
)
STATES = {RowState.DONE: 1200, RowState.FAILED: 3, RowState.UNKNOWN: 2}


def shown(summary: BatchSummary, journal: Path | None = None, width: int = 100) -> list[str]:
    """Return the lines that stand on a terminal."""
    file = io.StringIO()
    Console(file=file, width=width).print(summary_table(summary, journal=journal))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_whole() -> None:
    """The table has states, tokens, sizes, time and rate, the first failures, and the commands that go on."""
    failures = (("line 7", "BadRequestError: no such style"), ("row fox", "RateLimitedError: too many calls"))
    lines = shown(
        BatchSummary(progress=PROGRESS, by_state=STATES, left_over=4, failures=failures), Path("out/batch.sqlite")
    )
    assert [" ".join(line.split()) for line in lines] == [
        "Done 1,200 (200 before this run)",
        "Failed 3",
        "Unknown 2",
        "Left over 4 (in the journal, and no longer in the input)",
        "Tokens 5,000.5",
        "Tokens held 10 (calls that may have been charged)",
        "Tokens left 89.5 of the budget",
        "Stored 1.23 GB",
        "Time 20 min 30 s",
        "Rate 49.0 rows a minute",
        "",
        "line 7 BadRequestError: no such style",
        "row fox RateLimitedError: too many calls",
        "",
        "Next imagine batch retry out/batch.sqlite tries the failed rows again",
        "Next imagine batch unknown out/batch.sqlite shows the rows that may have been charged",
    ]


def test_complete() -> None:
    """A batch that is complete has nothing to be done about, and needs no journal."""
    summary = BatchSummary(progress=BatchProgress(total=2, done=2, elapsed=0.25, bytes=900))
    lines = [" ".join(line.split()) for line in shown(summary)]
    assert lines == ["Done 2", "Tokens 0", "Stored 900 bytes", "Time 0.2 s", "Rate 480.0 rows a minute"]
    assert next_steps(summary) == []


def test_nothing() -> None:
    """A batch that ended before it began has figures as well."""
    summary = BatchSummary(progress=BatchProgress(), stopped_by="BudgetExceededError: 0 left")
    lines = [" ".join(line.split()) for line in shown(summary)]
    assert lines[0] == "Stopped by BudgetExceededError: 0 left"
    assert lines[1:] == ["Done 0", "Tokens 0", "Stored 0 bytes", "Time 0.0 s", "Rate -"]


def test_long_times() -> None:
    """A batch of hours is told in hours."""
    lines = shown(BatchSummary(progress=BatchProgress(elapsed=7390)))
    assert "Time 2 h 3 min" in [" ".join(line.split()) for line in lines]


def test_strangers() -> None:
    """Texts from outside bring neither markup nor what steers a terminal, and long ones are folded, not cut."""
    failures = (("row [red]x[/]\x1b[2J", f"[link=http://evil]click[/link]\x07{'y' * 200}"),)
    text = "\n".join(shown(BatchSummary(progress=PROGRESS, failures=failures), width=60))
    assert "[red]x[/]" in text
    assert "[link=http://evil]click[/link]" in "".join(text.split())
    assert "".join(text.split()).count("y" * 200) == 1
    assert "\x1b" not in text
    assert "\x07" not in text


def test_paths() -> None:
    """A journal's path is quoted as a shell needs it."""
    ((command, _),) = next_steps(BatchSummary(progress=BatchProgress(failed=1)), Path("my batch/it's.sqlite"))
    assert shlex.split(command) == ["imagine", "batch", "retry", "my batch/it's.sqlite"]
