"""How quantities of a batch are put into words, and which errors have advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagine_async.batch.journal import Overview
from imagine_async.batch.records import BatchProgress, RowRecord, RowState
from imagine_async.cli.batch.figures import how_far, how_fast, outcomes, spent
from imagine_async.cli.batch.places import place_of, trouble_of
from imagine_async.cli.batch.steps import after_error, for_rows
from imagine_async.cli.batch.words import counted, duration, per_second, share, size, tokens
from imagine_async.errors import AuthenticationError, ImagineError, InsufficientCreditsError


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
        (100_000, "1 d 03 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """Times are told in the two units that matter."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_234_567, "1.2 MB"),
        (5 * 10**18, "5000.0 PB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    """Bytes are told in decimal units, and no number before the unit is longer than need be."""
    assert size(count) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(0, "0.0/min"), (0.833, "50.0/min"), (1, "1.0/s"), (9.94, "9.9/s"), (1234.5, "1,234/s")]
)
def test_rates(rate: float, text: str) -> None:
    """Slow rates are told by the minute."""
    assert per_second(rate) == text


def test_counts_shares_and_tokens() -> None:
    """One is told in the singular, thousands have commas, and only all of it is 100 %."""
    assert (counted(1, "row"), counted(1200, "row")) == ("1 row", "1,200 rows")
    assert (share(999, 1000), share(1000, 1000), share(0, 0)) == ("99 %", "100 %", "100 %")
    assert (tokens(1), tokens(0), tokens(2.5), tokens(12_000.0)) == (
        "1 token",
        "0 tokens",
        "2.5 tokens",
        "12,000 tokens",
    )


def test_figures_tell_everything_that_is_known() -> None:
    """Where there is something to tell, it is told: rows from before, what may be charged, what is left, a pause."""
    progress = BatchProgress(
        total=1000, done=395, skipped=100, failed=5, tokens=1200, tokens_held=20, tokens_left=3780, rate=50 / 60
    )
    assert how_far(progress) == "400 of 1,000 rows (40 %)"
    assert outcomes(progress) == "done 395 (100 of them before), failed 5, unknown 0"
    assert how_fast(progress) == "50.0/min, 12 min 00 s to go"
    assert spent(progress) == "1,200 tokens spent, 20 tokens perhaps, 3,780 left, 0 bytes stored"
    assert how_fast(BatchProgress(rate=2, paused=True)) == "2.0/s, paused"
    assert how_far(BatchProgress(done=1)) == "1 row"
    assert how_fast(BatchProgress(rate=2)) == "2.0/s"


def test_rows_are_called_by_what_people_know_them_by() -> None:
    """By the id, the line or the place; and nothing in an error steers the terminal or takes pages."""
    record = RowRecord(position=4, key="", state=RowState.FAILED)
    named = RowRecord(position=4, key="", state=RowState.FAILED, id="fox\x1b[2J", line=7)
    assert (place_of(record), place_of(named)) == ("row 4", "row 'fox [2J'")
    assert place_of(RowRecord(position=4, key="", state=RowState.FAILED, line=5)) == "line 5"
    assert trouble_of("RowError: line 5: prompt: too\nlong") == "prompt: too long"
    assert len(trouble_of("x" * 10_000)) < 400
    assert trouble_of(None) == "nobody knows why"


def test_advice_for_what_ends_a_batch() -> None:
    """Errors that would befall every row say what to do; others speak for themselves."""
    assert "Keys tab" in str(after_error(AuthenticationError("no", status=401)))
    assert "Add tokens" in str(after_error(InsufficientCreditsError("no", status=402)))
    assert after_error(ImagineError("no")) is None


def test_each_kind_of_row_that_is_not_done_has_its_step() -> None:
    """Failed ones are retried, bad ones corrected, unknown ones looked at; where all is well, nothing is to be done."""
    states = {RowState.DONE: 9, RowState.FAILED: 3, RowState.UNKNOWN: 1}
    overview = Overview(states=states, unreadable=2, left_over=4, tokens=0, workers=(), changed_at=None)
    failed, bad, unknown = for_rows(overview, Path("my foxes/batch.sqlite"))
    assert failed == "1 row failed; to run it again: imagine batch retry 'my foxes'"
    assert bad == "2 rows cannot be used; correct the manifest, and run it again."
    assert unknown == "1 row may have been charged; to see which: imagine batch unknown 'my foxes'"
    well = Overview(states={RowState.DONE: 9}, unreadable=0, left_over=0, tokens=0, workers=(), changed_at=None)
    assert for_rows(well, Path("foxes.db")) == []
