"""What is shown of a batch: on a terminal, as lines, as JSON events, or not at all."""

from __future__ import annotations

import io
import json
import threading

import anyio
import pytest
from rich.console import Console

from imagine_async.batch.records import BatchProgress, BatchSummary, RowRecord, RowState
from imagine_async.batch.results import RowResult
from imagine_async.cli.batch.choosing import choose_watcher
from imagine_async.cli.batch.events import JsonEvents
from imagine_async.cli.batch.lines import MOST_FAILURES, Lines
from imagine_async.cli.batch.live import LiveDisplay
from imagine_async.cli.batch.parts import Showing
from imagine_async.cli.batch.quiet import Quiet
from imagine_async.cli.batch.telling import Teller
from imagine_async.cli.batch.watching import Beginning, Ending, Watcher
from imagine_async.cli.output import CommandError
from imagine_async.errors import ImagineError
from tests.clocks import FakeClock

BEGINNING = Beginning(source="foxes.jsonl", out="foxes", journal="foxes/batch.sqlite", total=1000)


def _failed(position: int, error: str = "BadRequestError: no") -> RowResult:
    record = RowRecord(position=position, key="", state=RowState.FAILED, line=position + 1, error=error)
    return RowResult(state=record.state, position=position, read_record=lambda: record)


def test_lines_come_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    """A line every ten seconds, and with each tenth of the rows, however many rows there are."""
    clock = FakeClock()
    lines = Lines(clock)
    lines.begin(BEGINNING)
    for second in range(100):
        clock.time += 1
        # A thousand rows in the first 40 seconds, one by one after that.
        lines.progress(BatchProgress(total=2000, done=min(25 * second, 1000 + second)))
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1,000 rows from foxes.jsonl, files to foxes"
    assert said[1] == "200 of 2,000 rows (10 %): done 200, failed 0, unknown 0; 0.0/min; 0 tokens spent, 0 bytes stored"
    assert [line.split(" rows")[0] for line in said[1:6]] == [f"{100 * share} of 2,000" for share in (2, 4, 6, 8)] + [
        "1,000 of 2,000"
    ]
    assert 10 < len(said) < 14


def test_lines_leave_the_end_to_the_sums(capsys: pytest.CaptureFixture[str]) -> None:
    """When all rows have ended, no line comes between the last one and the sums."""
    clock = FakeClock()
    lines = Lines(clock)
    clock.time += 60
    lines.progress(BatchProgress(total=5, done=5))
    assert capsys.readouterr().out == ""


def test_lines_tell_the_first_failures_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty of them with their rows; then it says that the journal has the others."""
    lines = Lines(FakeClock())
    for position in range(100):
        lines.row(_failed(position))
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "failed line 1: BadRequestError: no"
    assert len(said) == MOST_FAILURES + 1
    assert "the journal has them all" in said[-1]


def _live(width: int = 80) -> tuple[LiveDisplay, io.StringIO]:
    output = io.StringIO()
    return LiveDisplay(Console(file=output, force_terminal=True, width=width, color_system=None)), output


def test_live_display_shows_figures_in_place() -> None:
    """Bar, rows, outcomes, rate, limiter, tokens and time to go, in four lines that replace themselves."""
    display, output = _live()
    display.begin(BEGINNING)
    display.progress(
        BatchProgress(
            total=1000, done=400, running=32, waiting=20, rate=2, limiter_wait=90, tokens=2000, tokens_left=500
        )
    )
    display.close()
    last = output.getvalue().rsplit("\x1b[1A", 1)[1]
    assert "400 of 1,000 rows (40 %)" in last
    assert "done 400, failed 0, unknown 0" in last
    assert (
        "2.0/s, 5 min 00 s to go, running 32 (20 of them wait for the rate limit), waited 1 min 30 s"
        in last.replace("\r\n", " ").replace("\n", " ")
    )
    assert "2,000 tokens spent, 500 left" in last
    assert "\x1b[?25h" in last  # the cursor is back


def test_live_display_shows_failures_above() -> None:
    """Of many failures between two pictures of the figures it prints the latest, and how many more there were."""
    display, output = _live()
    display.begin(BEGINNING)
    for position in range(100):
        display.row(_failed(position, "BadRequestError: [red]\x1b[31mno"))
    display.progress(BatchProgress(total=1000, failed=100))
    display.stopping("interrupted", "Finishing 3 running rows")
    display.progress(BatchProgress(total=1000, failed=100))
    display.close()
    text = output.getvalue()
    assert "failed line 100: BadRequestError: [red] [31mno" in text
    assert "and 95 failures before these" in text
    assert "failed line 95:" not in text
    assert text.count("failed line 100:") == 1
    assert "Finishing 3 running rows" in text


def test_live_display_without_a_total() -> None:
    """Where nobody knows how many rows there will be, it counts."""
    display, output = _live()
    display.begin(Beginning(source="-", out="foxes", journal=None))
    display.progress(BatchProgress(done=7))
    display.close()
    assert "7 rows" in output.getvalue()


def test_quiet_says_only_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing on the standard output; a batch that went well says nothing at all."""
    quiet = Quiet()
    quiet.begin(BEGINNING)
    quiet.row(_failed(1))
    quiet.progress(BatchProgress())
    quiet.end(Ending(summary=BatchSummary(progress=BatchProgress(done=1)), code=0, steps=("Open it",)))
    assert capsys.readouterr() == ("", "")
    quiet.warn("no gallery")
    quiet.stopping("interrupted", "Finishing")
    quiet.fail(ImagineError("no"))
    quiet.end(Ending(summary=BatchSummary(progress=BatchProgress(failed=1)), code=1, steps=("Retry",)))
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.splitlines() == [
        "imagine: no gallery",
        "Finishing",
        "imagine: no",
        "Not charged: nothing was sent.",
        "imagine: done 0, failed 1, unknown 0",
        "Retry",
    ]


def test_json_events_are_ascii_and_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Each event names itself, and no text of a row breaks the line or the encoding."""
    watcher = JsonEvents()
    watcher.begin(BEGINNING)
    watcher.row(_failed(1, "line\nbreak \udce9 fuchsbau \u2192"))
    watcher.progress(BatchProgress(total=2, rate=0.5, failed=1))
    watcher.warn("careful")
    watcher.stopping("interrupted", "Finishing")
    watcher.fail(ImagineError("no"))
    watcher.end(Ending(summary=BatchSummary(progress=BatchProgress(), by_state={RowState.FAILED: 1}), code=1))
    output = capsys.readouterr().out
    assert output.isascii()
    found = [json.loads(line) for line in output.splitlines()]
    assert [event["event"] for event in found] == [
        "started",
        "row",
        "progress",
        "warning",
        "stopped",
        "stopped",
        "summary",
    ]
    assert found[2]["seconds_left"] == 2
    assert (found[-1]["by_state"], found[-1]["exit_code"]) == ({"failed": 1}, 1)


def test_choice_of_the_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for, or else what the output can show; a dumb terminal gets lines."""
    assert isinstance(choose_watcher(Showing(as_json=True))[0], JsonEvents)
    assert isinstance(choose_watcher(Showing(quiet=True))[0], Quiet)
    assert isinstance(choose_watcher(Showing())[0], Lines)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(choose_watcher(Showing())[0], LiveDisplay)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(choose_watcher(Showing())[0], Lines)
    with pytest.raises(CommandError, match="not both"):
        choose_watcher(Showing(as_json=True, quiet=True))


class _Slow(Quiet):
    """A watcher that is told nothing until its gate opens."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.rows: list[int] = []

    def row(self, result: RowResult) -> None:
        assert self.gate.wait(20)
        self.rows.append(result.record.position)


@pytest.mark.anyio
async def test_slow_watcher_does_not_hold_up_the_loop() -> None:
    """Rows are told in order, and later; only when very many wait does whoever tells wait as well."""
    watcher = _Slow()
    teller = Teller(watcher, lambda: None)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(teller.run)
        for position in range(999):
            teller.post(watcher.row, _failed(position))
            await teller.wait_for_room()
        teller.post_if_idle(watcher.row, _failed(-1))
        await anyio.wait_all_tasks_blocked()
        for position in range(999, 2000):
            teller.post(watcher.row, _failed(position))
        with anyio.move_on_after(0.01) as scope:
            await teller.wait_for_room()
        assert scope.cancelled_caught
        watcher.gate.set()
        with anyio.fail_after(20):
            await teller.wait_for_room()
        teller.finish()
    assert watcher.rows == list(range(2000))


@pytest.mark.anyio
async def test_reader_that_has_gone_is_told_of_once() -> None:
    """After the first write that fails nothing is told any more, and whoever runs the batch hears of it."""

    class Broken(Quiet):
        def warn(self, text: str) -> None:
            raise BrokenPipeError

    watcher: Watcher = Broken()
    lost: list[bool] = []
    teller = Teller(watcher, lambda: lost.append(True))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(teller.run)
        for _ in range(3):
            teller.post(watcher.warn, "careful")
            await anyio.wait_all_tasks_blocked()
        await anyio.sleep(0)
        teller.finish()
    assert (lost, type(teller.failure)) == ([True], BrokenPipeError)


def test_warnings_are_shown_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    """Without what would steer a terminal; errors go to the error output, whatever is shown else."""
    display, output = _live()
    for watcher in (Lines(FakeClock()), display):
        watcher.warn("no page\x1b[2J")
        watcher.stopping("interrupted", "Finishing")
        watcher.fail(OSError("disk\nfull"))
    said = capsys.readouterr()
    assert said.out.splitlines() == ["Warning: no page [2J", "Finishing"]
    assert said.err.splitlines() == ["imagine: disk full"] * 2
    assert "Warning: no page [2J" in output.getvalue()
