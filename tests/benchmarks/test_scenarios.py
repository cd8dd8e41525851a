"""What the scenarios of the benchmarks reckon with."""

from __future__ import annotations

import sys

import anyio.lowlevel
import pytest

from benchmarks.heartbeat import heartbeat
from benchmarks.scenarios.child import in_child, megabytes_in
from benchmarks.scenarios.full_client import foxes, full_client, full_options
from benchmarks.scenarios.long_queue import rounds_of
from benchmarks.scenarios.stalls import over_median
from benchmarks.scenarios.start import Spent, compiling_into, more_of
from benchmarks.scenarios.sync_facade import microseconds_a_call
from benchmarks.turns import Cost

STATUS = "Name:\tpython\nVmHWM:\t  2000 kB\nVmRSS:\t  1000 kB\n"


def doubled(*words: str) -> list[float]:
    return [2.0 * float(word) for word in words]


def test_memory_is_read_in_megabytes() -> None:
    """A figure is found by its whole name, and kB are 1,024 bytes."""
    assert megabytes_in(STATUS, "VmRSS") == pytest.approx(1.024)
    assert megabytes_in(STATUS, "VmHWM") == pytest.approx(2.048)


def test_child_hands_back_figures() -> None:
    """A function that runs in a process of its own gets its arguments, and its figures come back."""
    assert in_child(doubled, "1.5", "2") == [3.0, 4.0]


def test_stalls_are_divided_by_the_median() -> None:
    """One run in which the machine stood still does not decide what all others are compared with."""
    assert over_median([2.0, 4.0], [1.0, 2.0, 900.0]) == [1.0, 2.0]


def test_pairs_are_compared_one_by_one() -> None:
    """Each process is compared with the one beside it, by the clock and in CPU time."""
    assert more_of([(Spent(50.0, 40.0), Spent(20.0, 15.0)), (Spent(9.0, 9.0), Spent(10.0, 8.0))]) == [
        Spent(30.0, 25.0),
        Spent(-1.0, 1.0),
    ]


def test_interpreters_keep_what_they_compile() -> None:
    """What forbids to write bytecode here does not hold where the start is measured; the rest stays as it is."""
    surroundings = compiling_into("/cache", {"PYTHONDONTWRITEBYTECODE": "1", "HOME": "/root"})
    assert surroundings == {"HOME": "/root", "PYTHONPYCACHEPREFIX": "/cache"}


def test_cost_of_a_call() -> None:
    """CPU time is spread over the calls, and waiting is not counted."""
    assert microseconds_a_call(Cost(seconds=9.0, cpu_seconds=0.5), 1_000) == pytest.approx(500.0)


@pytest.mark.parametrize(("items", "rounds"), [(1_000, 5), (10_000, 5), (25_000, 2), (1_000_000, 1)])
def test_long_queues_are_worked_off_fewer_times(items: int, rounds: int) -> None:
    """The rounds are bounded by the items in all, and there is always one."""
    assert rounds_of(items) == rounds


def test_requests_are_made_when_they_are_asked_for() -> None:
    """A queue of any length costs nothing before it is taken from, and no two of its requests are the same."""
    requests = foxes(sys.maxsize)
    assert next(requests) != next(requests)


def test_full_client_takes_calls_of_all_prices() -> None:
    """The budget is set, and what it lets pass is priced, uploads too."""
    options = full_options("http://127.0.0.1:1", wide=7)
    assert options["budget"]
    assert "upscale" in options["prices"]
    assert options["max_connections"] == 7
    assert repr(full_client("http://127.0.0.1:1", wide=7)) == "<AsyncImagine http://127.0.0.1:1>"


@pytest.mark.anyio
async def test_heartbeat_tells_gaps() -> None:
    """Each turn of the loop is a gap, and gaps are collected until the block ends."""
    async with heartbeat() as gaps:
        for _ in range(5):
            await anyio.lowlevel.checkpoint()
    assert len(gaps) >= 3
    assert min(gaps) > 0
