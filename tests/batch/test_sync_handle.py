"""The sync batch: its inputs are iterated over in the caller's thread, and any thread may tell it what to do."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from imagine_async import (
    ConfigurationError,
    Imagine,
    InsufficientCreditsError,
    RowState,
    TextToImage,
)
from tests.batch.engine.bench import foxes, states_of
from tests.flat_engine import FlatEngine
from tests.lifecycle import said_by


def _client(painter: FlatEngine | None = None, **named: Any) -> Imagine:
    given = {"credits": None, "side": 16, "server_rate_limit": None, "rate_limit": None, **named}
    return Imagine.sandbox(engine=painter or FlatEngine(), **given)


async def _async_foxes(count: int) -> AsyncIterator[TextToImage]:
    for request in foxes(count):
        yield request


@pytest.mark.parametrize(
    "feed",
    [foxes, lambda count: tuple(foxes(count)), lambda count: set(foxes(count)), lambda count: iter(foxes(count))],
    ids=["list", "tuple", "set", "iterator"],
)
def test_every_kind_of_input(feed: Any, tmp_path: Path) -> None:
    """All of them are done."""
    with _client() as client, client.batch(feed(5), out=tmp_path) as batch:
        assert sorted(result.position for result in batch.results) == list(range(5))
        assert batch.summary.by_state == {RowState.DONE: 5}
        assert batch.progress.total in (5, None)
        assert repr(batch).startswith("<Batch: 5 rows of ")


def test_an_async_generator(tmp_path: Path) -> None:
    """It runs on the loop's thread, where it belongs."""
    with _client() as client:
        assert client.batch(_async_foxes(5), out=tmp_path).run().is_complete


def test_a_generator_runs_in_the_callers_thread(tmp_path: Path) -> None:
    """It may use what is bound to that thread, and other calls of the client."""
    threads = set()

    def rows() -> Iterator[TextToImage]:
        for request in foxes(6):
            threads.add(threading.get_ident())
            yield request

    with _client() as client:
        assert client.batch(rows(), out=tmp_path, concurrency=2).run().by_state == {RowState.DONE: 6}
    assert threads == {threading.get_ident()}


def test_a_generator_that_raises(tmp_path: Path) -> None:
    """Rows under way end, then its error is raised."""

    def rows() -> Iterator[TextToImage]:
        yield from foxes(2)
        raise LookupError("no more rows today")

    with _client() as client:
        batch = client.batch(rows(), out=tmp_path)
        with pytest.raises(LookupError, match="no more rows today"):
            for result in batch:
                assert result.is_done
    assert states_of(tmp_path) == [RowState.DONE] * 2


def test_settings_are_checked_at_once() -> None:
    """What is out of range is told of where the batch is made."""
    number: Any = 7
    with _client() as client:
        with pytest.raises(ConfigurationError, match="concurrency=0"):
            client.batch(foxes(1), concurrency=0)
        with pytest.raises(ConfigurationError, match="requests=7"):
            client.batch(number)


def test_the_error_that_stopped_it(tmp_path: Path) -> None:
    """It is raised by the loop, and told of by the summary."""
    with _client(credits=2) as client:
        batch = client.batch(foxes(20), out=tmp_path, concurrency=2)
        with pytest.raises(InsufficientCreditsError):
            batch.run()
        assert (batch.summary.stopped_by or "").startswith("InsufficientCreditsError")
        assert batch.progress.done == 2


@pytest.mark.parametrize("stop", ["drain", "cancel", "close"])
def test_another_thread_stops_it(stop: str, tmp_path: Path) -> None:
    """Rows under way end, or are broken off; the loop ends by itself."""
    painter = FlatEngine()
    painter.gate = threading.Event()
    with _client(painter) as client:
        batch = client.batch(iter(foxes(20)), out=tmp_path, concurrency=2)

        def tell() -> None:
            assert painter.entered.wait(10)
            if stop != "close":
                getattr(batch, stop)()
            assert painter.gate is not None
            painter.gate.set()

        teller = threading.Thread(target=tell)
        teller.start()
        results = []
        for result in batch:
            results.append(result)
            if stop == "close":
                batch.close()
        teller.join()
        assert len(painter.calls) <= 4
        assert not {RowState.LEASED, RowState.SENT} & set(states_of(tmp_path))
        assert batch.summary.by_state[RowState.DONE if stop != "cancel" else RowState.UNKNOWN] > 0
        batch.close()


def test_pause_and_resume(tmp_path: Path) -> None:
    """While it is paused nothing begins."""
    painter = FlatEngine()
    with _client(painter) as client, client.batch(foxes(20), out=tmp_path, concurrency=2) as batch:
        next(batch)
        batch.pause()
        assert batch.progress.paused
        threading.Timer(0.05, batch.resume).start()
        assert len(list(batch)) == 19


def test_the_loop_is_left_early(tmp_path: Path) -> None:
    """Leaving the block breaks off what is under way; the journal knows."""
    with _client() as client:
        with client.batch(foxes(50), out=tmp_path, concurrency=2) as batch:
            for _ in batch:
                break
        assert list(batch) == []
        assert not {RowState.LEASED, RowState.SENT} & set(states_of(tmp_path))
        assert client.batch(foxes(50), out=tmp_path, resend_unknown=True).run().by_state == {RowState.DONE: 50}


def test_ctrl_c_within_the_loop(tmp_path: Path) -> None:
    """It reaches the caller's code as usual, and the journal is right afterwards."""
    painter = FlatEngine()

    def interrupt() -> None:
        assert painter.entered.wait(10)
        os.kill(os.getpid(), signal.SIGINT)
        # A server in this process ends what it paints before it lets go of its caller.
        threading.Timer(0.1, gate.set).start()

    painter.gate = gate = threading.Event()
    with _client(painter) as client:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            with client.batch(foxes(9), out=tmp_path, concurrency=2) as batch:
                for _ in batch:
                    pass
        states = set(states_of(tmp_path))
        assert not {RowState.LEASED, RowState.SENT} & states
        assert client.batch(foxes(9), out=tmp_path, resend_unknown=True).run().is_complete


def test_after_a_fork(tmp_path: Path) -> None:
    """A child makes batches of its own."""
    script = f"""
        import os, sys
        from imagine_async import Imagine, TextToImage
        from tests.flat_engine import FlatEngine
        client = Imagine.sandbox(engine=FlatEngine(), side=16, rate_limit=None, server_rate_limit=None)
        rows = [TextToImage(prompt=f"fox {{number}}") for number in range(3)]
        assert client.batch(rows, out={str(tmp_path / "parent")!r}).run().is_complete
        child = os.fork()
        if not child:
            done = client.batch(rows, out={str(tmp_path / "child")!r}).run().is_complete
            os._exit(0 if done else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        client.close()
    """
    assert said_by(script) == "0\n"
    assert states_of(tmp_path / "child") == [RowState.DONE] * 3
