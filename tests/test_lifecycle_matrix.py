"""One async client wherever it may be used: loop after loop, loops side by side, forks, and until it is closed.

Each row runs against a sandbox on a port; pictures come back, the server charged each once, and no socket and no
warning is left behind.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from imagine_async import AsyncImagine, ClientClosedError, Event, Image
from imagine_async.sandbox import SandboxSettings
from imagine_async.sandbox.server import RunningSandbox, running_sandbox
from tests.flat_engine import FlatEngine
from tests.lifecycle import PLAIN, nothing_left_open, said_by
from tests.sandbox_process import FLAT_ENGINE, SandboxProcess, sandbox_process


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxProcess]:
    """Run one sandbox for the module, in a process of its own."""
    with sandbox_process(*FLAT_ENGINE) as server:
        yield server


@pytest.fixture(autouse=True)
def _nothing_left_open(server: SandboxProcess) -> Iterator[None]:
    with nothing_left_open():
        yield


async def calls(client: AsyncImagine, count: int = 5) -> int:
    """Make calls at once, and one more over a connection that was kept; return how many pictures came."""
    pictures: list[Image] = []

    async def one() -> None:
        pictures.append(await client.text_to_image("a fox"))

    async with anyio.create_task_group() as group:
        for _ in range(count - 1):
            group.start_soon(one)
    await one()
    return len(pictures)


def on(backend: str) -> Callable[[AsyncImagine], int]:
    return lambda client: anyio.run(calls, client, backend=backend)


def on_plain_asyncio(client: AsyncImagine) -> int:
    return asyncio.run(calls(client))


def on_uvloop(client: AsyncImagine) -> int:
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(calls(client))


Row = list[Callable[[AsyncImagine], int]]

ONE_AFTER_THE_OTHER: dict[str, Row] = {
    "three times asyncio.run": [on_plain_asyncio] * 3,
    "three times trio": [on("trio")] * 3,
    "asyncio and trio by turns": [on("asyncio"), on("trio"), on_plain_asyncio, on("trio")],
}
SIDE_BY_SIDE: dict[str, Row] = {
    "four threads with asyncio": [on_plain_asyncio] * 4,
    "four threads with trio": [on("trio")] * 4,
    "two threads with each": [on("asyncio"), on("trio")] * 2,
}
if sys.platform != "win32":
    ONE_AFTER_THE_OTHER["three times uvloop"] = [on_uvloop] * 3
    ONE_AFTER_THE_OTHER["uvloop, asyncio and trio by turns"] = [on_uvloop, on("asyncio"), on("trio"), on_uvloop]
    SIDE_BY_SIDE["four threads, with uvloop among others"] = [on_uvloop, on("asyncio"), on("trio"), on_uvloop]


@pytest.mark.parametrize("row", ONE_AFTER_THE_OTHER.values(), ids=ONE_AFTER_THE_OTHER)
def test_loops_one_after_the_other(row: Row, server: SandboxProcess) -> None:
    """One client serves any loop after any other, although its connections belong to one."""
    client = AsyncImagine(server.key, base_url=server.base_url, **PLAIN)
    before = server.calls()
    assert [run(client) for run in row] == [5] * len(row)
    assert server.calls() - before == 5 * len(row)


@pytest.mark.parametrize("row", SIDE_BY_SIDE.values(), ids=SIDE_BY_SIDE)
def test_loops_side_by_side(row: Row, server: SandboxProcess) -> None:
    """One client serves the loops of several threads at once, round after round."""
    client = AsyncImagine(server.key, base_url=server.base_url, **PLAIN)
    before = server.calls()
    together = threading.Barrier(len(row))

    def rounds(run: Callable[[AsyncImagine], int]) -> int:
        total = 0
        for _ in range(3):
            together.wait(20)
            total += run(client)
        return total

    with ThreadPoolExecutor(len(row)) as pool:
        assert list(pool.map(rounds, row)) == [15] * len(row)
    assert server.calls() - before == 15 * len(row)


def test_calls_of_several_loops_are_on_the_wire_at_once() -> None:
    """Loops side by side do not wait for each other: as many calls as there are loops meet at the server."""
    engine = FlatEngine()
    engine.gate = threading.Event()
    with running_sandbox(SandboxSettings(side=16), engine=engine) as sandbox:
        client = AsyncImagine(sandbox.key, base_url=sandbox.base_url, **PLAIN)
        sending = threading.Barrier(5)

        async def one() -> None:
            watched = client.text_to_image("a fox")
            async with anyio.create_task_group() as group:
                group.start_soon(asyncio.to_thread, sending.wait, 20)
                assert (await watched).content

        with ThreadPoolExecutor(4) as pool:
            running = [pool.submit(anyio.run, one) for _ in range(4)]
            sending.wait(20)
            # Nobody has an answer yet: all four are on their way, and none holds up another.
            assert not any(future.done() for future in running)
            engine.gate.set()
            for future in running:
                future.result(20)


FORK = """
import asyncio, contextlib, gc, os, socket, stat, sys, threading
import anyio
from imagine_async import AsyncImagine, NO_RETRY

key, base_url, backend = sys.argv[1:]
port = int(base_url.rpartition(":")[2])
client = AsyncImagine(key, base_url=base_url, rate_limit=None, retry=NO_RETRY)

async def calls(count):
    for _ in range(count):
        assert (await client.text_to_image("a fox")).content

def run(count):
    anyio.run(calls, count, backend=backend)

def connected():
    found = set()
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            status = os.fstat(descriptor)
            if stat.S_ISSOCK(status.st_mode):
                with socket.socket(fileno=os.dup(descriptor)) as each:
                    if each.family == socket.AF_INET and each.getpeername()[1] == port:
                        found.add(status.st_ino)
    return found

async def calls_of_its_own(count):
    inherited = connected()
    await calls(count)
    assert connected() - inherited, "a connection of the parent's was used"

def in_child():
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            gc.collect()
            anyio.run(calls_of_its_own, 3, backend=backend)
            code = 0
        finally:
            os._exit(code)
    return pid

def reap(pid):
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_fork_between_loops(backend: str, server: SandboxProcess) -> None:
    """Parent and child both go on with the client that the parent has used."""
    before = server.calls()
    said_by(FORK + "run(2)\npid = in_child()\nrun(2)\nreap(pid)\nrun(2)", server.key, server.base_url, backend)
    assert server.calls() - before == 9


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no fork")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_fork_beside_a_running_loop(backend: str, server: SandboxProcess) -> None:
    """A child leaves the connections alone that a loop of its parent, in another thread, is using."""
    script = """
warm, rested, go_on = threading.Event(), threading.Event(), threading.Event()

async def work():
    await calls(2)
    warm.set()
    # At rest, with a connection that is kept: the one that a child could take by mistake.
    while not rested.is_set():
        await anyio.sleep(0.001)
    while not go_on.is_set():
        await calls(1)
        await anyio.sleep(0.001)
    await calls(2)

thread = threading.Thread(target=lambda: anyio.run(work, backend=backend))
thread.start()
warm.wait(20)
reap(in_child())
rested.set()
for pid in [in_child() for _ in range(3)]:
    reap(pid)
go_on.set()
thread.join()
print("done")
"""
    assert said_by(FORK + script, server.key, server.base_url, backend) == "done\n"


@pytest.mark.anyio
async def test_client_that_nobody_keeps(server: SandboxProcess) -> None:
    """A call in one line, whose client nobody refers to, ends well while the garbage collector runs."""
    kinds: list[str] = []

    def collect(event: Event) -> None:
        kinds.append(event.kind)
        gc.collect()

    for _ in range(3):
        image = await AsyncImagine(server.key, base_url=server.base_url, observers=[collect], **PLAIN).text_to_image(
            "a fox"
        )
        assert image.content
        gc.collect()
    assert kinds.count("finished") == 3
    with nothing_left_open():
        await AsyncImagine(server.key, base_url=server.base_url, **PLAIN).text_to_image("a fox")
        gc.collect()
        # The connection closes on the loop, which has to be given the turn.
        for _ in range(10):
            await anyio.sleep(0.001)


@pytest.mark.anyio
async def test_closed_twice(server: SandboxProcess) -> None:
    """The second `aclose` does nothing, nor does one on a client that never called."""
    client = AsyncImagine(server.key, base_url=server.base_url, **PLAIN)
    await client.text_to_image("a fox")
    await client.aclose()
    await client.aclose()
    unused = AsyncImagine(server.key, base_url=server.base_url, **PLAIN)
    await unused.aclose()
    await unused.aclose()


@pytest.mark.anyio
async def test_used_after_it_was_closed(server: SandboxProcess) -> None:
    """A call of a closed client is refused before anything is sent, and the error says what to do."""
    before = server.calls()
    async with AsyncImagine(server.key, base_url=server.base_url, **PLAIN) as client:
        await client.text_to_image("a fox")
    with pytest.raises(ClientClosedError, match="make a new one"):
        await client.text_to_image("a fox")
    results = [result async for _, result in client.generate_many([])]
    assert results == []
    assert server.calls() - before == 1
    assert (await client.usage()).calls == 1


@pytest.fixture
def engine() -> FlatEngine:
    """Make an engine that waits to be let go."""
    engine = FlatEngine()
    engine.gate = threading.Event()
    return engine


@pytest.fixture
def gated(engine: FlatEngine) -> Iterator[RunningSandbox]:
    """Run a sandbox whose pictures wait to be let go."""
    with running_sandbox(SandboxSettings(side=16), engine=engine) as sandbox:
        yield sandbox


@pytest.mark.anyio
async def test_closed_with_calls_in_flight(gated: RunningSandbox, engine: FlatEngine) -> None:
    """Calls on the wire end with their picture, new ones are refused, and then nothing is open."""
    assert engine.gate is not None
    with nothing_left_open():
        client = AsyncImagine(gated.key, base_url=gated.base_url, **PLAIN)
        pictures: list[Image] = []

        async def one() -> None:
            pictures.append(await client.text_to_image("a fox"))

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(one)
            await anyio.to_thread.run_sync(engine.entered.wait, 20)
            await client.aclose()
            with pytest.raises(ClientClosedError):
                await client.text_to_image("one too many")
            engine.gate.set()
        assert len(pictures) == 4
        assert (await client.usage()).calls == 4
        assert sum(account["calls"] for account in gated.books()["accounts"]) == 4


@pytest.mark.anyio
async def test_block_left_with_calls_in_flight(gated: RunningSandbox, engine: FlatEngine) -> None:
    """An error that leaves the client's block cancels nobody's call: the task group outside decides."""
    assert engine.gate is not None
    pictures: list[Image] = []
    with nothing_left_open():
        async with anyio.create_task_group() as group:
            with pytest.raises(ZeroDivisionError):
                async with AsyncImagine(gated.key, base_url=gated.base_url, **PLAIN) as client:

                    async def one() -> None:
                        pictures.append(await client.text_to_image("a fox"))

                    group.start_soon(one)
                    await anyio.to_thread.run_sync(engine.entered.wait, 20)
                    raise ZeroDivisionError
            engine.gate.set()
    assert len(pictures) == 1
