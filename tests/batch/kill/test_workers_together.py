"""Several workers on one journal and one input; some are killed, some frozen for longer than their lease."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from imagine_async.batch.journal import look_over, read_records
from imagine_async.batch.journal.reading import query_journal
from imagine_async.batch.records import RowState
from imagine_async.stores.sqlite.file_lock import FileLock
from tests.batch.kill.books import Bench, bench
from tests.batch.kill.worker import Job

_ROOT = Path(__file__).parents[3]
_LEASE_SECONDS = 3.0


@attrs.frozen
class Worker:
    """A worker in a process of its own.

    Args:
        process: The process.
    """

    process: subprocess.Popen[bytes]

    def send(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()

    def report(self) -> dict[str, Any]:
        """Wait for its end, and return what it tells."""
        output, _ = self.process.communicate(timeout=90)
        assert self.process.returncode == 0
        told: dict[str, Any] = json.loads(output)
        return told


@contextlib.contextmanager
def _worker(job: Job) -> Iterator[Worker]:
    command = [sys.executable, "-m", "tests.batch.kill.worker", job.as_json()]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE) as process:
        try:
            yield Worker(process)
        finally:
            process.kill()


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _freeze(b: Bench, worker: Worker) -> None:
    """Freeze a worker that has rows under way, at a moment when it keeps nobody from journal and books."""
    files = (b.journal, Path(b.job.store.removeprefix("sqlite:")))
    while True:
        _wait_until(lambda: _owned(b, worker.process.pid)["sent"] > 0)
        worker.send(signal.SIGSTOP)
        time.sleep(0.05)
        if all(map(_is_free, files)) and _owned(b, worker.process.pid)["sent"] > 0:
            return
        worker.send(signal.SIGCONT)


def _is_free(path: Path) -> bool:
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        return lock.acquire(0.3)
    finally:
        lock.close()


def _owned(b: Bench, pid: int) -> Counter[str]:
    query = "SELECT state FROM rows WHERE owner = (SELECT owner FROM owners WHERE process = ?)"
    return Counter(state for (state,) in query_journal(b.journal, query, (pid,)))


def test_one_is_killed_and_one_is_frozen(tmp_path: Path) -> None:
    """Whoever goes on does all rows once, and one that was taken for dead settles nothing that others have."""
    doubts: Counter[int] = Counter()
    with bench(tmp_path, rows=400, seconds=0.02, lease=_LEASE_SECONDS) as b, contextlib.ExitStack() as stack:
        killed, frozen, other = (stack.enter_context(_worker(b.job)) for _ in range(3))
        _wait_until(lambda: len(b.engine.calls) > 100 and len(look_over(b.journal).workers) == 3)
        _freeze(b, frozen)
        killed.kill()
        told = other.report()
        assert told["stopped_by"] is None
        # Of what the others had nobody knows before their leases are over.
        left = {record.position for record in read_records(b.journal, {RowState.SENT, RowState.LEASED})}
        assert left
        doubts.update(b.in_doubt(tmp_path / "copy"))
        _wait_until(lambda: not look_over(b.journal).workers)

        with _worker(b.job) as heir:
            assert heir.report()["stopped_by"] is None
        unknown = {record.position for record in read_records(b.journal, {RowState.UNKNOWN})}
        assert unknown <= set(doubts)
        assert not look_over(b.journal).workers
        before = {record.position: record for record in read_records(b.journal, {RowState.DONE})}
        assert len(before) + len(unknown) == 400

        frozen.send(signal.SIGCONT)
        told = frozen.report()
        assert "others may have taken its rows" in (told["stopped_by"] or "")
        after = {record.position: record for record in read_records(b.journal, {RowState.DONE})}
        assert {position: after[position] for position in before} == before
        # What it had under way is there after all, and need not be paid for once more.
        late = set(after) - set(before)
        assert late
        assert late <= unknown

        with _worker(attrs.evolve(b.job, resend_unknown=True)) as last:
            assert last.report()["complete"]
        b.check_rows()
        assert b.charged <= 400 + doubts.total()
        b.check_ledger()


@pytest.mark.parametrize("alone", [0, 60])
def test_side_by_side(tmp_path: Path, alone: int) -> None:
    """Workers share the rows, and each is paid for once, whether they begin together or one has begun long before."""
    with bench(tmp_path, rows=400, seconds=0.02) as b, contextlib.ExitStack() as stack:
        running = [stack.enter_context(_worker(b.job))]
        _wait_until(lambda: len(b.engine.calls) >= alone)
        running += [stack.enter_context(_worker(b.job)) for _ in range(2)]
        told = [worker.report() for worker in running]
        assert [each["stopped_by"] for each in told] == [None] * 3
        assert sum(each["done"] for each in told) == 400
        b.check_rows()
        assert b.charged == 400
        assert max(b.painted.values()) == 1
        b.check_ledger()
