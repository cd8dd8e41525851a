"""One operation on its way: its clock, its attempts, and the events that tell of it."""

from __future__ import annotations

import logging
from typing import Any

import attrs
import pytest

from imagine_async.call import Call, Event, Observer
from imagine_async.clock import Clock
from imagine_async.errors import ConnectError, Outcome
from imagine_async.requests import TextToImage

REQUEST = TextToImage(prompt="a red fox")


class StoppedClock(Clock):
    """Stands still until a test moves it."""

    time = 100.0

    def now(self) -> float:
        return self.time


def call_with(*observers: Observer) -> Call:
    return Call(request=REQUEST, deadline=110.0, clock=StoppedClock(), observers=observers)


def at(call: Call, time: float) -> Call:
    assert isinstance(call.clock, StoppedClock)
    call.clock.time = time
    return call


@pytest.mark.parametrize(
    ("time", "remaining", "elapsed"), [(100.0, 10.0, 0.0), (104.5, 5.5, 4.5), (110.0, 0.0, 10.0), (200.0, 0.0, 100.0)]
)
def test_time_left_and_gone(time: float, remaining: float, elapsed: float) -> None:
    """What is left of the deadline never falls below zero; what is gone counts from the start."""
    call = at(call_with(), time)
    assert (call.remaining, call.elapsed) == (remaining, elapsed)


def test_new_call_has_not_been_sent() -> None:
    """Before the first attempt nothing was sent, counted or priced."""
    call = call_with()
    assert (call.attempt, call.outcome, call.tokens, call.headers) == (0, Outcome.NOT_SENT, None, {})


def test_attempts_are_counted_from_one() -> None:
    """Each attempt counts, and begins as not sent, whatever became of the one before."""
    call = call_with()
    for number in (1, 2, 3):
        call.begin_attempt()
        assert (call.attempt, call.outcome) == (number, Outcome.NOT_SENT)
        call.outcome = Outcome.UNKNOWN


def test_ids_and_headers_are_each_calls_own() -> None:
    """Two calls share neither id nor headers, and are never equal."""
    calls = [call_with() for _ in range(50)]
    calls[0].headers["x-team"] = "design"
    assert len({call.id for call in calls}) == 50
    assert all(call.id.startswith("call-") for call in calls)
    assert calls[1].headers == {}
    assert calls[0] != calls[1]


def test_events_reach_every_observer_in_order() -> None:
    """Observers are told one after the other, of each event in turn."""
    told: list[tuple[str, str]] = []
    call = call_with(
        lambda event: told.append(("first", event.kind)), lambda event: told.append(("second", event.kind))
    )
    call.emit("sending")
    call.emit("finished")
    assert told == [("first", "sending"), ("second", "sending"), ("first", "finished"), ("second", "finished")]


def test_event_holds_the_facts() -> None:
    """An event tells which call, which attempt, when, and what it is about."""
    told: list[Event] = []
    call = call_with(told.append)
    call.begin_attempt()
    error = ConnectError("no route")
    at(call, 103.0).emit("retrying", seconds=1.5, tokens=5, error=error)
    assert told == [
        Event(
            kind="retrying",
            call_id=call.id,
            endpoint="text_to_image",
            attempt=1,
            at=103.0,
            seconds=1.5,
            tokens=5,
            error=error,
        )
    ]


def test_events_are_frozen() -> None:
    """An observer cannot change what the next one is told."""
    told: list[Event] = []
    call_with(told.append).emit("sending")
    event: Any = told[0]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.kind = "failed"


def test_failing_observer_is_logged_and_dropped(caplog: pytest.LogCaptureFixture) -> None:
    """An observer that fails costs neither the call nor the other observers anything, and is logged."""
    told: list[Event] = []

    def fail(event: Event) -> None:
        raise ZeroDivisionError(event.kind)

    with caplog.at_level(logging.ERROR, logger="imagine_async"):
        call_with(fail, told.append).emit("sending")
    assert [event.kind for event in told] == ["sending"]
    (record,) = caplog.records
    assert "sending" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_interrupts_pass_through() -> None:
    """Ctrl-C within an observer is not swallowed."""

    def interrupt(_: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_with(interrupt).emit("sending")


def test_without_observers_nothing_is_made() -> None:
    """Where nobody watches, the clock is not even asked."""
    call = call_with()
    del StoppedClock.time
    try:
        call.emit("sending")
    finally:
        StoppedClock.time = 100.0
