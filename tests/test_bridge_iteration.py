"""Async iteration from sync code."""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

import anyio
import pytest

from imagine_async.bridge import iteration
from imagine_async.bridge.calls import run
from imagine_async.bridge.iteration import READ_AHEAD, iterate
from imagine_async.bridge.loop_thread import current_loop

T = TypeVar("T")

colour: ContextVar[str] = ContextVar("colour", default="none")


async def settle() -> None:
    """Let everything on the loop go as far as it can."""
    for _ in range(100):
        await anyio.sleep(0)


async def thread_id() -> int:
    return threading.get_ident()


async def count(number: int, log: list[str] | None = None) -> AsyncIterator[int]:
    try:
        for i in range(number):
            await anyio.sleep(0)
            yield i
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0)
        if log is not None:
            log.append("closed")


async def passed_on(source: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(source, AsyncIterable):
        async for item in source:
            yield item
    else:
        for item in source:
            yield item


@pytest.mark.parametrize("number", [0, 1, READ_AHEAD - 1, READ_AHEAD, READ_AHEAD + 1, 1000])
def test_order_and_number(number: int) -> None:
    """All items arrive, in order, whatever the read-ahead."""
    assert list(iterate(lambda _: count(number))) == list(range(number))


def test_plain_async_iterator() -> None:
    """An async iterator that is no generator works as well."""

    class Twice:
        def __init__(self) -> None:
            self.left = 2

        def __aiter__(self) -> AsyncIterator[int]:
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return self.left

    assert list(iterate(lambda _: Twice())) == [1, 0]


def test_nothing_happens_before_the_first_item() -> None:
    """A generator that nobody asks costs nothing."""
    made: list[str] = []

    def factory(_: object) -> AsyncIterator[int]:
        made.append("made")
        return count(1)

    items = iterate(factory)
    run(settle)
    assert not made
    assert list(items) == [0]
    items.close()


def test_read_ahead_is_bounded() -> None:
    """The producer waits for the caller."""
    produced: list[int] = []

    async def produce() -> AsyncIterator[int]:
        for i in range(1000):
            produced.append(i)
            yield i

    items = iterate(lambda _: produce())
    for taken in range(1, 101):
        next(items)
        run(settle)
        assert taken <= len(produced) <= taken + READ_AHEAD
    items.close()


def test_exception_in_the_middle() -> None:
    """The items before an error arrive first, then the very error."""
    error = ValueError("third")

    async def produce() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise error

    items = iterate(lambda _: produce())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="third") as caught:
        next(items)
    assert caught.value is error
    assert list(items) == []


def test_factory_error() -> None:
    """An error before there is an iterator is raised with the first item."""

    def refuse(_: object) -> AsyncIterator[int]:
        raise ValueError("no iterator")

    with pytest.raises(ValueError, match="no iterator"):
        next(iterate(refuse))


@pytest.mark.parametrize("taken", [1, READ_AHEAD, 50])
def test_early_close_cleans_up(taken: int) -> None:
    """When `close` returns, the generator's clean-up has run."""
    log: list[str] = []
    items = iterate(lambda _: count(1000, log))
    for _ in range(taken):
        next(items)
    items.close()
    assert log == ["closed"]


def test_early_close_of_a_resting_producer() -> None:
    """A producer that rests at its `yield` is closed in peace: what its clean-up awaits needs no shield."""
    log: list[str] = []

    async def produce() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            await anyio.sleep(0.001)
            log.append("closed")

    items = iterate(lambda _: produce())
    next(items)
    run(settle)
    items.close()
    assert log == ["closed"]


def test_early_close_cancels_the_step() -> None:
    """A step that is under way is cancelled."""
    log: list[str] = []

    async def produce() -> AsyncIterator[int]:
        yield 1
        try:
            await anyio.sleep_forever()
        finally:
            log.append("cancelled")

    items = iterate(lambda _: produce())
    next(items)
    run(settle)
    items.close()
    assert log == ["cancelled"]


def test_dropping_cleans_up() -> None:
    """`break` is enough: the dropped generator closes the producer."""
    log: list[str] = []
    for item in iterate(lambda _: count(1000, log)):
        if item == 3:
            break
    assert log == ["closed"]


def test_dropped_on_the_loop_thread() -> None:
    """A garbage collection on the loop thread cancels without waiting for itself."""
    log: list[str] = []
    holder = [iterate(lambda _: count(1000, log))]
    next(holder[0])

    async def drop() -> None:
        holder.clear()

    run(drop)
    run(settle)
    assert log == ["closed"]


def test_close_raises_what_the_clean_up_raised() -> None:
    """An error while closing is not swallowed."""

    async def produce() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            raise ValueError("clean-up failed")

    items = iterate(lambda _: produce())
    next(items)
    run(settle)
    with pytest.raises(ValueError, match="clean-up failed"):
        items.close()


def test_close_ignores_an_error_that_was_never_reached() -> None:
    """What went wrong beyond the item at which the caller stopped is not the caller's any more."""

    async def produce() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise ValueError("third")

    items = iterate(lambda _: produce())
    next(items)
    run(settle)
    items.close()


def test_task_group_open_across_yields() -> None:
    """A generator may hold a task group open while it yields: one task owns it from first to last."""
    log: list[str] = []

    async def produce(number: int) -> AsyncIterator[int]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(background)
            for i in range(number):
                await anyio.sleep(0)
                yield i
            tasks.cancel_scope.cancel()

    async def background() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            log.append("background ended")

    assert list(iterate(lambda _: produce(100))) == list(range(100))
    for taken in (1, READ_AHEAD, 40):
        items = iterate(lambda _: produce(100))
        for _ in range(taken):
            next(items)
        run(settle)
        items.close()
    assert log == ["background ended"] * 4


def test_context_variables_of_the_caller_are_visible() -> None:
    """The producer sees the caller's context variables at every step."""

    async def produce() -> AsyncIterator[str]:
        for _ in range(3):
            await anyio.sleep(0)
            yield colour.get()

    token = colour.set("red")
    try:
        assert list(iterate(lambda _: produce())) == ["red"] * 3
    finally:
        colour.reset(token)


def test_on_the_loop_thread_raises() -> None:
    """A hook that iterates gets an error, not a deadlock."""

    async def hook() -> list[int]:
        return list(iterate(lambda _: count(1)))

    with pytest.raises(RuntimeError, match="on its own event-loop thread"):
        run(hook)


def test_waits_in_slices_where_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the waiting thread looks up now and then; the iteration goes on all the same."""
    monkeypatch.setattr(iteration, "WAIT_SLICE", 0.001)

    async def slow() -> AsyncIterator[int]:
        await anyio.sleep(0.02)
        yield 1

    assert list(iterate(lambda _: slow())) == [1]


@pytest.mark.parametrize("source", [[1, 2], (1, 2), {1}, frozenset({1}), count(0)], ids=lambda s: type(s).__name__)
def test_feed_passes_on_what_needs_no_help(source: Iterable[int] | AsyncIterable[int]) -> None:
    """Collections and async iterables are handed on as they are."""
    fed: list[object] = []

    def factory(feed: iteration.Feed) -> AsyncIterator[int]:
        fed.append(feed(source))
        return count(0)

    assert list(iterate(factory)) == []
    assert fed[0] is source


def test_lazy_input_runs_in_the_callers_thread() -> None:
    """Every step of a lazy iterable, `iter` included, runs in the thread that asks for items."""
    threads: list[int] = []

    class Lazy:
        """Has a length, like a Django QuerySet, and is lazy all the same."""

        def __len__(self) -> int:
            return 20

        def __iter__(self) -> Iterator[int]:
            threads.append(threading.get_ident())
            for i in range(20):
                threads.append(threading.get_ident())
                yield i

    assert list(iterate(lambda feed: passed_on(feed(Lazy())))) == list(range(20))
    assert set(threads) == {threading.get_ident()}
    assert len(threads) == 21


def test_lazy_input_is_not_pulled_ahead() -> None:
    """No input is taken before the async side asks for it, and one at a time."""
    pulled: list[int] = []
    gate = run(make_event)

    def inputs() -> Iterator[int]:
        for i in range(100):
            pulled.append(i)
            yield i

    async def take_two(source: Iterable[int] | AsyncIterable[int]) -> AsyncIterator[int]:
        assert isinstance(source, AsyncIterator)
        yield await anext(source)
        yield await anext(source)
        await gate.wait()
        yield -1

    items = iterate(lambda feed: take_two(feed(inputs())))
    assert [next(items), next(items)] == [0, 1]
    run(settle)
    assert pulled == [0, 1]
    run(lambda: set_event(gate))
    assert next(items) == -1
    assert pulled == [0, 1]
    items.close()


async def make_event() -> anyio.Event:
    return anyio.Event()


async def set_event(event: anyio.Event) -> None:
    event.set()


async def passed_on_by(workers: int, source: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    """Pass the inputs on, asked for by several tasks at once."""
    assert isinstance(source, AsyncIterator)
    done: list[T] = []

    async def work() -> None:
        done.extend([item async for item in source])

    async with anyio.create_task_group() as tasks:
        for _ in range(workers):
            tasks.start_soon(work)
    for item in done:
        yield item


def test_one_question_at_a_time() -> None:
    """Several tasks may ask for inputs; each input goes to one of them, and none is lost."""
    assert sorted(iterate(lambda feed: passed_on_by(8, feed(iter(range(200)))))) == list(range(200))


def test_answer_to_a_cancelled_question_is_kept() -> None:
    """A step that is cancelled while the caller is looking for the input leaves it to the next step."""
    asked = threading.Event()

    def inputs() -> Iterator[int]:
        asked.wait(5)
        yield from range(3)

    async def impatient(source: Iterable[int] | AsyncIterable[int]) -> AsyncIterator[int]:
        assert isinstance(source, AsyncIterator)
        with anyio.move_on_after(0.01):
            await anext(source)
        asked.set()
        async for item in source:
            yield item

    assert list(iterate(lambda feed: impatient(feed(inputs())))) == [0, 1, 2]


def test_inputs_are_served_before_waiting_items() -> None:
    """A caller with many finished items still hands out inputs, so that work goes on meanwhile."""
    pulled: list[int] = []

    def inputs() -> Iterator[int]:
        for i in range(100, 110):
            pulled.append(i)
            yield i

    async def produce(source: Iterable[int] | AsyncIterable[int]) -> AsyncIterator[int]:
        assert isinstance(source, AsyncIterator)
        for i in range(5):
            yield i
        yield await anext(source)

    items = iterate(lambda feed: produce(feed(inputs())))
    assert next(items) == 0
    run(settle)
    assert next(items) == 1
    assert pulled == [100]
    assert list(items) == [2, 3, 4, 100]


def test_error_of_a_lazy_input_reaches_the_async_side() -> None:
    """What the caller's iterable raises is what the async side catches."""

    def inputs() -> Iterator[int]:
        yield 1
        raise LookupError("no such row")

    async def produce(source: Iterable[int] | AsyncIterable[int]) -> AsyncIterator[str]:
        try:
            async for item in passed_on(source):
                yield str(item)
        except LookupError as error:
            yield f"caught: {error}"

    assert list(iterate(lambda feed: produce(feed(inputs())))) == ["1", "caught: no such row"]
    with pytest.raises(LookupError, match="no such row"):
        list(iterate(lambda feed: passed_on(feed(inputs()))))


def test_interrupt_in_a_lazy_input_is_the_callers() -> None:
    """Ctrl-C in the caller's iterable is raised there and then, and the async side is cancelled."""
    log: list[str] = []

    def inputs() -> Iterator[int]:
        raise KeyboardInterrupt
        yield 1

    async def produce(source: Iterable[int] | AsyncIterable[int]) -> AsyncIterator[int]:
        try:
            async for item in passed_on(source):
                yield item
        except Exception as error:
            log.append(repr(error))
        finally:
            log.append("closed")

    with pytest.raises(KeyboardInterrupt):
        next(iterate(lambda feed: produce(feed(inputs()))))
    assert log == ["closed"]


def test_lazy_input_may_call_the_bridge() -> None:
    """A generator of inputs may use the sync client itself, calls and iterations alike."""

    def inputs() -> Iterator[int]:
        for i in iterate(lambda _: count(20)):
            assert run(thread_id) != threading.get_ident()
            yield i

    assert list(iterate(lambda feed: passed_on(feed(inputs())))) == list(range(20))


@pytest.mark.parametrize("taken", [1, 3, 10])
def test_lazy_input_ends_in_the_callers_thread(taken: int) -> None:
    """A cursor that may only be used in its own thread is closed there too when the caller leaves early."""
    threads: list[int] = []

    def rows() -> Iterator[int]:
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            try:
                query = "with recursive n(i) as (values(0) union all select i + 1 from n) select i from n limit 100"
                for (number,) in connection.execute(query):
                    yield number
            finally:
                threads.append(threading.get_ident())

    gc.collect()
    for _ in range(50):
        items = iterate(lambda feed: passed_on(feed(rows())))
        for _ in range(taken):
            next(items)
        items.close()
    assert threads == [threading.get_ident()] * 50


def test_iterations_side_by_side() -> None:
    """Two iterations in one thread do not disturb each other."""
    left, right = iterate(lambda _: count(100)), iterate(lambda _: count(100))
    assert list(zip(left, right, strict=True)) == [(i, i) for i in range(100)]


def test_loop_that_is_gone() -> None:
    """An iteration whose loop has gone, as it has in a forked child, says so instead of waiting for ever."""
    items = iterate(lambda _: count(1000))
    next(items)
    loop = current_loop()
    loop.is_alive = False
    try:
        with pytest.raises(RuntimeError, match="after a fork"):
            next(items)
    finally:
        loop.is_alive = True
