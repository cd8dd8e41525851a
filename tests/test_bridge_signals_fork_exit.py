"""The bridge where only a process of its own can show it: Ctrl-C, fork, exit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and fork")

PRELUDE = """
import atexit, gc, os, signal, sys, threading, time
import anyio
from imagine_async.bridge.calls import run
from imagine_async.bridge.iteration import iterate
from imagine_async.bridge.loop_thread import PerProcess

def say(text):
    os.write(1, (text + "\\n").encode())

async def one():
    return 1

async def work(seconds=60.0):
    say("started")
    try:
        await anyio.sleep(seconds)
        say("paid")
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.05)
        say("cleaned up")

async def count(number):
    try:
        for i in range(number):
            await anyio.sleep(0)
            yield i
    finally:
        say("closed")

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
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            assert os.waitstatus_to_exitcode(status) == 0, status
            return
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("the child hangs")
"""

# From 3.12 on Python warns of every fork beside threads, which is what these tests are about.
STRICT = [sys.executable, "-X", "dev", "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c"]


def start(script: str) -> subprocess.Popen[str]:
    source = PRELUDE + textwrap.dedent(script)
    # Not measured for coverage: a signal that strikes while the tracer runs is lost now and then, and never without it.
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.Popen([*STRICT, source], env=untraced, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[list[str], str]:
    try:
        out, err = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"the process hangs\n{out}\n{err}")
    assert process.returncode == code, err
    return out.splitlines(), err


def interrupt(process: subprocess.Popen[str]) -> None:
    """Send a real Ctrl-C once the script has said that it works."""
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)


def test_ctrl_c_cancels_a_call() -> None:
    """The request is cancelled and has cleaned up when KeyboardInterrupt arrives; the next call works."""
    process = start("""
        try:
            run(work)
        except KeyboardInterrupt:
            say("interrupted")
        assert run(one) == 1
    """)
    interrupt(process)
    assert finish(process)[0] == ["cleaned up", "interrupted"]


def test_ctrl_c_ends_a_script() -> None:
    """A script that does not catch it dies of the signal, as scripts do."""
    process = start("run(work)")
    interrupt(process)
    out, err = finish(process, -signal.SIGINT)
    assert out == ["cleaned up"]
    assert "KeyboardInterrupt" in err


def test_ctrl_c_cancels_an_iteration() -> None:
    """The step under way is cancelled, and the producer has cleaned up when KeyboardInterrupt arrives."""
    process = start("""
        async def produce():
            await work()
            yield 1

        items = iterate(lambda _: produce())
        try:
            next(items)
        except KeyboardInterrupt:
            say("interrupted")
        assert list(items) == []
    """)
    interrupt(process)
    assert finish(process)[0] == ["cleaned up", "interrupted"]


def test_ctrl_c_in_a_lazy_input() -> None:
    """Interrupted while it waits for the caller's own iterable, an iteration is cancelled as well."""
    process = start("""
        async def produce(inputs):
            try:
                async for item in inputs:
                    yield item
            finally:
                say("closed")

        def inputs():
            say("started")
            time.sleep(60)
            yield 1

        try:
            list(iterate(lambda feed: produce(feed(inputs()))))
        except KeyboardInterrupt:
            say("interrupted")
    """)
    interrupt(process)
    assert finish(process)[0] == ["closed", "interrupted"]


def test_ctrl_c_at_random_moments() -> None:
    """Wherever the signal strikes, no request goes on behind the caller's back."""
    process = start("""
        running = 0

        async def request():
            global running
            running += 1
            try:
                await anyio.sleep(0.002)
            finally:
                running -= 1

        async def observe():
            await anyio.sleep(0)
            return running

        run(one)
        main = threading.main_thread().ident
        for round in range(100):
            timer = threading.Timer(round * 0.00004, signal.pthread_kill, (main, signal.SIGINT))
            try:
                timer.start()
                while True:
                    run(request)
            except KeyboardInterrupt:
                timer.join()
            assert run(observe) == 0, round
        say("none left")
    """)
    assert finish(process)[0] == ["none left"]


def test_fork_after_use() -> None:
    """Children of a parent that is warmed up get a loop and a client of their own."""
    process = start("""
        clients = PerProcess(lambda: [os.getpid()])
        loop = run(one) and clients.get()
        items = iterate(lambda _: count(100))
        next(items)

        def child():
            assert clients.get() == [os.getpid()]
            for _ in range(50):
                assert run(one) == 1
            assert list(iterate(lambda _: count(3))) == [0, 1, 2]
            gc.collect()

        children = [in_child(child) for _ in range(3)]
        for _ in range(50):
            assert run(one) == 1
        for pid in children:
            reap(pid)
        assert clients.get() == [os.getpid()]
        items.close()
    """)
    assert finish(process)[0].count("closed") == 4


def test_fork_while_another_thread_calls() -> None:
    """A fork in the middle of other threads' calls disturbs neither them nor the child."""
    process = start("""
        assert run(one) == 1
        stop = threading.Event()

        def busy():
            while not stop.is_set():
                assert run(one) == 1

        threads = [threading.Thread(target=busy) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            reap(in_child(lambda: run(one)))
        stop.set()
        for thread in threads:
            thread.join()
    """)
    finish(process)


def test_fork_while_the_loop_starts() -> None:
    """A fork at the worst moment, while another thread starts the loop, leaves the child able to work."""
    process = start("""
        first = threading.Thread(target=run, args=(one,))
        first.start()
        pid = in_child(lambda: run(one))
        first.join()
        reap(pid)
        assert run(one) == 1
    """)
    finish(process)


def test_iteration_of_the_parent_is_dead_in_the_child() -> None:
    """A child that drops the parent's iteration neither hangs nor closes it."""
    process = start("""
        items = iterate(lambda _: count(100))
        next(items)

        def child():
            items.close()
            gc.collect()
            assert run(one) == 1

        reap(in_child(child))
        assert list(items) == list(range(1, 100))
    """)
    assert finish(process)[0] == ["closed"]


def test_step_of_the_parents_iteration_in_the_child_raises() -> None:
    """A child that goes on with the parent's iteration is told why it cannot."""
    process = start("""
        items = iterate(lambda _: count(100))
        next(items)

        def child():
            try:
                list(items)
            except RuntimeError as error:
                assert "fork" in str(error)
            else:
                raise AssertionError

        reap(in_child(child))
        items.close()
    """)
    assert finish(process)[0] == ["closed"]


def test_exit_of_a_forked_child() -> None:
    """A child whose interpreter ends in order says nothing of the parent's half-read iteration, nor closes it."""
    process = start("""
        items = iterate(lambda _: count(100))
        next(items)
        pid = os.fork()
        if pid == 0:
            sys.exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
        say("child ended")
        items.close()
    """)
    assert finish(process) == (["child ended", "closed"], "")


@pytest.mark.parametrize(
    ("script", "code", "out"),
    [
        pytest.param("run(one)", 0, [], id="idle"),
        pytest.param("run(one); sys.exit(3)", 3, [], id="SystemExit"),
        pytest.param("run(one); raise ValueError", 1, [], id="error"),
        pytest.param("items = iterate(lambda _: count(100)); next(items)", 0, ["closed"], id="half-read iteration"),
        pytest.param("items = iterate(lambda _: count(100))", 0, [], id="unread iteration"),
        pytest.param(
            "cycle = [iterate(lambda _: count(100))]; cycle.append(cycle); next(cycle[0])",
            0,
            ["closed"],
            id="half-read iteration in a cycle",
        ),
        pytest.param(
            "threading.Thread(target=run, args=(lambda: work(0.3),)).start(); time.sleep(0.1)",
            0,
            ["started", "paid", "cleaned up"],
            id="call in a thread",
        ),
        pytest.param("atexit.register(lambda: say(str(run(one)))); run(one)", 0, ["1"], id="use in atexit"),
    ],
)
def test_exit(script: str, code: int, out: list[str]) -> None:
    """The interpreter ends at once and with the right code, whatever is left."""
    before = time.monotonic()
    said, err = finish(start(script), code)
    assert said == out
    assert (err == "") == (code != 1)
    assert time.monotonic() - before < 5


def test_exit_with_a_call_in_a_daemon_thread() -> None:
    """A call that a daemon thread has under way is cancelled and cleans up."""
    said, _ = finish(
        start("""
        threading.Thread(target=run, args=(work,), daemon=True).start()
        while run(one) and time.sleep(0.1):
            pass
        """)
    )
    assert said == ["started", "cleaned up"]
