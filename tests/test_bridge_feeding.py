"""Lazy inputs of the sync facade: taken together for all places that are free, never ahead, never held back."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import aclosing

import anyio
import pytest

from imagine_async.bridge import feeding
from imagine_async.bridge.calls import run
from imagine_async.bridge.feeding import FedInput
from imagine_async.bridge.iteration import iterate
from imagine_async.fanout import FanOut

Work = Callable[[int], Awaitable[int]]


async def same(number: int) -> int:
    return number


def fanned_out(work: Work, inputs: Iterator[int], *, wide: int) -> Generator[tuple[int, int | Exception], None, None]:
    async def produce(fed: Iterable[int] | AsyncIterable[int]) -> AsyncIterator[tuple[int, int | Exception]]:
        async with aclosing(FanOut(work, fed, concurrency=wide)) as results:
            async for result in results:
                yield result

    return iterate(lambda feed: produce(feed(inputs)))


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many inputs each question asked for."""
    asked: list[int] = []
    reply = FedInput[int]._reply

    def noted(self: FedInput[int], number: int) -> None:
        asked.append(number)
        reply(self, number)

    monkeypatch.setattr(FedInput, "_reply", noted)
    return asked


def test_free_places_are_filled_by_one_question(wanted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The first question asks for an input for each place; every input is worked on once."""
    monkeypatch.setattr(feeding, "_TOGETHER_SECONDS", 60)
    assert sorted(fanned_out(same, iter(range(100)), wide=8)) == [(number, number) for number in range(100)]
    assert wanted[0] == 8
    assert max(wanted) == 8


def test_nothing_is_taken_beyond_the_free_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no place becomes free, no input is taken for it, however fast the iterable is."""
    monkeypatch.setattr(feeding, "_TOGETHER_SECONDS", 60)
    pulled: list[int] = []
    begun: list[int] = []

    def inputs() -> Iterator[int]:
        for number in range(100):
            pulled.append(number)
            yield number

    async def work(number: int) -> int:
        begun.append(number)
        return number if not number else await forever()

    results = fanned_out(work, inputs(), wide=5)
    assert next(results) == (0, 0)
    run(lambda: anyio.sleep(0.01))
    assert begun == pulled
    # One more where the place that the first left has asked before the result was taken.
    assert len(pulled) in (5, 6)
    results.close()


async def forever() -> int:
    await anyio.sleep_forever()
    raise AssertionError


def test_input_does_not_wait_for_the_next_one() -> None:
    """An input is worked on while the iterable still thinks about the next one that was asked for with it."""
    begun = threading.Event()

    def inputs() -> Iterator[int]:
        yield 1
        assert begun.wait(5)
        yield 2

    async def work(number: int) -> int:
        begun.set()
        return number

    assert sorted(fanned_out(work, inputs(), wide=8)) == [(1, 1), (2, 2)]


def test_slow_iterable_is_asked_for_each_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results do not wait until a slow iterable has filled all places."""
    monkeypatch.setattr(feeding, "_TOGETHER_SECONDS", -1)
    pulled: list[int] = []
    done = threading.Event()

    def inputs() -> Iterator[int]:
        for number in range(100):
            pulled.append(number)
            yield number
            assert done.wait(5)

    async def work(number: int) -> int:
        done.set()
        return number

    results = fanned_out(work, inputs(), wide=50)
    next(results)
    assert len(pulled) < 10
    assert len(list(results)) == 99


def test_inputs_before_an_error_are_worked_on(wanted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """An iterable that fails has the inputs that came before worked on, and its error comes last."""
    monkeypatch.setattr(feeding, "_TOGETHER_SECONDS", 60)

    def inputs() -> Iterator[int]:
        yield from range(5)
        raise LookupError("no such row")

    results: list[object] = []
    with pytest.raises(LookupError, match="no such row"):
        results.extend(fanned_out(same, inputs(), wide=8))
    assert wanted == [8]
    # `extend` keeps what came before the error.
    assert len(results) == 5


@pytest.mark.parametrize("taken", [1, 7, 40])
def test_leaving_early_ends_the_work(taken: int) -> None:
    """Whoever leaves early leaves nothing running, and the iterable is let go of."""
    running: set[int] = set()
    ended: list[bool] = []

    def inputs() -> Generator[int, None, None]:
        try:
            yield from range(1000)
        finally:
            ended.append(threading.current_thread() is threading.main_thread())

    async def work(number: int) -> int:
        running.add(number)
        try:
            await anyio.sleep(0.001)
        finally:
            running.remove(number)
        return number

    source = inputs()
    results = fanned_out(work, source, wide=8)
    for _ in range(taken):
        next(results)
    results.close()
    assert not running
    source.close()
    assert ended == [True]
