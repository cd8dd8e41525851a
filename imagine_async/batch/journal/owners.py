"""The workers that have rows of a journal, and whether they are alive.

A worker is taken for dead when it has not said for a while that it is alive, or, on its own host, when there is no such
process any more. Its rows are free then; what it does with them afterwards is refused.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from functools import cache
from pathlib import Path

from attrs import frozen

from imagine_async.errors import StoreError
from imagine_async.stores.sqlite.transaction import Transaction

__all__ = [
    "Owner",
    "beat",
    "dead_owners",
    "enter",
    "is_dead",
    "leave",
    "lost_lease",
    "note_gone",
    "others",
    "see_that_it_is_known",
]

_GRACE_SECONDS = 5.0
_GONE: set[str] = set()


@frozen
class Owner:
    """A worker.

    Args:
        name: Its name, which no other has.
        host: Where it runs.
        process: The number of its process.
        started: When that process began, as far as the system tells: numbers are used again.
    """

    name: str
    host: str
    process: int
    started: str

    @classmethod
    def of_this_process(cls) -> Owner:
        """Make one for this process."""
        process = os.getpid()
        return cls(f"{socket.gethostname()}-{process}-{secrets.token_hex(4)}", _host(), process, _start_of(process))


def enter(transaction: Transaction, owner: Owner, seconds: float) -> None:
    """Begin, as a worker.

    Args:
        transaction: Where.
        owner: The worker.
        seconds: For how long it counts as alive without saying so again.
    """
    transaction.change(
        "INSERT OR REPLACE INTO owners (owner, host, process, started, until) VALUES (?, ?, ?, ?, ?)",
        *(owner.name, owner.host, owner.process, owner.started, transaction.clock.wall() + seconds),
    )


def beat(transaction: Transaction, owner: Owner, seconds: float) -> bool:
    """Say that a worker is alive.

    Args:
        transaction: Where.
        owner: The worker.
        seconds: For how long that holds.

    Returns:
        False if it was taken for dead in the meantime, and others may have taken its rows.
    """
    until = transaction.clock.wall() + seconds
    return transaction.change("UPDATE owners SET until = ? WHERE owner = ?", until, owner.name) > 0


def leave(transaction: Transaction, owner: Owner) -> None:
    """End, as a worker; rows whose end could not be written are those of a dead one from now on.

    Args:
        transaction: Where.
        owner: The worker.
    """
    transaction.change("UPDATE owners SET until = 0 WHERE owner = ?", owner.name)
    transaction.change(
        "DELETE FROM owners WHERE owner = ? AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.owner = ?)",
        *(owner.name, owner.name),
    )


def note_gone(owner: Owner) -> None:
    """Take notice of a worker of this process that has ended, and could not tell the journal.

    Args:
        owner: The worker.
    """
    _GONE.add(owner.name)


def see_that_it_is_known(transaction: Transaction, name: str) -> None:
    """See that a worker was not taken for dead.

    Args:
        transaction: Where.
        name: The worker's name.

    Raises:
        StoreError: It was.
    """
    if not transaction.row("SELECT 1 FROM owners WHERE owner = ?", name):
        raise lost_lease()


def lost_lease() -> StoreError:
    """Make the error of a worker that was taken for dead."""
    return StoreError(
        "this worker could not tell the journal in time that it is alive, and others may have taken its rows: what it "
        "had under way ends, and nothing more begins; start it again to go on"
    )


def others(transaction: Transaction, owner: Owner) -> frozenset[str]:
    """Return the names of the other workers that are alive.

    Args:
        transaction: Where.
        owner: The worker that asks.
    """
    known = {name for (name,) in transaction.rows("SELECT owner FROM owners")}
    return frozenset(known - {*dead_owners(transaction), owner.name})


def dead_owners(transaction: Transaction) -> list[str]:
    """Return the workers that are no longer alive.

    Args:
        transaction: Where.
    """
    now = transaction.clock.wall()
    found = transaction.rows("SELECT owner, host, process, started, until FROM owners")
    return [
        name
        for name, host, process, started, until in found
        if name in _GONE or is_dead(host, process, started, until, now)
    ]


def is_dead(host: str, process: int, started: str, until: float, now: float) -> bool:
    """Tell whether a worker is no longer alive.

    Args:
        host: Where it runs.
        process: The number of its process.
        started: When that process began.
        until: When it counts as dead unless it says before that it is alive, in seconds since the epoch.
        now: The time, likewise.
    """
    # A clock that was set back, or a host that slept, must not make a worker die that is about to go on.
    if until + _GRACE_SECONDS < now:
        return True
    return host == _host() and not _is_running(process, started)


def _is_running(process: int, started: str) -> bool:
    if sys.platform == "win32":  # pragma: no cover - runs on Windows alone
        # There `os.kill` ends whatever it is asked about, so a worker is dead when its lease has run out, not before.
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return started == _start_of(process)


@cache
def _host() -> str:
    """Name this host as it runs now: after a restart, or in another container, process numbers mean others."""
    parts = [socket.gethostname()]
    for path in (Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")):
        try:
            parts.append(str(path.readlink()) if path.is_symlink() else path.read_text("ascii").strip())
        except OSError:
            continue
    return " ".join(parts)


def _start_of(process: int) -> str:
    """Return when a process began, in the system's own count; empty where it does not tell, or it is gone."""
    try:
        text = Path(f"/proc/{process}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    # A process that has ended and was not waited for yet is gone as well.
    return "" if fields[0] in ("Z", "X") else fields[19]
