"""The retry budget: single failures are sent again, an outage is not multiplied."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async import errors
from imagine_async.call import Call, Result
from imagine_async.errors import ConfigurationError, ImagineError
from imagine_async.middleware.retry import Retry, RetryPolicy
from imagine_async.middleware.retry_budget import RetryBucket, RetryBudget
from imagine_async.requests import TextToImage
from tests.clocks import FakeClock
from tests.pictures import made_image

IMAGE = made_image()
REQUEST = TextToImage(prompt="fox")


def unavailable() -> ImagineError:
    return errors.ServiceUnavailableError("down", status=503)


def limited() -> ImagineError:
    return errors.RateLimitedError("too many", status=429)


class Server:
    """Fails where it is told to, and counts the attempts."""

    def __init__(self, fails: Callable[[int], ImagineError | None]) -> None:
        self._fails = fails
        self.attempts = 0

    async def __call__(self, call: Call) -> Result:
        self.attempts += 1
        # Others come in between, as with a real server.
        await anyio.lowlevel.checkpoint()
        error = self._fails(self.attempts)
        if error is not None:
            raise error
        return IMAGE


def new_call() -> Call:
    clock = FakeClock()
    return Call(request=REQUEST, deadline=clock.now() + 300, clock=clock)


async def run(retry: Retry, server: Server, calls: int) -> int:
    """Make calls one after the other; return how many failed."""
    failed = 0
    for _ in range(calls):
        try:
            await retry.around_call(new_call(), server)
        except ImagineError:
            failed += 1
    return failed


@pytest.mark.anyio
@pytest.mark.parametrize(("budget", "most"), [(RetryBudget(), 20), (RetryBudget(5), 5), (RetryBudget(0), 0)])
async def test_outage_is_not_multiplied(budget: RetryBudget, most: int) -> None:
    """With a server that is down, a thousand calls of three attempts make no more retries than the bucket holds."""
    server = Server(lambda _: unavailable())
    retry = Retry(RetryPolicy(attempts=3), RetryBucket(budget))
    assert await run(retry, server, 1000) == 1000
    assert server.attempts == 1000 + most


@pytest.mark.anyio
async def test_outage_is_not_multiplied_by_concurrent_calls() -> None:
    """The bound holds where all calls fail at the same time."""
    server = Server(lambda _: unavailable())
    retry = Retry(RetryPolicy(attempts=3), RetryBucket(RetryBudget()))

    async def one() -> None:
        with pytest.raises(errors.ServiceUnavailableError):
            await retry.around_call(new_call(), server)

    async with anyio.create_task_group() as group:
        for _ in range(1000):
            group.start_soon(one)
    assert server.attempts == 1020


def test_outage_is_not_multiplied_by_threads() -> None:
    """The bound holds for all event loops and threads that share a client."""
    servers = [Server(lambda _: unavailable()) for _ in range(4)]
    retry = Retry(RetryPolicy(attempts=3), RetryBucket(RetryBudget()))
    threads = [threading.Thread(target=anyio.run, args=(run, retry, server, 250)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(server.attempts for server in servers) == 1020


@pytest.mark.anyio
async def test_without_a_bucket_nothing_is_bounded() -> None:
    """`None` leaves the bound to the policy alone."""
    server = Server(lambda _: unavailable())
    assert await run(Retry(RetryPolicy(attempts=3)), server, 100) == 100
    assert server.attempts == 300


@pytest.mark.anyio
async def test_single_failures_are_all_sent_again() -> None:
    """Where one attempt in a hundred fails, every one is followed by another, and no call fails."""
    server = Server(lambda attempt: unavailable() if attempt % 100 == 0 else None)
    bucket = RetryBucket(RetryBudget())
    assert await run(Retry(RetryPolicy(attempts=3), bucket), server, 10_000) == 0
    assert server.attempts == 10_000 + 10_000 // 99
    assert bucket.left > 19


@pytest.mark.anyio
async def test_refusals_cost_nothing() -> None:
    """A retry after "too many requests" takes no token: the rate limit paces it."""
    server = Server(lambda _: limited())
    bucket = RetryBucket(RetryBudget(1))
    assert await run(Retry(RetryPolicy(attempts=3), bucket), server, 100) == 100
    assert (server.attempts, bucket.left) == (300, 1)


@pytest.mark.anyio
async def test_what_is_not_sent_again_costs_nothing() -> None:
    """Failures that are final, and last attempts, take no token."""
    bucket = RetryBucket(RetryBudget())
    server = Server(lambda _: errors.BadRequestError("bad", status=400))
    await run(Retry(RetryPolicy(), bucket), server, 10)
    assert bucket.left == 20
    server = Server(lambda _: unavailable())
    await run(Retry(RetryPolicy(attempts=2), bucket), server, 3)
    assert bucket.left == 17


@pytest.mark.anyio
async def test_original_error_comes_out() -> None:
    """An empty bucket is no error of its own: the caller sees what the server said, and waits for nothing."""
    call, error = new_call(), unavailable()
    with pytest.raises(errors.ServiceUnavailableError) as caught:
        await Retry(RetryPolicy(), RetryBucket(RetryBudget(0))).around_call(call, Server(lambda _: error))
    assert caught.value is error
    assert getattr(error, "__notes__", []) == []
    assert isinstance(call.clock, FakeClock)
    assert call.clock.waits == []


@pytest.mark.anyio
async def test_recovery() -> None:
    """When the server is back, ten successes earn a retry."""
    is_down = True
    server = Server(lambda _: unavailable() if is_down else None)
    bucket = RetryBucket(RetryBudget(3))
    retry = Retry(RetryPolicy(attempts=3), bucket)
    await run(retry, server, 10)
    assert not bucket.take()
    is_down = False
    await run(retry, server, 9)
    assert not bucket.take()
    await run(retry, server, 1)
    assert bucket.take()
    assert (bucket.take(), bucket.left) == (False, 0)


def test_bucket_is_never_fuller_than_at_its_beginning() -> None:
    """Successes of a good day buy no storm on a bad one."""
    bucket = RetryBucket(RetryBudget(2, per_success=0.7))
    for _ in range(100):
        bucket.give_back()
    assert [bucket.take() for _ in range(3)] == [True, True, False]


@settings(deadline=None)
@given(
    tokens=st.floats(0, 50),
    tenths=st.integers(0, 30),
    steps=st.lists(st.booleans(), max_size=300),
)
def test_bucket_keeps_count(tokens: float, tenths: int, steps: list[bool]) -> None:
    """Retries never outnumber the tokens: those of the beginning and those that successes gave back."""
    bucket = RetryBucket(RetryBudget(tokens, per_success=tenths / 10))
    taken = successes = 0
    for is_success in steps:
        if is_success:
            bucket.give_back()
            successes += 1
        else:
            taken += bucket.take()
        assert taken <= tokens + successes * tenths / 10 + 1e-6
        assert 0 <= bucket.left <= tokens


@pytest.fixture
def _threads_switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_threads_switch_often")
def test_no_token_is_lost_between_threads() -> None:
    """Threads that take and give back at once leave exactly what they should."""
    bucket = RetryBucket(RetryBudget(100_000, per_success=1))
    for _ in range(50_000):
        bucket.take()

    def work() -> None:
        for _ in range(10_000):
            bucket.take()
            bucket.give_back()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bucket.left == 50_000


@pytest.mark.parametrize("name", ["tokens", "per_success"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), True, "20", None, 10**400])
def test_bad_setting(name: str, value: Any) -> None:
    """Both are numbers from 0; the error names the field, the value and the way out."""
    with pytest.raises(ConfigurationError) as caught:
        RetryBudget(**{name: value})
    assert str(caught.value) == (
        f"retry_budget.{name}={value!r}: pass a number, 0 or more, or retry_budget=None for any number of retries"
    )
