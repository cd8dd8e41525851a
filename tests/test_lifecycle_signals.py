"""Ctrl-C: the calls that a script waits for are cancelled at the server at once.

Measured there, from the signal to the end of the connection; both times are of this machine's monotonic clock. A busy
machine may be slow once, so the best of a few tries counts.
"""

from __future__ import annotations

import signal
import sys
import time

import pytest

from tests.lifecycle import finish, hanging_server, start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

TRIES = 5
SECONDS = 0.1

PRELUDE = """
import sys, time
import anyio
from imagine_async import AsyncImagine, Imagine, NO_RETRY, TextToImage

OPTIONS = dict(base_url=sys.argv[1], rate_limit=None, retry=NO_RETRY)
foxes = [TextToImage(prompt="a fox")] * 20

async def one():
    async with AsyncImagine("vk-1", **OPTIONS) as client:
        await client.text_to_image("a fox")

async def many():
    async with AsyncImagine("vk-1", **OPTIONS) as client:
        async for _ in client.generate_many(foxes, concurrency=4):
            pass

def interrupted(work):
    try:
        work()
    except KeyboardInterrupt:
        print("interrupted")
        # It lives on until the test has seen what it has to: its end would close the connections in any case.
        sys.stdin.read()
"""

SINGLE = """
def work():
    Imagine("vk-1", **OPTIONS).text_to_image("a fox")
"""
IN_A_BLOCK = """
def work():
    with Imagine("vk-1", **OPTIONS) as client:
        client.text_to_image("a fox")
"""
LOOP = """
def work():
    for _ in Imagine("vk-1", **OPTIONS).generate_many(foxes, concurrency=4):
        pass
"""
LAZY_LOOP = """
def work():
    for _ in Imagine("vk-1", **OPTIONS).generate_many((fox for fox in foxes), concurrency=4):
        pass
"""
LOOPS_BODY = """
def work():
    for _ in Imagine("vk-1", **OPTIONS).generate_many(foxes, concurrency=4):
        time.sleep(60)
"""

SCRIPTS = [
    pytest.param(SINGLE, 1, 0, id="single call"),
    pytest.param(IN_A_BLOCK, 1, 0, id="single call in a block"),
    pytest.param(LOOP, 4, 0, id="generate_many"),
    pytest.param(LOOP, 4, 3, id="generate_many after some pictures"),
    pytest.param(LAZY_LOOP, 4, 0, id="generate_many over a generator"),
    pytest.param(LOOPS_BODY, 4, 1, id="body of the loop"),
    pytest.param("def work():\n    anyio.run(one)", 1, 0, id="async call on asyncio"),
    pytest.param("def work():\n    anyio.run(one, backend='trio')", 1, 0, id="async call on trio"),
    pytest.param("def work():\n    anyio.run(many)", 4, 0, id="async generate_many on asyncio"),
    pytest.param("def work():\n    anyio.run(many, backend='trio')", 4, 0, id="async generate_many on trio"),
]


def seconds_until_cancelled(script: str, *, waiting: int, answers: int) -> float:
    """Interrupt a script whose calls the server keeps waiting; return how long the last of them took to go."""
    with hanging_server(answers=answers, together=min(waiting, 4)) as server:
        process = start(f"{PRELUDE}\n{script}\ninterrupted(work)\n", server.url)
        server.wait_for_calls(waiting + answers)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert server.wait_until_left() == waiting
        assert process.poll() is None
        assert finish(process) == ("interrupted\n", "")
        return max(server.left) - sent


@pytest.mark.parametrize(("script", "waiting", "answers"), SCRIPTS)
def test_ctrl_c_is_felt_at_the_server(script: str, waiting: int, answers: int) -> None:
    """The server sees every connection closed within a tenth of a second; the script ends with KeyboardInterrupt."""
    tries: list[float] = []
    while len(tries) < TRIES and min(tries, default=1.0) > SECONDS:
        tries.append(seconds_until_cancelled(script, waiting=waiting, answers=answers))
    assert min(tries) <= SECONDS


def test_ctrl_c_between_calls_leaves_the_client_usable() -> None:
    """A script that catches the interrupt goes on with the same client."""
    script = """
client = Imagine("vk-1", **OPTIONS)
interrupted(lambda: client.text_to_image("a fox"))
assert client.text_to_image("a fox").content
print("went on")
"""
    with hanging_server(answers=0) as server:
        process = start(PRELUDE + script, server.url)
        server.wait_for_calls(1)
        server.answers = 1
        process.send_signal(signal.SIGINT)
        assert finish(process) == ("interrupted\nwent on\n", "")
        assert len(server.left) == 1
