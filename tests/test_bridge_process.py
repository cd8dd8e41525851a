"""What each process has of its own."""

from __future__ import annotations

import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from imagine_async.bridge import loop_thread
from imagine_async.bridge.calls import run
from imagine_async.bridge.loop_thread import LoopThread, PerProcess, current_loop


async def thread_id() -> int:
    return threading.get_ident()


async def leave() -> None:
    raise SystemExit(1)


def test_loop_that_was_lost_is_replaced() -> None:
    """A task that ends the loop takes the running calls with it, and the next call starts a new loop."""

    async def end_the_loop() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(leave)
            await anyio.sleep_forever()

    before = current_loop()
    with pytest.raises(BaseExceptionGroup):
        run(end_the_loop)
    before._thread.join(5)
    assert run(thread_id)
    assert current_loop() is not before


def test_loop_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error on the new thread reaches the caller."""

    def refuse(_: object) -> None:
        raise OSError("no more files")

    monkeypatch.setattr(anyio, "run", refuse)
    monkeypatch.setattr(loop_thread, "_process", loop_thread._Process())
    with pytest.raises(OSError, match="no more files"):
        run(thread_id)


def test_per_process_makes_at_once_and_once() -> None:
    """Wrong arguments are reported where they are given, and one object serves the process."""
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    holder = PerProcess(make)
    assert made == [holder.get()] == [holder.get()]
    with pytest.raises(ZeroDivisionError):
        PerProcess(lambda: 1 / 0)


def test_per_process_makes_anew_after_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child gets an object of its own, and the parent's is not collected there."""

    class Client:
        """Can be referred to weakly."""

    process = loop_thread._Process()
    monkeypatch.setattr(loop_thread, "_process", process)
    holder = PerProcess(Client)
    parents = weakref.ref(holder.get())
    process.after_fork_in_child()
    childs = holder.get()
    assert childs is holder.get()
    assert childs is not parents()
    assert parents() is not None


def test_loop_after_a_fork() -> None:
    """The child starts a loop of its own, and keeps the parent's, which runs no longer, from being collected."""
    process = loop_thread._Process()
    parents = process.loop()
    process.before_fork()
    process.after_fork_in_parent()
    assert process.loop() is parents
    process.after_fork_in_child()
    assert not parents.is_alive
    assert process.loop() is not parents
    assert parents in process._left_behind
    process.at_exit()
    parents.stop()


def test_loop_that_never_started_can_be_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork after a loop that failed to start finds nothing to leave behind."""

    def refuse(_: object) -> None:
        raise OSError("no more files")

    process = loop_thread._Process()
    with monkeypatch.context() as patch:
        patch.setattr(anyio, "run", refuse)
        with pytest.raises(OSError, match="no more files"):
            process.loop()
    process.after_fork_in_child()
    assert process.loop().is_alive
    process.at_exit()


def test_threads_that_come_first_share_one_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads call first at once, one loop thread starts."""
    process = loop_thread._Process()
    monkeypatch.setattr(loop_thread, "_process", process)

    def slow() -> LoopThread:
        time.sleep(0.01)
        return LoopThread()

    monkeypatch.setattr(loop_thread, "LoopThread", slow)
    together = threading.Barrier(8)

    def call() -> int:
        together.wait(5)
        return run(thread_id)

    with ThreadPoolExecutor(8) as pool:
        assert len({future.result(20) for future in [pool.submit(call) for _ in range(8)]}) == 1
    process.at_exit()


def test_loop_at_exit() -> None:
    """At exit the loop thread is stopped; a process that never had one, or has lost it, has nothing to do."""
    process = loop_thread._Process()
    process.at_exit()
    loop = process.loop()
    process.at_exit()
    assert not loop.is_alive
    process.at_exit()
