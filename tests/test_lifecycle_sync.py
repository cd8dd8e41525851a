"""One sync client wherever it may be used: threads, running loops, forks, half-read iterations, and at exit."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from imagine_async import Call, Handler, Image, Imagine, Middleware, TextToImage
from imagine_async.bridge.blocking import BlockingCallWarning
from imagine_async.bridge.loop_thread import CLEANUP_SECONDS, current_loop
from tests.lifecycle import PLAIN, HangingServer, finish, hanging_server, nothing_left_open, said_by, start
from tests.sandbox_process import FLAT_ENGINE, SandboxProcess, sandbox_process


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxProcess]:
    """Run one sandbox for the module, in a process of its own."""
    with sandbox_process(*FLAT_ENGINE) as server:
        yield server


@pytest.fixture(autouse=True)
def _loop_thread() -> None:
    """Start the loop thread, which has sockets of its own and stays."""
    current_loop()


@pytest.fixture
def client(server: SandboxProcess) -> Iterator[Imagine]:
    """Make a client that neither paces nor resends."""
    with nothing_left_open(), Imagine(server.key, base_url=server.base_url, **PLAIN) as client:
        yield client


def foxes(count: int) -> Iterator[TextToImage]:
    return (TextToImage(prompt=f"fox {number}") for number in range(count))


def test_eight_threads_share_one_client(client: Imagine, server: SandboxProcess) -> None:
    """Threads that call at once, singly and in bulk, all get their pictures, and each is charged once."""
    before = server.calls()
    together = threading.Barrier(8)

    def work(number: int) -> list[Image | Exception]:
        together.wait(20)
        single: list[Image | Exception] = [client.text_to_image(f"fox {number}") for _ in range(3)]
        return single + [result for _, result in client.generate_many(foxes(4), concurrency=2)]

    with ThreadPoolExecutor(8) as pool:
        results = [result for results in pool.map(work, range(8)) for result in results]
    assert [result for result in results if not isinstance(result, Image)] == []
    assert len(results) == server.calls() - before == client.usage().calls == 8 * 7


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_within_a_running_loop(backend: str, client: Imagine) -> None:
    """The call works, and is warned of by name, at its own line."""

    async def cell() -> Image:
        return client.text_to_image("a fox")

    with pytest.warns(BlockingCallWarning, match=r"`await AsyncImagine\(\.\.\.\)\.text_to_image\(\.\.\.\)`") as seen:
        assert anyio.run(cell, backend=backend).content
    assert [warning.filename for warning in seen] == [__file__]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_iteration_within_a_running_loop(backend: str, client: Imagine) -> None:
    """An iteration works as well, and is warned of once."""

    async def cell() -> int:
        return len(list(client.generate_many(foxes(20))))

    with pytest.warns(BlockingCallWarning, match=r"`async for \.\.\. in AsyncImagine") as seen:
        assert anyio.run(cell, backend=backend) == 20
    assert [warning.filename for warning in seen] == [__file__]


def test_on_its_own_loop_thread(server: SandboxProcess) -> None:
    """A middleware that calls the sync client is told so at once; it would wait for itself for ever."""
    refused: list[str] = []

    class Recursive(Middleware):
        async def around_call(self, call: Call, next: Handler) -> Image:
            for wrong in (lambda: ours.text_to_image("a fox"), lambda: list(ours.generate_many(foxes(1)))):
                with pytest.raises(RuntimeError, match="on its own event-loop thread") as caught:
                    wrong()
                refused.append(str(caught.value))
            return await next(call)  # type: ignore[return-value, unused-ignore]

    with Imagine(server.key, base_url=server.base_url, middleware=[Recursive()], **PLAIN) as ours:
        assert ours.text_to_image("a fox").content
    assert len(refused) == 2


def test_in_a_worker_thread_of_its_own_loop(server: SandboxProcess) -> None:
    """A middleware may call the sync client in a worker thread."""
    inner: list[Image] = []

    class Preliminary(Middleware):
        async def around_call(self, call: Call, next: Handler) -> Image:
            if getattr(call.request, "prompt", "") == "outer":
                inner.append(await anyio.to_thread.run_sync(ours.text_to_image, "inner"))
            return await next(call)  # type: ignore[return-value, unused-ignore]

    with Imagine(server.key, base_url=server.base_url, middleware=[Preliminary()], **PLAIN) as ours:
        assert ours.text_to_image("outer").content
    assert len(inner) == 1


def test_closed_and_used_again(server: SandboxProcess) -> None:
    """Closing twice does nothing; a call afterwards says what to do."""
    client = Imagine(server.key, base_url=server.base_url, **PLAIN)
    client.text_to_image("a fox")
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="the client is closed; make a new one"):
        client.text_to_image("a fox")


FORK = """
import gc, os, sys
from imagine_async import Imagine, NO_RETRY, TextToImage

client = Imagine(sys.argv[1], base_url=sys.argv[2], rate_limit=None, retry=NO_RETRY)

def work():
    assert client.text_to_image("a fox").content
    assert len(list(client.generate_many([TextToImage(prompt="a fox")] * 3))) == 3

work()
children = []
for _ in range(3):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            gc.collect()
            work()
            code = 0
        finally:
            os._exit(code)
    children.append(pid)
    work()
for pid in children:
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
work()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
def test_fork(server: SandboxProcess) -> None:
    """Parent and children all go on with the client that the parent has used."""
    before = server.calls()
    assert said_by(FORK, server.key, server.base_url) == ""
    assert server.calls() - before == 4 * (1 + 3 + 3 + 1)


# Iterations that are left half-way. The server answers one call and keeps the others waiting.


@pytest.fixture
def hanging() -> Iterator[HangingServer]:
    """Run a server that answers the first call only, once three have come."""
    with hanging_server(answers=1, together=3) as server:
        yield server


def _break(client: Imagine) -> None:
    for _ in client.generate_many(foxes(6), concurrency=3):
        break


def _delete(client: Imagine) -> None:
    pairs = client.generate_many(foxes(6), concurrency=3)
    next(pairs)
    del pairs


def _close(client: Imagine) -> None:
    pairs = client.generate_many(foxes(6), concurrency=3)
    next(pairs)
    pairs.close()


def _collect(client: Imagine) -> None:
    pairs = client.generate_many(foxes(6), concurrency=3)
    next(pairs)
    cycle: list[object] = [pairs]
    cycle.append(cycle)
    del pairs, cycle
    gc.collect()


def _collect_on_the_loop_thread(client: Imagine) -> None:
    pairs = client.generate_many(foxes(6), concurrency=3)
    next(pairs)
    cycle: list[object] = [pairs]
    cycle.append(cycle)
    del pairs, cycle

    class Collecting(Middleware):
        async def around_call(self, call: Call, next: Handler) -> Image:
            gc.collect()
            raise ZeroDivisionError

    other = Imagine("vk-1", base_url="http://127.0.0.1:9", middleware=[Collecting()], **PLAIN)
    with pytest.raises(ZeroDivisionError):
        other.text_to_image("a fox")


def _fail(client: Imagine) -> None:
    with pytest.raises(KeyError):
        for _ in client.generate_many(foxes(6), concurrency=3):
            raise KeyError


LEAVING: dict[str, Callable[[Imagine], None]] = {
    "break": _break,
    "del": _delete,
    "close": _close,
    "gc": _collect,
    "gc on the loop thread": _collect_on_the_loop_thread,
    "error in the loop's body": _fail,
}


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING)
def test_iteration_that_is_left_half_way(leave: Callable[[Imagine], None], hanging: HangingServer) -> None:
    """However an iteration is left, its calls are cancelled at the server, and the client is none the worse."""
    gc.disable()  # So that it is the test that chooses when to collect.
    try:
        with nothing_left_open(), Imagine("vk-1", base_url=hanging.url, **PLAIN) as client:
            before = time.monotonic()
            leave(client)
            # Well below the time for which anybody would wait for a clean-up that hangs.
            assert time.monotonic() - before < CLEANUP_SECONDS - 1
            assert hanging.wait_until_left() >= 2
            hanging.answers += 1
            assert client.text_to_image("a fox").content
    finally:
        gc.enable()


# At exit. The server answers nothing, but to the half-read iteration.


@pytest.fixture
def silent() -> Iterator[HangingServer]:
    """Run a server that answers nothing."""
    with hanging_server(answers=0) as server:
        yield server


EXIT = """
import sys, threading, time
from imagine_async import Imagine, NO_RETRY, TextToImage

client = Imagine("vk-1", base_url=sys.argv[1], rate_limit=None, retry=NO_RETRY)
sent = threading.Event()

class Watch:
    def __call__(self, event):
        if event.kind == "sending":
            sent.set()

def call():
    client = Imagine("vk-1", base_url=sys.argv[1], rate_limit=None, retry=NO_RETRY, observers=[Watch()])
    client.text_to_image("a fox")

def in_background():
    threading.Thread(target=call, daemon=True).start()
    sent.wait(20)
"""


@pytest.mark.parametrize(
    ("script", "code"),
    [
        pytest.param("in_background()", 0, id="end of the script"),
        pytest.param("in_background()\nsys.exit(3)", 3, id="sys.exit"),
        pytest.param(
            "client = Imagine.sandbox(side=16); client.text_to_image('a fox'); in_background()", 0, id="two clients"
        ),
        pytest.param("pairs = client.generate_many([], concurrency=1)\nin_background()", 0, id="unread iteration"),
    ],
)
def test_exit_with_a_call_in_flight(script: str, code: int, silent: HangingServer) -> None:
    """The interpreter ends at once, with its own code and without a word, and the call is cancelled at the server."""
    process = start(EXIT + script, silent.url)
    silent.wait_for_calls(1)
    before = time.monotonic()
    assert finish(process, code) == ("", "")
    assert time.monotonic() - before < 5
    assert silent.wait_until_left() == 1


def test_exit_with_a_half_read_iteration(hanging: HangingServer) -> None:
    """An iteration that the script has left standing is cancelled at the server as well."""
    said_by(
        EXIT + "pairs = client.generate_many([TextToImage(prompt='a fox')] * 6, concurrency=3)\nnext(pairs)",
        hanging.url,
    )
    assert hanging.wait_until_left() >= 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
def test_exit_of_a_forked_child(silent: HangingServer) -> None:
    """A child that leaves with `sys.exit` ends promptly, whatever its parent had in flight."""
    script = """
import os
in_background()
pid = os.fork()
if pid == 0:
    sys.exit(4)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
"""
    assert said_by(EXIT + script, silent.url) == ""
