"""Many calls at once against a sandbox on a port, in a process of its own."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator

import anyio
import pytest

from imagine_async import NO_RETRY, AsyncImagine, ClientOptions, Image, TextToImage
from tests.sandbox_process import FLAT_ENGINE, REAL_ENGINE, SandboxProcess, sandbox_process


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxProcess]:
    """Run one sandbox for the module, whose engine takes no time."""
    with sandbox_process(*FLAT_ENGINE) as server:
        yield server


@pytest.fixture
async def client(server: SandboxProcess) -> AsyncIterator[AsyncImagine]:
    """Make a client that neither paces nor resends, so that every fault shows."""
    async with AsyncImagine(server.key, base_url=server.base_url, rate_limit=None, retry=NO_RETRY) as client:
        yield client


def foxes(count: int) -> Iterator[TextToImage]:
    """Make requests."""
    return (TextToImage(prompt=f"a fox, number {number}", seed=number + 1) for number in range(count))


async def answered(client: AsyncImagine, count: int) -> int:
    """Make calls 100 wide, and count the pictures."""
    results = [result async for _, result in client.generate_many(foxes(count), concurrency=100)]
    assert [result for result in results if not isinstance(result, Image)] == []
    return len(results)


@pytest.mark.anyio
async def test_five_hundred_calls_a_hundred_wide(client: AsyncImagine, server: SandboxProcess) -> None:
    """All are answered, the server charged each once, and the client's books say the same."""
    before = server.calls()
    assert await answered(client, 500) == 500
    assert server.calls() - before == (await client.usage()).calls == 500


@pytest.mark.anyio
async def test_calls_work_after_half_were_cancelled(client: AsyncImagine) -> None:
    """Cancelling half of 500 calls at random moments costs the next 500 nothing."""
    chance = random.Random(7)
    places = anyio.CapacityLimiter(100)

    async def one(request: TextToImage, cancel: bool) -> None:
        async with places:
            with anyio.move_on_after(chance.uniform(0, 0.3) if cancel else 60):
                await client.send(request)

    async with anyio.create_task_group() as group:
        for number, request in enumerate(foxes(500)):
            group.start_soon(one, request, number % 2 == 0)
    assert (await client.usage()).calls < 500
    assert await answered(client, 500) == 500


@pytest.mark.anyio
async def test_no_call_is_made_twice_by_cancelling(client: AsyncImagine, server: SandboxProcess) -> None:
    """The server never charges more calls than the client's books settle or hold."""
    before = server.calls()
    for number in range(60):
        with anyio.move_on_after(number * 0.0005):
            await client.text_to_image("a fox")
    assert server.calls() - before <= (await client.usage()).calls <= 60


def test_five_hundred_calls_with_the_real_engine() -> None:
    """The sandbox as users run it answers 500 calls 100 wide."""

    async def main() -> None:
        with sandbox_process(*REAL_ENGINE) as server:
            options: ClientOptions = {"rate_limit": None, "retry": NO_RETRY}
            async with AsyncImagine(server.key, base_url=server.base_url, **options) as client:
                assert await answered(client, 500) == 500
            assert server.calls() == 500

    anyio.run(main)
