"""A process that uses a SQLite store, for tests that need several.

It is run by `python -m tests.stores.sqlite_process KIND PATH ARGUMENTS`.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping

import anyio

from imagine_async.errors import BudgetExceededError
from imagine_async.stores import Budget, Fate, RateLimit
from imagine_async.stores.sqlite import SqliteStore
from imagine_async.stores.sqlite.open_file import OpenFile
from tests.stores.entries import ACCOUNT, new_entry

LEASE = 600.0
LIMIT = RateLimit(200, 1.0)


def say(**facts: object) -> None:
    """Tell the test something, in one write."""
    os.write(1, f"{json.dumps(facts)}\n".encode())


async def reserve_many(store: SqliteStore, number: str, budget: str) -> None:
    """Reserve one token, so many times at once."""
    passed = []

    async def attempt(name: str) -> None:
        try:
            await store.reserve(ACCOUNT, new_entry(1, entry_id=name), [Budget(float(budget))], call_id=None)
        except BudgetExceededError:
            return
        passed.append(name)

    await _wait_for_word()
    async with anyio.create_task_group() as group:
        for each in range(int(number)):
            group.start_soon(attempt, f"{os.getpid()}/{each}")
    say(passed=len(passed))


async def call_on(store: SqliteStore, width: str) -> None:
    """Reserve, take a slot, settle or hold, and tell of each; until there is a word, or for ever."""
    await store.lines(ACCOUNT)
    say(started=True)
    async with anyio.create_task_group() as group:
        for each in range(int(width)):
            group.start_soon(_call_on, store, each)
        await _wait_for_word()
        group.cancel_scope.cancel()
    await store.aclose()


async def _call_on(store: SqliteStore, place: int) -> None:
    for number in itertools.count():
        entry = new_entry(1, entry_id=f"{os.getpid()}-{place}/{number}", seconds=LEASE)
        await store.reserve(ACCOUNT, entry, [Budget(1e9)], call_id=None)
        say(reserved=entry.id)
        await store.reserve_slot(ACCOUNT, RateLimit(100_000, 1.0))
        fate = Fate.HOLD if number % 10 == 9 else Fate.SETTLE
        say(**{fate: entry.id})
        store.post_booking(ACCOUNT, entry, fate)


async def take_slots(store: SqliteStore, width: str, seconds: str) -> None:
    """Take slots, and wait for each; tell when they were."""
    await store.lines(ACCOUNT)
    say(started=True)
    await _wait_for_word()
    end = time.monotonic() + float(seconds)
    slots: list[float] = []

    async def take() -> None:
        while time.monotonic() < end:
            slot = await store.reserve_slot(ACCOUNT, LIMIT)
            slots.append(slot.at)
            await anyio.sleep(max(0.0, slot.wait))

    async with anyio.create_task_group() as group:
        for _ in range(int(width)):
            group.start_soon(take)
    say(slots=slots)


async def die(store: SqliteStore, moment: str) -> None:
    """Reserve and settle some calls, and die at a moment of the next step."""
    for number in range(3):
        entry = new_entry(1, entry_id=f"done/{number}", seconds=LEASE)
        await store.reserve(ACCOUNT, entry, (), call_id=None)
        store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    await store.flush()
    if moment in _MOMENTS:
        setattr(OpenFile, *_MOMENTS[moment])
    await store.reserve(ACCOUNT, new_entry(1, entry_id="last/1", seconds=LEASE), (), call_id=None)
    _end()


def _end(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


_begin, _commit = OpenFile.begin, OpenFile.commit


def _end_in_transaction(file: OpenFile, *, is_durable: bool) -> None:
    _begin(file, is_durable=is_durable)
    _end()


def _end_after_commit(file: OpenFile) -> None:
    _commit(file)
    _end()


_MOMENTS: Mapping[str, tuple[str, Callable[..., None]]] = {
    "holding the lock": ("begin", _end),
    "in a transaction": ("begin", _end_in_transaction),
    "before the commit": ("commit", _end),
    "after the commit": ("commit", _end_after_commit),
}


async def _wait_for_word() -> None:
    await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True)


KINDS: Mapping[str, Callable[..., Awaitable[None]]] = {
    "reserve_many": reserve_many,
    "call_on": call_on,
    "take_slots": take_slots,
    "die": die,
}


async def _main(*words: str) -> None:
    kind, path, *arguments = words
    store = SqliteStore(path)
    await KINDS[kind](store, *arguments)
    await store.aclose()


if __name__ == "__main__":
    anyio.run(_main, *sys.argv[1:])
