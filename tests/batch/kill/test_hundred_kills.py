"""A batch whose process is killed at a hundred random instants, and started again each time."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import attrs
import pytest

from tests.batch.kill.books import Bench, bench
from tests.batch.kill.nursery import nursery
from tests.batch.kill.worker import PRICE

ROWS = 2000
KILLS = 100
# Rows that a worker does before it may be killed, at most: so that all kills come before the batch ends.
MOST_ROWS = 30
CONCURRENCY = 8


@pytest.mark.timeout(600)
def test_killed_a_hundred_times(tmp_path: Path) -> None:
    """Every row is done exactly once, what was paid for twice was known to be in doubt, and all books agree."""
    dice = random.Random(2026)
    doubts: Counter[int] = Counter()
    with (
        bench(tmp_path, rows=ROWS, seconds=0.01, concurrency=CONCURRENCY, budget=2 * ROWS * PRICE) as b,
        nursery() as n,
    ):
        for _ in range(KILLS):
            # Now and then by somebody who wants what is in doubt to be sent again.
            job = attrs.evolve(b.job, resend_unknown=dice.random() < 0.2)
            pid = n.start(job)
            _wait_a_while(b, dice)
            assert n.kill(pid), "the batch has ended before all kills: let MOST_ROWS be smaller"
            doubts.update(b.in_doubt(tmp_path / "copy"))
        left = ROWS - len(list(b.out.glob("*.jpg")))
        n.start(attrs.evolve(b.job, resend_unknown=True))
        assert n.wait() == 0

        b.check_rows()
        # Most kills have hit calls that were under way, and rows were left for the last run.
        assert left > 0
        assert doubts.total() > KILLS
        assert b.charged <= ROWS + doubts.total()
        too_often = {number: times - 1 - doubts[number] for number, times in _paintings(b).items()}
        assert max(too_often.values()) <= 0
        b.check_ledger()


def _wait_a_while(b: Bench, dice: random.Random) -> None:
    """Wait for a random time from the worker's start, or from some row or other."""
    if dice.random() < 0.25:
        time.sleep(dice.uniform(0, 0.15))
        return
    wanted = len(b.engine.calls) + dice.randint(1, MOST_ROWS)
    deadline = time.monotonic() + 60
    while len(b.engine.calls) < wanted and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(dice.uniform(0, 0.02))


def _paintings(b: Bench) -> dict[int, int]:
    return {int(prompt.rpartition(" ")[2]): times for prompt, times in b.painted.items()}
