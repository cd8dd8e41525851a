"""The store in Redis: a server that is killed, emptied, full, paused or not ours, and what callers are told."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from redis import exceptions

from imagine_async.errors import ConfigurationError, MissingExtraError, StoreError
from imagine_async.stores import Budget, Entry, Fate, RateLimit
from imagine_async.stores.jobs import StoreAwayError
from imagine_async.stores.redis import RedisStore
from imagine_async.stores.redis import store as redis_module
from imagine_async.stores.redis.failures import meaning_of
from tests.redis_server import RedisServer, redis_server
from tests.stores.entries import ACCOUNT, new_entry, reserved, sums

LIMIT = RateLimit(4, 8.0, burst=4, margin=0.0)
PASSWORD = "hunter2-is-secret"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """Run a server that keeps all it is told."""
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def forgetful_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Run a server that keeps nothing."""
    with redis_server(tmp_path, is_kept=False) as server:
        yield server


# URLs


@pytest.mark.parametrize("url", ["", "localhost:6379", f"http://user:{PASSWORD}@host"])
def test_what_is_no_url_is_refused(url: str) -> None:
    """What names no server is refused with an example, and is not repeated: it may hold a password."""
    with pytest.raises(ConfigurationError, match="such as redis://localhost:6379/0") as caught:
        RedisStore(url)
    assert PASSWORD not in str(caught.value)


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the error names the extra."""
    monkeypatch.setattr(redis_module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="redis"):
        RedisStore("redis://localhost:6379/0")


def test_password_is_not_shown() -> None:
    """A store shows where it is, and neither user nor password."""
    store = RedisStore(f"rediss://user:{PASSWORD}@example.com:6380/3")
    assert repr(store) == "RedisStore('rediss://example.com:6380/3')"


@pytest.mark.anyio
async def test_socket_of_the_file_system(tmp_path: Path) -> None:
    """A server on the same host may be reached by its socket."""
    socket = tmp_path / "redis.sock"
    with redis_server(tmp_path, "--unixsocket", str(socket)):
        store = RedisStore(f"unix://{socket}")
        await reserved(store, 5)
        assert await sums(store) == (0, 0, 0, 0, 5, 0)
        await store.aclose()


# A server that goes away and comes back


@pytest.mark.anyio
async def test_server_that_is_killed_keeps_the_books(server: RedisServer) -> None:
    """After a kill and a restart all is as it was; calls that came in between have waited."""
    store = RedisStore(server.url)
    entry = await reserved(store, 5)
    slots = [await store.reserve_slot(ACCOUNT, LIMIT) for _ in range(4)]
    server.kill()
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    answered = []

    async def call() -> None:
        answered.append(await reserved(store, 7))

    async with anyio.create_task_group() as group:
        group.start_soon(call)
        await anyio.sleep(0.2)
        assert not answered
        await anyio.to_thread.run_sync(server.start)
    assert await sums(store) == (1, 5, 0, 0, 7, 0)
    # Those four still count in their window.
    assert (await store.reserve_slot(ACCOUNT, LIMIT)).at >= slots[0].at + LIMIT.window
    await store.aclose()


@pytest.mark.anyio
async def test_patience_ends_and_bookings_stay(server: RedisServer) -> None:
    """Who has waited long enough learns that nothing was sent; what was posted is written when the server is back."""
    store = RedisStore(server.url, patience=0.3)
    entry = await reserved(store, 5)
    server.kill()
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    for ask in (lambda: reserved(store, 7), lambda: store.reserve_slot(ACCOUNT, LIMIT), lambda: store.lines(ACCOUNT)):
        with pytest.raises(StoreError, match="cannot be reached .*; nothing was sent") as caught:
            await ask()
        assert caught.value.store == f"redis://127.0.0.1:{server.port}/0"
    await anyio.to_thread.run_sync(server.start)
    assert await _eventually_sums(store) == (1, 5, 0, 0, 0, 0)
    await store.aclose()


async def _eventually_sums(store: RedisStore) -> Any:
    with anyio.fail_after(20):
        while True:
            with contextlib.suppress(StoreError):
                await store.flush()
                return await sums(store)


@pytest.mark.anyio
async def test_kills_at_any_moment_lose_no_reservation(server: RedisServer) -> None:
    """However often the server dies among concurrent calls, all that was answered stands, and nothing else."""
    store = RedisStore(server.url)
    settled, left_open = [], []

    async def call(number: int) -> None:
        entry = await reserved(store)
        if number % 2:
            store.post_booking(ACCOUNT, entry, Fate.SETTLE)
            settled.append(entry)
        else:
            left_open.append(entry)

    async def die() -> None:
        for _ in range(4):
            await anyio.sleep(0.05)
            server.kill()
            await anyio.to_thread.run_sync(server.start)

    async with anyio.create_task_group() as group:
        group.start_soon(die)
        for number in range(400):
            group.start_soon(call, number)
            await anyio.sleep(0.002)
    await store.flush()
    assert (len(settled), len(left_open)) == (200, 200)
    assert await sums(store) == (200, 200, 0, 0, 200, 0)
    await store.aclose()


def _kill(server: RedisServer) -> None:
    server.kill()
    server.start()


def _empty(server: RedisServer) -> None:
    server.command("FLUSHALL")


@pytest.mark.anyio
@pytest.mark.parametrize("lose", [_kill, _empty])
async def test_lost_books_are_refused(forgetful_server: RedisServer, lose: Callable[[RedisServer], None]) -> None:
    """A client whose books are gone is told so and sends nothing; a new one begins with what is there."""
    store = RedisStore(forgetful_server.url)
    entry = await reserved(store, 5)
    await anyio.to_thread.run_sync(lose, forgetful_server)
    for _ in range(2):
        with pytest.raises(StoreError, match="lost or replaced while in use.*make a new client") as caught:
            await reserved(store)
        assert caught.value.store
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    await store.aclose()
    another = RedisStore(forgetful_server.url)
    assert await sums(another) == (0, 0, 0, 0, 0, 0)
    await reserved(another, 1)
    # Whoever came first knows that those are not its books.
    with pytest.raises(StoreError, match="lost or replaced while in use"):
        await reserved(store)
    await another.aclose()
    await store.aclose()


@pytest.mark.anyio
@pytest.mark.parametrize("lose", [_kill, _empty])
async def test_lost_slots_open_no_window(forgetful_server: RedisServer, lose: Callable[[RedisServer], None]) -> None:
    """Where it is not known any more who has left, nobody leaves for a window, and then without a burst."""
    store = RedisStore(forgetful_server.url)
    for _ in range(4):
        assert (await store.reserve_slot(ACCOUNT, LIMIT)).wait <= 0
    await anyio.to_thread.run_sync(lose, forgetful_server)
    waits = [(await store.reserve_slot(ACCOUNT, LIMIT)).wait for _ in range(3)]
    assert waits[0] > LIMIT.window - 1
    assert [round(after - before) for before, after in itertools.pairwise(waits)] == [LIMIT.interval] * 2
    await store.aclose()


@pytest.mark.anyio
async def test_script_that_is_forgotten(server: RedisServer) -> None:
    """A server that has forgotten the script is told it again, and does each job once."""
    store = RedisStore(server.url)
    await reserved(store, 5)
    server.command("SCRIPT", "FLUSH")
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(reserved, store, 1)
    assert await sums(store) == (0, 0, 0, 0, 25, 0)
    await store.aclose()


@pytest.mark.anyio
@pytest.mark.skipif(sys.platform == "win32", reason="a process gets no signals there")
async def test_server_that_hangs(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing is given up; what it does about the calls later is taken back."""
    monkeypatch.setattr("imagine_async.stores.redis.engine._REPLY_SECONDS", 0.2)
    store = RedisStore(server.url, patience=0.5)
    await reserved(store, 5)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreError, match=r"cannot be reached \(TimeoutError\); nothing was sent"):
            await reserved(store, 7)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert await _eventually_sums(store) == (0, 0, 0, 0, 5, 0)
    await store.aclose()


# Servers that refuse


@pytest.mark.anyio
@pytest.mark.parametrize("user", ["", "default:wrong@", "nobody:wrong@"])
async def test_wrong_password(tmp_path: Path, user: str) -> None:
    """A password that is missing or wrong is told at once, and none is shown."""
    with redis_server(tmp_path, "--requirepass", PASSWORD) as server:
        store = RedisStore(server.url.replace("//", f"//{user}"))
        with pytest.raises(StoreError, match="wants a user or password other than those in the URL") as caught:
            await reserved(store)
        assert "wrong@" not in str(caught.value)
        assert "wrong" not in caught.value.store
        right = RedisStore(server.url.replace("//", f"//:{PASSWORD}@"))
        await reserved(right, 5)
        assert await sums(right) == (0, 0, 0, 0, 5, 0)
        await right.aclose()


@pytest.mark.anyio
@pytest.mark.parametrize("rights", ["~imagine:* +@all -evalsha", "~other:* +@all", "~imagine:* +@all -hset"])
async def test_user_without_rights(tmp_path: Path, rights: str) -> None:
    """A user who may not run scripts, or not on these keys, is told what is missing."""
    with redis_server(tmp_path) as server:
        server.command(f"ACL SETUSER poor on >{PASSWORD} {rights}")
        store = RedisStore(server.url.replace("//", f"//poor:{PASSWORD}@"))
        with pytest.raises(StoreError, match="may not run scripts on keys that begin with 'imagine:'") as caught:
            await reserved(store)
        assert PASSWORD not in str(caught.value)


@pytest.mark.anyio
async def test_user_with_just_enough_rights(server: RedisServer) -> None:
    """The rights that the error names are enough for all there is."""
    rights = "~imagine:* +@read +@write +@scripting +@connection +time"
    server.command(f"ACL SETUSER modest on >{PASSWORD} {rights}")
    store = RedisStore(server.url.replace("//", f"//modest:{PASSWORD}@"))
    await store.reserve_slot(ACCOUNT, LIMIT)
    store.post_booking(ACCOUNT, await reserved(store, 5), Fate.SETTLE)
    await store.set_budget(ACCOUNT, Budget(50))
    assert await store.accounts() == (ACCOUNT,)
    assert await sums(store) == (1, 5, 0, 0, 0, 0)
    await store.aclose()


@pytest.mark.anyio
async def test_replica_is_waited_for(server: RedisServer, tmp_path: Path) -> None:
    """A replica takes no writes; when it is made the primary, calls go on."""
    (folder := tmp_path / "replica").mkdir()
    with redis_server(folder, "--replicaof", "127.0.0.1", str(server.port)) as replica:
        impatient = RedisStore(replica.url, patience=0.3)
        with pytest.raises(StoreError, match="a replica, which takes no writes: name its primary; nothing was sent"):
            await reserved(impatient)
        store = RedisStore(replica.url)
        async with anyio.create_task_group() as group:
            group.start_soon(reserved, store, 5)
            await anyio.sleep(0.2)
            replica.command("REPLICAOF", "NO", "ONE")
        assert await sums(store) == (0, 0, 0, 0, 5, 0)
        await store.aclose()
        await impatient.aclose()


@pytest.mark.anyio
async def test_memory_that_is_full_is_waited_for(server: RedisServer) -> None:
    """While the server is out of memory nothing is sent; what was posted is written when it has some again."""
    store = RedisStore(server.url, patience=0.3)
    entry = await reserved(store, 5)
    server.command("CONFIG", "SET", "maxmemory", "1")
    store.post_booking(ACCOUNT, entry, Fate.SETTLE)
    with pytest.raises(StoreError, match="out of memory: raise its maxmemory, .*; nothing was sent"):
        await reserved(store)
    server.command("CONFIG", "SET", "maxmemory", "0")
    assert await _eventually_sums(store) == (1, 5, 0, 0, 0, 0)
    await store.aclose()


@pytest.mark.anyio
async def test_keys_of_somebody_else(server: RedisServer) -> None:
    """Where another program has put something under our keys, one account is refused, and the others go on."""
    server.command("SET", "imagine:{theirs}:notes", "something")
    store = RedisStore(server.url)
    refused: list[str] = []

    async def ask(account: str) -> None:
        try:
            await store.reserve(account, new_entry(), (), call_id=None)
        except StoreError as error:
            refused.append(f"{account} {error.message}")

    async with anyio.create_task_group() as group:
        for account in ("theirs", "ours") * 10:
            group.start_soon(ask, account)
    assert {line.split(" ")[0] for line in refused} == {"theirs"}
    assert len(refused) == 10
    assert all("use another database number" in line for line in refused)
    assert await sums(store, "ours") == (0, 0, 0, 0, 10, 0)
    await store.aclose()


@pytest.mark.parametrize(
    ("error", "expected", "said"),
    [
        (exceptions.BusyLoadingError("reading"), StoreAwayError, "still reading its data"),
        (exceptions.ClusterDownError("CLUSTERDOWN"), StoreAwayError, "cluster is down"),
        (exceptions.MasterDownError("MASTERDOWN"), StoreAwayError, "lost its primary"),
        (exceptions.TryAgainError("TRYAGAIN"), StoreAwayError, "moving its keys"),
        (exceptions.ResponseError("BUSY Redis is busy running a script"), StoreAwayError, "somebody's script"),
        (
            exceptions.ResponseError("MISCONF Errors writing"),
            StoreAwayError,
            "cannot write to its disk",
        ),
        (exceptions.ConnectionError("refused"), StoreAwayError, r"cannot be reached \(ConnectionError\)"),
        (exceptions.TimeoutError("late"), StoreAwayError, r"cannot be reached \(TimeoutError\)"),
        (exceptions.ResponseError("unknown command"), StoreError, "refuses: unknown command"),
    ],
)
def test_what_the_server_says(error: Exception, expected: type[Exception], said: str) -> None:
    """What passes is waited for; what stays is told, with the way out."""
    meaning = meaning_of(error)
    assert type(meaning) is expected
    with pytest.raises(expected, match=said):
        raise meaning


# Processes


CHILD = """
import anyio, os, sys
from imagine_async.stores.redis import RedisStore
from tests.stores.entries import reserved

async def work(name, tokens):
    for number in range(50):
        await reserved(store, tokens, entry_id=f"{name}/{number}")
    await store.flush()

store = RedisStore(sys.argv[1])
anyio.run(work, "before", 1)
pid = os.fork()
if not pid:
    anyio.run(work, "child", 100)
    os._exit(0)
anyio.run(work, "after", 10)
assert os.waitpid(pid, 0)[1] == 0
"""


@pytest.mark.anyio
@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows knows no fork")
async def test_forks_have_connections_of_their_own(server: RedisServer) -> None:
    """A child goes on with the store of its parent, and neither reads what the other is answered."""
    command = [sys.executable, "-W", "ignore", "-c", CHILD, server.url]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2], timeout=60)
    store = RedisStore(server.url)
    assert await sums(store) == (0, 0, 0, 0, 50 * 111, 0)
    await store.aclose()


@pytest.mark.anyio
async def test_clock_of_the_server_counts(server: RedisServer) -> None:
    """Hosts whose clocks disagree share slots and leases by the clock of the server."""
    early, late = RedisStore(server.url), RedisStore(server.url)
    before = time.time()
    first = await early.reserve_slot(ACCOUNT, LIMIT)
    second = await late.reserve_slot(ACCOUNT, LIMIT)
    assert before - 1 <= first.at <= second.at <= time.time() + 1
    entry = Entry(id="call-1/1", key=new_entry().key, tokens=1.0, seconds=0.0)
    await early.reserve(ACCOUNT, entry, [Budget(1)], call_id=None)
    assert [hold.id for hold in await late.holds(ACCOUNT)] == ["call-1/1"]
    await early.aclose()
    await late.aclose()
