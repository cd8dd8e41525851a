"""The SQLite store between processes: budgets and windows hold, turns are fair, and whoever dies harms nobody."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from imagine_async.errors import StoreError
from imagine_async.stores import Fate
from imagine_async.stores.sqlite import SqliteStore
from tests.stores.clocks import HandClock
from tests.stores.entries import ACCOUNT, reserved, sums
from tests.stores.sqlite_process import LEASE, LIMIT

ROOT = Path(__file__).parents[2]


class Process:
    """A process of `sqlite_process`, and what it has told."""

    def __init__(self, kind: str, path: Path, *arguments: object) -> None:
        command = [sys.executable, "-m", "tests.stores.sqlite_process", kind, str(path), *map(str, arguments)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
        )
        self.told: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def tell(self) -> None:
        """Say the word it waits for."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write("go\n")
            self._process.stdin.flush()

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def end(self) -> int:
        code = self._process.wait(60)
        self._reader.join()
        assert self._process.stdin is not None
        self._process.stdin.close()
        return code

    def wait_for_more(self, number: int = 1) -> None:
        """Wait until it has told more than now."""
        enough = len(self.told) + number
        give_up_at = time.monotonic() + 30
        while len(self.told) < enough:
            assert time.monotonic() < give_up_at, "it does not go on"
            time.sleep(0.005)

    def wait_for(self, word: str) -> None:
        """Wait until it has said a word."""
        while not self.ids(word):
            self.wait_for_more()

    def ids(self, word: str) -> set[str]:
        return {fact[word] for fact in self.told if word in fact}

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told.append(json.loads(line))
        self._process.stdout.close()


@contextlib.contextmanager
def _processes(kind: str, path: Path, *arguments: object, number: int = 4) -> Iterator[list[Process]]:
    processes = [Process(kind, path, *arguments) for _ in range(number)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()


def _is_whole(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))


async def _after_the_lease(path: Path) -> SqliteStore:
    clock = HandClock()
    clock.epoch = time.time() + LEASE + 60
    return SqliteStore(path, clock=clock)


def _each_says(processes: list[Process], word: str) -> list[Any]:
    for process in processes:
        process.tell()
    for process in processes:
        assert process.end() == 0
    return [fact[word] for process in processes for fact in process.told if word in fact]


@pytest.mark.anyio
async def test_processes_cannot_overrun_a_budget(path: Path) -> None:
    """Of 200 reservations at once, from four processes against a budget of 50, exactly 50 succeed."""
    with _processes("reserve_many", path, 50, 50) as processes:
        passed = await anyio.to_thread.run_sync(_each_says, processes, "passed")
    assert sum(passed) == 50
    assert await sums(SqliteStore(path)) == (0, 0, 0, 0, 50, 0)


def test_no_window_is_broken_and_turns_are_fair(path: Path) -> None:
    """Four processes share a limit of 200 a second: no window holds more, and each gets the same share."""
    with _processes("take_slots", path, 10, 3) as processes:
        for process in processes:
            process.wait_for("started")
        slots = _each_says(processes, "slots")
    ordered = sorted((at, name) for name, several in enumerate(slots) for at in several)
    times = [at for at, _ in ordered]
    assert len(times) > 500
    assert min(late - early for early, late in zip(times, times[LIMIT.calls :], strict=False)) > LIMIT.window - 1e-6
    # After the burst, and in whole rounds: each of forty callers has one slot in forty.
    shares = Counter(name for _, name in ordered[40:520])
    assert all(abs(share - 120) <= 12 for share in shares.values()), shares


def test_turns_are_fair_under_load(path: Path) -> None:
    """Four processes that reserve as fast as they can get on about as fast as each other."""
    with _processes("call_on", path, 5) as processes:
        for process in processes:
            process.wait_for_more()
        time.sleep(0.3)
        before = [len(process.told) for process in processes]
        time.sleep(1.5)
        shares = [len(process.told) - count for process, count in zip(processes, before, strict=True)]
    mean = sum(shares) / 4
    # Two processors are too few for four busy processes to be quite alike.
    assert all(abs(share - mean) < 0.25 * mean for share in shares), shares


def test_killed_processes_harm_nobody(path: Path) -> None:
    """Twenty processes are killed in the middle: the file stays whole, sums are right, and the others go on."""
    processes = _kill_many(path, 20)
    assert _is_whole(path)
    anyio.run(_judge_books, path, processes)


async def _judge_books(path: Path, dead: list[Process]) -> None:
    reserved_ids = set().union(*(process.ids("reserved") for process in dead))
    settled_ids = set().union(*(process.ids("settle") for process in dead))
    store = await _after_the_lease(path)
    held = {hold.id for hold in await store.holds(ACCOUNT)}
    calls, tokens, held_tokens, held_calls, under_way, _ = await sums(store)
    # Whoever was told that it is reserved finds it settled or held, however the process ended.
    assert reserved_ids - settled_ids <= held
    assert (held_calls, held_tokens, under_way) == (len(held), len(held), 0)
    assert calls == tokens + held_calls
    assert len(reserved_ids) <= calls <= len(reserved_ids) + 20 * 5
    assert tokens <= len(settled_ids)
    await store.aclose()


def _kill_many(path: Path, number: int) -> list[Process]:
    chance = random.Random(7)
    dead: list[Process] = []
    with _processes("call_on", path, 5) as running:
        for process in running:
            process.wait_for_more(20)
        for _ in range(number):
            victim = running.pop(chance.randrange(4))
            time.sleep(chance.uniform(0, 0.1))
            victim.kill()
            dead.append(victim)
            for process in running:
                process.wait_for_more(5)
            running.append(Process("call_on", path, 5))
            running[-1].wait_for_more(20)
        for process in running:
            process.tell()
        assert [process.end() for process in running] == [0] * 4
        return [*dead, *running]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("moment", "is_reserved"),
    [
        ("holding the lock", False),
        ("in a transaction", False),
        ("before the commit", False),
        ("after the commit", True),
        ("before the booking", True),
    ],
)
async def test_moments_of_death(path: Path, moment: str, is_reserved: bool) -> None:
    """Whenever a process dies, the next one goes on at once; what was reserved is held after its lease."""
    process = Process("die", path, moment)
    assert await anyio.to_thread.run_sync(process.end) == -9
    store = SqliteStore(path, patience=1.0)
    assert await sums(store) == (3, 3, 0, 0, is_reserved, 0)
    await reserved(store, 1)
    await store.aclose()
    assert _is_whole(path)
    later = await _after_the_lease(path)
    assert ("last/1" in {hold.id for hold in await later.holds(ACCOUNT)}) is is_reserved
    await later.aclose()


LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextlib.contextmanager
def _locked_for(path: Path, seconds: float) -> Iterator[None]:
    command = [sys.executable, "-c", LOCKER, str(path), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield


@pytest.mark.anyio
async def test_store_that_another_program_locks(path: Path) -> None:
    """While another program locks the file for a second, calls wait for it."""
    store = SqliteStore(path)
    await reserved(store)
    begin = time.monotonic()
    with _locked_for(path, 1.0):
        await reserved(store)
        assert 0.5 < time.monotonic() - begin < 5
    assert await sums(store) == (0, 0, 0, 0, 2, 0)
    await store.aclose()


@pytest.mark.anyio
async def test_store_that_is_locked_for_too_long(path: Path) -> None:
    """Beyond the patience calls are refused, nothing was reserved, and bookings arrive afterwards."""
    store = SqliteStore(path, patience=0.3)
    entry = await reserved(store, 5)
    with _locked_for(path, 2.0):
        store.post_booking(ACCOUNT, entry, Fate.SETTLE)
        begin = time.monotonic()
        with pytest.raises(StoreError, match="kept the file locked; nothing was sent"):
            await reserved(store, 7)
        assert time.monotonic() - begin < 1.3
    with anyio.fail_after(10):
        while True:
            with contextlib.suppress(StoreError):
                if await sums(store) == (1, 5, 0, 0, 0, 0):
                    break
    await store.aclose()


@pytest.mark.anyio
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
async def test_process_that_is_stopped_with_the_lock(path: Path) -> None:
    """A process that hangs while it has its turn makes others wait no longer than their patience."""
    store = SqliteStore(path, patience=0.3)
    await reserved(store)
    program = """
import fcntl, sys, time
file = open(sys.argv[1], "r+")
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(60)
"""
    command = [sys.executable, "-c", program, f"{path}.lock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(StoreError, match="another process has kept the store to itself; nothing was sent"):
            await reserved(store)
        process.kill()
    assert await sums(store) == (0, 0, 0, 0, 1, 0)
    await store.aclose()


FORKING = """
import os, signal, sys, time
import anyio
from imagine_async.stores import Fate
from imagine_async.stores.sqlite import SqliteStore
from tests.stores.entries import ACCOUNT, new_entry, sums

store = SqliteStore(sys.argv[1], patience=3)

async def spend(name, number):
    for each in range(number):
        entry = new_entry(1, entry_id=f"{name}/{each}")
        await store.reserve(ACCOUNT, entry, (), call_id=None)
        store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    await store.flush()

def in_child(function):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            function()
            code = 0
        finally:
            os._exit(code)
    return pid

def reap(pid):
    assert os.waitpid(pid, 0)[1] == 0
"""


def _run_forking(program: str, path: Path) -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING + textwrap.dedent(program)]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, cwd=ROOT, timeout=100)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
def test_parent_that_closes_leaves_its_child_alone(path: Path) -> None:
    """When the parent closes the file that both had open, what the child writes afterwards is not lost."""
    _run_forking(
        """
        anyio.run(spend, "before", 5)
        reading, writing = os.pipe()
        back_reading, back_writing = os.pipe()

        def child():
            anyio.run(spend, "child", 5)
            os.write(writing, b"x")
            os.read(back_reading, 1)
            anyio.run(spend, "child again", 5)
            anyio.run(store.aclose)

        pid = in_child(child)
        os.read(reading, 1)
        anyio.run(store.aclose)
        os.write(back_writing, b"x")
        reap(pid)
        """,
        path,
    )
    assert anyio.run(sums, SqliteStore(path)) == (15, 15, 0, 0, 0, 0)
    assert _is_whole(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
def test_forks_in_the_middle_of_steps(path: Path) -> None:
    """A program that forks again and again while its thread writes: all that parent and children spend is booked."""
    _run_forking(
        """
        import threading

        # What is imported while a program forks is never imported in the child.
        anyio.run(spend, "before", 5)
        thread = threading.Thread(target=anyio.run, args=(spend, "parent", 300))
        thread.start()
        pids = []
        for number in range(10):
            time.sleep(0.02)
            idle = number % 5 == 4
            pids.append(in_child((lambda: None) if idle else (lambda: anyio.run(spend, f"child {number}", 5))))
        thread.join()
        for pid in pids:
            reap(pid)
        """,
        path,
    )
    assert anyio.run(sums, SqliteStore(path)) == (345, 345, 0, 0, 0, 0)
    assert _is_whole(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
def test_child_of_a_killed_parent_holds_no_lock(path: Path) -> None:
    """A child that lives on and never used the store keeps nobody from it."""
    _run_forking(
        """
        anyio.run(spend, "parent", 5)
        pid = in_child(lambda: time.sleep(60))
        killed = in_child(lambda: (anyio.run(spend, "child", 5), os.kill(os.getpid(), signal.SIGKILL)))
        assert os.waitpid(killed, 0)[1] == signal.SIGKILL
        anyio.run(spend, "parent again", 5)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        """,
        path,
    )
    assert anyio.run(sums, SqliteStore(path)) == (15, 15, 0, 0, 0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
def test_child_knows_its_parents_file(path: Path) -> None:
    """A child goes on with the file that its parent knew, and with no other."""
    _run_forking(
        """
        from imagine_async.errors import StoreError
        anyio.run(spend, "parent", 1)

        def child():
            for name in os.listdir(os.path.dirname(sys.argv[1])):
                os.unlink(os.path.join(os.path.dirname(sys.argv[1]), name))
            try:
                anyio.run(spend, "child", 1)
            except StoreError as error:
                assert "was deleted" in str(error), error
            else:
                raise AssertionError("it went on")

        reap(in_child(child))
        """,
        path,
    )
