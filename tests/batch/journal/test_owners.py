"""Workers of a journal: who is alive, whose rows are free, and what comes too late."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve

from imagine_async.batch.journal import inheriting, lookups, moving, operations, owners
from imagine_async.batch.journal.claims import Claim, Ending, Leftover, RowTakenError
from imagine_async.batch.journal.owners import Owner
from imagine_async.batch.records import RowState
from imagine_async.stores.sqlite.transaction import Transaction
from tests.batch.journal.making import claim_for, owner_named, table_of, transaction
from tests.virtual_time import VirtualClock

ME, OTHER = owner_named("me"), owner_named("other")


def _sent(opened: Transaction, position: int, owner: str = "me", **named: object) -> Claim:
    claim = claim_for(position, owner, **named)
    claim.attempts = 1
    operations.mark_sent(opened, claim)
    return claim


def _states(opened: Transaction) -> list[tuple[int, str, str | None]]:
    return opened.rows("SELECT position, state, owner FROM rows ORDER BY position")


def test_a_lease_runs_out() -> None:
    """A worker that says nothing for its time, and a little more, is dead."""
    clock = VirtualClock()
    with transaction(clock) as opened:
        owners.enter(opened, ME, 30)
        owners.enter(opened, OTHER, 30)
        clock.time += 20
        assert owners.beat(opened, ME, 30)
        clock.time += 14
        assert owners.dead_owners(opened) == []
        clock.time += 2
        assert owners.dead_owners(opened) == ["other"]
        assert not owners.others(opened, ME)
        assert owners.others(opened, OTHER)


def test_a_process_that_is_gone() -> None:
    """On its own host a worker is dead as soon as its process is, or its number belongs to another one."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with transaction() as opened:
        for owner in (
            ME,
            evolve(owner_named("gone"), process=ended.pid),
            evolve(owner_named("another of that number"), started="1"),
            evolve(owner_named("elsewhere"), host="another host", process=ended.pid),
            Owner("of another user", ME.host, 1, owners._start_of(1)),
        ):
            owners.enter(opened, owner, 30)
        assert owners.dead_owners(opened) == ["another of that number", "gone"]


def test_a_process_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may not be asked is alive."""

    def refuse(process: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not owners.is_dead(ME.host, ME.process, "1", 1000, 0)


def test_a_process_that_was_not_waited_for() -> None:
    """A process that has ended is gone, though its number is not free yet."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    started = owners._start_of(child.pid)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert owners.is_dead(ME.host, child.pid, started or "1", 1e12, 0)
    finally:
        child.wait()


def test_a_host_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system tells nothing of processes, their numbers have to do."""
    monkeypatch.setattr(Path, "read_text", _raise)
    monkeypatch.setattr(Path, "is_symlink", lambda self: False)
    owners._host.cache_clear()
    try:
        made = Owner.of_this_process()
        assert made.started == ""
        assert " " not in made.host
        assert not owners.is_dead(made.host, made.process, made.started, 1000, 0)
    finally:
        monkeypatch.undo()
        owners._host.cache_clear()


def _raise(*arguments: object, **named: object) -> str:
    raise OSError


def test_rows_of_the_dead() -> None:
    """What was not sent is free; what may have been sent is handed over."""
    clock = VirtualClock()
    with transaction(clock) as opened:
        owners.enter(opened, OTHER, 30)
        leased, sent = claim_for(0, "other"), _sent(opened, 1, "other", job="job-7", id="one", line=3, tags=("a",))
        operations.claim(opened, leased)
        operations.note_job(opened, sent)
        operations.end(opened, _sent(opened, 2, "other"), Ending(state=RowState.DONE, file="2.jpg"))
        owners.enter(opened, ME, 100)
        assert inheriting.inherit(opened, ME) == []
        clock.time += 40
        (found,) = inheriting.inherit(opened, ME)
        assert (found.position, found.job, found.id, found.line, found.tags) == (1, "job-7", "one", 3, ("a",))
        assert (found.attempts, found.seed, found.owner, found.sent_at) == (1, 2, "me", 1000)
        assert _states(opened) == [(0, "pending", None), (1, "sent", "me"), (2, "done", None)]
        assert opened.rows("SELECT owner FROM owners") == [("me",)]
        assert not owners.beat(opened, OTHER, 30)


def test_what_comes_too_late() -> None:
    """A worker whose rows were taken over changes nothing any more."""
    clock = VirtualClock()
    with transaction(clock) as opened:
        owners.enter(opened, OTHER, 30)
        late, waiting = _sent(opened, 0, "other"), claim_for(1, "other")
        operations.claim(opened, waiting)
        clock.time += 40
        owners.enter(opened, ME, 30)
        (mine,) = inheriting.inherit(opened, ME)
        operations.claim(opened, claim_for(1, "me"))
        before = table_of(opened)
        assert not operations.end(opened, late, Ending(state=RowState.DONE, file="late.jpg"))
        operations.mark_unsent(opened, late)
        late.job = "late"
        operations.note_job(opened, late)
        with pytest.raises(RowTakenError, match="row 0: another worker has it"):
            operations.mark_sent(opened, late)
        with pytest.raises(RowTakenError):
            operations.confirm(opened, waiting)
        with pytest.raises(RowTakenError):
            operations.mark_sent(opened, claim_for(1, "other"))
        assert not operations.end(opened, waiting, Ending(state=RowState.FAILED))
        operations.end_unread(opened, 1, b"x" * 16, None, "bad")
        assert table_of(opened) == before
        assert operations.end(opened, mine, Ending(state=RowState.UNKNOWN))
        assert _states(opened)[0] == (0, "unknown", None)


def test_rows_out_of_the_journal() -> None:
    """They are leased in their order, from a position on; those of others, and unreadable ones, are left."""
    with transaction() as opened:
        for position, state in enumerate(["pending", "failed", "done", "unknown", "unknown", "unknown", "failed"]):
            claim = _sent(opened, position)
            claim.job = "job" if position == 4 else None
            kept = "/kept" if position == 5 else None
            operations.end(opened, claim, Ending(state=RowState(state), kept=kept))
        operations.end_unread(opened, 7, b"x" * 16, 3, "no comma")
        operations.claim(opened, claim_for(8, "other"))
        wanted = ("pending", "failed")
        assert [row.position for row in inheriting.take(opened, ME, wanted, 0, 2)] == [0, 1]
        assert [row.position for row in inheriting.take(opened, ME, wanted, 0, 9)] == [4, 5, 6]
        assert inheriting.take(opened, ME, wanted, 0, 9) == []
        assert [row.position for row in inheriting.take(opened, ME, ("unknown",), 0, 9)] == [3]
        assert lookups.count_states(opened) == {
            RowState.LEASED: 7,
            RowState.DONE: 1,
            RowState.FAILED: 1,
        }


def test_a_row_without_a_name() -> None:
    """A row whose name another one was given gets one by its place."""
    with transaction() as opened:
        operations.end(opened, _sent(opened, 3), Ending(state=RowState.FAILED))
        opened.change("UPDATE rows SET stem = NULL")
        (row,) = inheriting.take(opened, ME, ("failed",), 0, 9)
        assert isinstance(row, Leftover)
        assert row.stem == "0000003"


def test_files_of_others() -> None:
    """A file that another row has is not taken for one's own."""
    with transaction() as opened:
        operations.end(opened, _sent(opened, 0), Ending(state=RowState.DONE, file="fox.jpg"))
        assert lookups.is_file_of_another(opened, "fox.jpg", 1)
        assert not lookups.is_file_of_another(opened, "fox.jpg", 0)
        assert not lookups.is_file_of_another(opened, "hen.jpg", 1)


def test_parents() -> None:
    """A row is found by its id, before a position, and among those that are in the input."""
    with transaction() as opened:
        operations.end(opened, _sent(opened, 2, id="p"), Ending(state=RowState.DONE, file="p.jpg"))
        found = lookups.find_parent(opened, "p", 3)
        assert found is not None
        assert (found.state, found.file, found.key) == (RowState.DONE, "p.jpg", claim_for(2).key)
        assert lookups.find_parent(opened, "p", 2) is None
        assert lookups.find_parent(opened, "q", 3) is None
        moving.unsettle(opened, 0)
        assert lookups.find_parent(opened, "p", 3) is None


def test_rows_that_move() -> None:
    """Rows taken out of their places are found by what they ask for, the first of equal ones first."""
    with transaction() as opened:
        for position in range(4):
            operations.end(
                opened, _sent(opened, position, key=bytes([position // 2] * 16)), Ending(state=RowState.DONE)
            )
        operations.end_unread(opened, 4, b"x" * 16, 3, "no comma")
        moving.unsettle(opened, 1)
        assert [row[0] for row in _states(opened)] == [-4, -3, -2, 0]
        moving.unsettle(opened, 1)
        first = moving.adopt(opened, 5, bytes([1] * 16), None, b"f" * 16, 9)
        assert first is not None
        assert (first.seed, first.position, first.fingerprint) == (3, 5, (b"f" * 16).hex())
        second = moving.adopt(opened, 6, bytes([1] * 16), None, b"f" * 16, None)
        assert second is not None
        assert second.seed == 4
        assert moving.adopt(opened, 7, bytes([1] * 16), None, b"f" * 16, None) is None
        assert moving.adopt(opened, 7, bytes([0] * 16), "named", b"f" * 16, None) is None
        assert lookups.count_states(opened) == {RowState.DONE: 3, None: 1}
        moving.unsettle(opened, 0)
        assert lookups.count_states(opened) == {None: 4}
        assert lookups.spent(opened) == 0


def test_a_row_that_is_leased_already() -> None:
    """Leasing it again changes nothing; what stands in its way once is told each time."""
    with transaction() as opened:
        claim = claim_for(0)
        operations.claim(opened, claim)
        before = table_of(opened)
        operations.claim(opened, claim)
        assert table_of(opened) == before
        claim.problem = RowTakenError("gone")
        with pytest.raises(RowTakenError, match="gone"):
            operations.mark_sent(opened, claim)


def test_a_row_that_ends_before_it_was_leased() -> None:
    """It is leased then, but for one that goes back to pending."""
    with transaction() as opened:
        assert operations.end(opened, claim_for(0), Ending(state=RowState.DONE, file="0.jpg"))
        assert not operations.end(opened, claim_for(1), Ending(state=RowState.PENDING))
        assert _states(opened) == [(0, "done", None)]
