"""Many calls at once: order, bounds, inputs of every kind, and what happens when somebody stops early."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import anyio
import pytest
import respx
from attrs import define
from httpx import Request as HttpRequest
from httpx import Response

from imagine_async import (
    AsyncImagine,
    BadRequestError,
    ConfigurationError,
    Image,
    InvalidRequestError,
    Outcome,
    TextToImage,
)
from imagine_async.fanout import FanOut
from tests.samples import png_bytes

pytestmark = pytest.mark.anyio

PNG = png_bytes()
URL = "https://api.vyro.ai/v2/image/generations"


@pytest.fixture
async def client() -> AsyncIterator[AsyncImagine]:
    """Make a client without pacing."""
    async with AsyncImagine("vk-test", rate_limit=None) as client:
        yield client


def fox(number: int) -> TextToImage:
    """Make a request that can be told from others."""
    return TextToImage(prompt=f"fox {number}", seed=number + 1)


@define
class Server:
    """Answers once enough calls are inside, and counts them.

    Args:
        answers_at: Calls that have to have come before the first answer.
        answers: Calls that are answered; the others stay inside until they are cancelled.
    """

    answers_at: int = 1
    answers: float = float("inf")
    arrived: int = 0
    inside: int = 0
    most_inside: int = 0
    cancelled: int = 0

    async def __call__(self, request: HttpRequest) -> Response:
        self.arrived += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await self._wait(self.arrived)
        except BaseException:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1
        return Response(200, content=PNG)

    async def _wait(self, number: int) -> None:
        while self.arrived < self.answers_at or number > self.answers:
            await anyio.sleep(0.001)


@pytest.fixture
def server() -> Iterator[Server]:
    """Stand in for the API."""
    server = Server()
    with respx.mock(assert_all_called=False) as router:
        router.post(URL).mock(side_effect=server)
        yield server


async def _async_foxes(count: int) -> AsyncIterator[TextToImage]:
    for number in range(count):
        await anyio.lowlevel.checkpoint()
        yield fox(number)


async def cancel_when(scope: anyio.CancelScope, reached: Callable[[], bool]) -> None:
    """Cancel a scope once something is so."""
    while not reached():
        await anyio.sleep(0.001)
    scope.cancel()


@pytest.mark.parametrize(
    "feed",
    [
        lambda: [fox(number) for number in range(20)],
        lambda: (fox(number) for number in range(20)),
        lambda: _async_foxes(20),
    ],
    ids=["list", "generator", "async generator"],
)
async def test_every_kind_of_input(client: AsyncImagine, server: Server, feed: Any) -> None:
    """A list, a generator and an async generator give the same pairs."""
    pairs = [pair async for pair in client.generate_many(feed(), concurrency=4)]
    assert {request.prompt for request, _ in pairs} == {f"fox {number}" for number in range(20)}
    for request, result in pairs:
        assert isinstance(result, Image)
        assert result.seed == request.seed


async def test_concurrency_is_kept(client: AsyncImagine, server: Server) -> None:
    """No more calls are inside than asked for, and as many when there is work."""
    server.answers_at = 5
    async for _ in client.generate_many([fox(number) for number in range(30)], concurrency=5):
        pass
    assert server.most_inside == 5


async def test_input_is_not_read_ahead(client: AsyncImagine, server: Server) -> None:
    """What the consumer has not made room for is not taken from the input."""
    taken = 0

    def foxes() -> Iterator[TextToImage]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield fox(number)

    async with aclosing(client.generate_many(foxes(), concurrency=3)) as results:
        assert taken == 0
        await anext(results)
        await anyio.sleep(0.05)  # everything that may run ahead has had its time
        assert taken <= 5


async def test_leaving_early_cancels_what_is_on_the_wire(client: AsyncImagine, server: Server) -> None:
    """After the block nobody is inside any more, and no further call begins."""
    server.answers_at, server.answers = 8, 1
    async with aclosing(client.generate_many([fox(number) for number in range(100)], concurrency=8)) as results:
        await anext(results)
    assert server.inside == 0
    assert server.cancelled >= 7


async def test_cancelled_consumer_takes_its_calls_along(client: AsyncImagine, server: Server) -> None:
    """A consumer that is cancelled while waiting leaves no call behind."""
    server.answers = 0
    with anyio.CancelScope() as scope:
        async with (
            anyio.create_task_group() as group,
            aclosing(client.generate_many(_async_foxes(1000), concurrency=8)) as results,
        ):
            group.start_soon(cancel_when, scope, lambda: server.inside == 8)
            await anext(results)
    assert server.inside == 0
    assert server.cancelled == 8


async def test_cancelled_calls_are_held_in_the_books(client: AsyncImagine, server: Server) -> None:
    """A call that was cancelled after its form had left keeps its tokens on hold."""
    server.answers_at, server.answers = 9, 1
    async with aclosing(client.generate_many([fox(number) for number in range(9)], concurrency=9)) as results:
        await anext(results)
    assert ((await client.usage()).tokens, (await client.usage()).held) == (1, 8)


async def test_failing_call_stops_nobody_else(client: AsyncImagine) -> None:
    """An error is yielded in its place, and the others go on."""
    with respx.mock() as router:
        router.post(URL).mock(side_effect=[Response(400, json={"code": 1100}), *[Response(200, content=PNG)] * 4])
        pairs = [pair async for pair in client.generate_many([fox(number) for number in range(5)])]
    assert sum(isinstance(result, Image) for _, result in pairs) == 4
    assert sum(isinstance(result, BadRequestError) for _, result in pairs) == 1


async def test_something_that_is_no_request_is_an_error_of_its_own(client: AsyncImagine, server: Server) -> None:
    """A wrong item is refused in its place; nothing is sent for it."""
    wrong: Any = ["a fox", fox(1)]
    results = [result async for _, result in client.generate_many(wrong, concurrency=1)]
    assert isinstance(results[0], InvalidRequestError)
    assert results[0].outcome is Outcome.NOT_SENT
    assert isinstance(results[1], Image)


async def test_failing_input_loses_no_picture(client: AsyncImagine, server: Server) -> None:
    """When the input fails, the calls that run are finished and yielded before its error is raised."""

    def foxes() -> Iterator[TextToImage]:
        yield from (fox(0), fox(1), fox(2))
        raise RuntimeError("the database went away")

    results = []
    with pytest.raises(RuntimeError, match="the database went away"):
        async for _, result in client.generate_many(foxes(), concurrency=8):
            results.append(result)
    assert [type(result) for result in results] == [Image] * 3


async def test_fan_out_that_never_began_can_be_closed() -> None:
    """Closing before the first result takes nothing from the input, and closing twice is none too many."""
    taken = iter(range(3))
    calls = FanOut[int, None](anyio.sleep, taken, concurrency=2)
    await calls.aclose()
    await calls.aclose()
    assert list(taken) == [0, 1, 2]


@pytest.mark.parametrize("inputs", [1, 5, 300])
async def test_concurrency_costs_nothing_where_it_is_not_used(inputs: int) -> None:
    """Tasks are started as inputs are in work, not for as many as might be."""
    before = len(anyio.get_running_tasks())
    most = 0

    async def work(number: int) -> int:
        nonlocal most
        if number % 2:
            await anyio.lowlevel.checkpoint()
        most = max(most, len(anyio.get_running_tasks()) - before)
        return number

    async with aclosing(FanOut[int, int](work, range(inputs), concurrency=20_000)) as calls:
        assert sorted([number async for number, _ in calls]) == list(range(inputs))
    assert most <= min(inputs, 50) + 2


async def test_all_at_once() -> None:
    """As many inputs as may be are in work at once, also when their work begins with a wait."""
    inside, everybody = 0, anyio.Event()

    async def work(number: int) -> None:
        nonlocal inside
        await anyio.lowlevel.checkpoint()
        inside += 1
        if inside == 100:
            everybody.set()
        await everybody.wait()

    with anyio.fail_after(20):
        async with aclosing(FanOut[int, None](work, range(150), concurrency=100)) as calls:
            assert len([number async for number, _ in calls]) == 150


async def test_nothing_is_left_to_the_collector(client: AsyncImagine, server: Server) -> None:
    """What a call has used is gone when the call is: requests, replies and pictures hold each other in no circle."""
    asked = [fox(number) for number in range(3)]
    watched = [weakref.ref(request) for request in asked]
    gc.collect()
    gc.disable()
    try:
        while asked:
            await client.send(asked.pop())
        assert [request() for request in watched] == [None] * 3
    finally:
        gc.enable()


async def test_no_input_ends_at_once(client: AsyncImagine) -> None:
    """Nothing in, nothing out."""
    nothing: list[TextToImage] = []
    assert [pair async for pair in client.generate_many(nothing)] == []


@pytest.mark.parametrize("concurrency", [0, -1, True, "8", 0.5, float("inf")])
async def test_concurrency_out_of_range_is_refused(client: AsyncImagine, concurrency: Any) -> None:
    """A wrong concurrency is named, with what is allowed."""
    with pytest.raises(ConfigurationError, match=f"concurrency={concurrency!r}"):
        async for _ in client.generate_many([fox(1)], concurrency=concurrency):
            pass


async def test_scopes_of_the_consumer_stay_intact(client: AsyncImagine, server: Server) -> None:
    """An iterator that is left open does not disturb the consumer's own cancel scopes."""
    results = client.generate_many([fox(number) for number in range(50)], concurrency=4)
    with anyio.CancelScope():
        await anext(results)
    with anyio.fail_after(5):
        await anext(results)
    await results.aclose()
    assert server.inside == 0


def test_break_cancels_promptly_on_asyncio(server: Server) -> None:
    """On asyncio a plain `break` is enough: the event loop closes the iterator at once."""
    server.answers_at, server.answers = 8, 1

    async def main() -> None:
        async with AsyncImagine("vk-test", rate_limit=None) as client:
            async for _ in client.generate_many([fox(number) for number in range(100)], concurrency=8):
                break
            with anyio.fail_after(5):
                while server.inside:
                    await anyio.lowlevel.checkpoint()

    anyio.run(main, backend="asyncio")
    assert server.cancelled > 0
