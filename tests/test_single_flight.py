"""Identical calls at the same time: one is made, all get its picture, and nobody pays or fails for another."""

from __future__ import annotations

import copy
import gc
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest
from anyio import wait_all_tasks_blocked
from hypothesis import given, settings
from hypothesis import strategies as st

from imagine_async.call import Call, Result
from imagine_async.clock import Clock
from imagine_async.errors import (
    BadRequestError,
    BudgetExceededError,
    ClientClosedError,
    ConnectError,
    DeadlineExceededError,
    ImagineError,
    InvalidRequestError,
    Outcome,
    ServerError,
    TruncatedReplyError,
)
from imagine_async.middleware.single_flight import SingleFlight, _Flight
from imagine_async.requests import TextToImage, Upscale
from imagine_async.results import Image
from imagine_async.video import VideoJob
from tests.pictures import made_image

FOX = TextToImage(prompt="a red fox", style="anime", seed=7)


def new_call(request: Any = FOX, **facts: Any) -> Call:
    return Call(request=request, deadline=1e12, **facts)


class SettableClock(Clock):
    """Stands still until a test moves it."""

    time = 0.0

    def now(self) -> float:
        return self.time


class Server:
    """Stands for everything below: counts the calls that come through, and holds them until it is told to answer."""

    def __init__(self, *answers: BaseException | Result) -> None:
        self.calls: list[Call] = []
        self.release = anyio.Event()
        self._answers = iter(answers)

    async def __call__(self, call: Call) -> Result:
        self.calls.append(call)
        answer = next(self._answers, None)
        await self.release.wait()
        if isinstance(answer, BaseException):
            raise answer
        return answer or made_image(request=call.request, call_id=call.id, tokens=5.0)


class Crowd:
    """Calls that run at the same time, and what each ended with."""

    def __init__(self, flight: SingleFlight, server: Server) -> None:
        self.flight, self.server = flight, server
        self.results: dict[str, Result] = {}
        self.errors: dict[str, BaseException] = {}
        self.scopes: dict[str, anyio.CancelScope] = {}

    async def make(self, call: Call) -> None:
        with anyio.CancelScope() as self.scopes[call.id]:
            try:
                self.results[call.id] = await self.flight.around_call(call, self.server)
            except Exception as error:
                self.errors[call.id] = error

    async def run(self, *calls: Call, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Start the calls in their order, have something done while they wait, and then let the server answer."""
        async with anyio.create_task_group() as group:
            for call in calls:
                group.start_soon(self.make, call)
                await wait_all_tasks_blocked()
            meanwhile()
            await wait_all_tasks_blocked()
            self.server.release.set()
        assert self.flight._flights == {}

    def cancel_all(self) -> None:
        for scope in self.scopes.values():
            scope.cancel()

    def image(self, call: Call) -> Image:
        image = self.results[call.id]
        assert isinstance(image, Image)
        return image


def crowd(*answers: BaseException | Result) -> Crowd:
    return Crowd(SingleFlight(), Server(*answers))


@pytest.mark.anyio
async def test_identical_calls_share_one() -> None:
    """Of 20 identical calls one is made; each has the picture, its own id and request, and only one has a price."""
    everyone, calls = crowd(), [new_call(copy.copy(FOX)) for _ in range(20)]
    await everyone.run(*calls)
    assert everyone.server.calls == calls[:1]
    assert len({everyone.image(call).content for call in calls}) == 1
    for call in calls[1:]:
        image = everyone.image(call)
        assert (image.cached, image.tokens, image.attempts, image.call_id) == (True, 0.0, 0, call.id)
        assert (image.seed, call.tokens) == (7, 0.0)
        assert image.request is call.request
    first = everyone.image(calls[0])
    assert (first.cached, first.tokens, first.attempts, first.call_id) == (False, 5.0, 1, calls[0].id)


@pytest.mark.anyio
async def test_elapsed_is_each_calls_own() -> None:
    """A call that came later waited for less time."""
    clock = SettableClock()
    first, second = new_call(clock=clock), new_call(clock=clock)
    second.started = 3.0
    clock.time = 10.0
    everyone = crowd()
    await everyone.run(first, second)
    assert everyone.image(second).elapsed == 7.0


@pytest.mark.anyio
async def test_calls_one_after_the_other_are_each_made() -> None:
    """What is over is not remembered: that is a cache's work."""
    everyone = crowd()
    for _ in range(2):
        await everyone.run(new_call())
    assert len(everyone.server.calls) == 2


DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"request": TextToImage(prompt="a red fox", style="anime", seed=8)}),
    ({"seed_chosen": True}, {"seed_chosen": True}),
    ({}, {"seed_chosen": True}),
    ({"request": TextToImage(prompt="a fox")}, {"request": TextToImage(prompt="a fox")}),
    ({"request": Upscale(image=made_image())}, {"request": Upscale(image=made_image())}),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("first", "second"), DIFFERENT)
async def test_other_calls_are_each_made(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Calls with other seeds, with seeds that the SDK chose, or with none, have nothing in common."""
    everyone, calls = crowd(), [new_call(**first), new_call(**second)]
    await everyone.run(*calls)
    assert everyone.server.calls == calls
    assert not any(everyone.image(call).cached for call in calls)


@pytest.mark.anyio
async def test_cancelled_leader_is_replaced() -> None:
    """When the call on the wire is cancelled, one of those who wait is made, once, and nobody else fails."""
    everyone, calls = crowd(), [new_call() for _ in range(5)]
    await everyone.run(*calls, meanwhile=lambda: everyone.scopes[calls[0].id].cancel())
    assert len(everyone.server.calls) == 2
    assert everyone.errors == {}
    assert set(everyone.results) == {call.id for call in calls[1:]}
    assert Counter(everyone.image(call).cached for call in calls[1:]) == {True: 3, False: 1}


@pytest.mark.anyio
async def test_cancelled_follower_ends_alone() -> None:
    """When one of those who wait is cancelled, the call on the wire and the others go on."""
    everyone, calls = crowd(), [new_call() for _ in range(3)]
    await everyone.run(*calls, meanwhile=lambda: everyone.scopes[calls[1].id].cancel())
    assert everyone.server.calls == calls[:1]
    assert set(everyone.results) == {calls[0].id, calls[2].id}


@pytest.mark.anyio
async def test_all_may_be_cancelled() -> None:
    """When everybody is cancelled at once, nothing is left behind and nothing more is made."""
    everyone, calls = crowd(), [new_call() for _ in range(20)]
    await everyone.run(*calls, meanwhile=everyone.cancel_all)
    assert (everyone.results, everyone.errors) == ({}, {})
    assert len(everyone.server.calls) <= 20


SHARED: dict[str, ImagineError] = {
    "rejected": BadRequestError("no such style", status=400, code=1100),
    "unknown": ServerError("broke", status=500, body="oh"),
    "completed": TruncatedReplyError("cut", status=200),
    "not sent": ConnectError("no route"),
    "budget": BudgetExceededError(needed=5, spent=5, limit=5),
    "budget of the day": BudgetExceededError(needed=5, spent=5, limit=5, scope="day", name="2026-11-24"),
    "budget of its own tag": BudgetExceededError(needed=5, spent=5, limit=5, scope="tag", name="ads"),
    "budget of its own batch": BudgetExceededError(needed=5, spent=5, limit=5, scope="batch", name="b1"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("error", SHARED.values(), ids=SHARED)
async def test_failure_is_shared(error: ImagineError) -> None:
    """A failure that would meet the others as well is theirs too: as errors of their own, and nothing is sent again."""
    everyone, calls = crowd(error), [new_call(tag="ads", batch="b1") for _ in range(4)]
    error.call_id = calls[0].id
    await everyone.run(*calls)
    assert everyone.server.calls == calls[:1]
    assert everyone.errors[calls[0].id] is error
    assert len({id(each) for each in everyone.errors.values()}) == 4
    for call in calls[1:]:
        copied = everyone.errors[call.id]
        assert isinstance(copied, ImagineError)
        assert (type(copied), str(copied), copied.outcome) == (type(error), str(error), error.outcome)
        assert {**vars(copied), "call_id": None} == {**vars(error), "call_id": None}
        assert copied.call_id == call.id
        assert copied.__traceback__ is not error.__traceback__


OWN: dict[str, BaseException] = {
    "deadline": DeadlineExceededError("too late", outcome=Outcome.UNKNOWN),
    "file": InvalidRequestError("image", "fox.png", "the file was changed"),
    "client": ClientClosedError("closed"),
    "budget of another tag": BudgetExceededError(needed=5, spent=5, limit=5, scope="tag", name="design"),
    "budget of another batch": BudgetExceededError(needed=5, spent=5, limit=5, scope="batch", name="b2"),
    "bug": ZeroDivisionError("in somebody's middleware"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("error", OWN.values(), ids=OWN)
async def test_failure_of_one_call_alone_is_not_shared(error: BaseException) -> None:
    """A failure that says nothing of the others stays with its call: one of them is made in its place."""
    everyone = crowd(error)
    calls = [new_call(tag="design", batch="b2"), *(new_call(tag="ads", batch="b1") for _ in range(3))]
    await everyone.run(*calls)
    assert everyone.errors == {calls[0].id: error}
    assert len(everyone.server.calls) == 2
    assert Counter(everyone.image(call).cached for call in calls[1:]) == {True: 2, False: 1}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("outcome", "at", "left", "is_made"),
    [
        (Outcome.UNKNOWN, 60, 59.9, False),
        (Outcome.COMPLETED, 59.999, 59.9, False),
        (Outcome.UNKNOWN, 60, 60, True),
        (Outcome.UNKNOWN, 59, 1, True),
        (Outcome.NOT_SENT, 60, 1, True),
        (Outcome.REJECTED, 60, 1, True),
    ],
)
async def test_call_that_would_wait_in_vain_is_not_sent(
    outcome: Outcome, at: float, left: float, is_made: bool
) -> None:
    """Where the server let all the time of a call pass, one with less time left fails unsent; any other takes over."""
    clock = SettableClock()
    first = Call(request=FOX, deadline=60, clock=clock)
    second = Call(request=FOX, deadline=at + left, clock=clock)

    def let_the_deadline_pass() -> None:
        clock.time, first.outcome = at, outcome
        everyone.scopes[first.id].cancel()

    everyone = crowd()
    await everyone.run(first, second, meanwhile=let_the_deadline_pass)
    assert everyone.server.calls == ([first, second] if is_made else [first])
    assert (second.id in everyone.results) is is_made
    if not is_made:
        assert everyone.errors.keys() == {second.id}
        error = everyone.errors[second.id]
        assert isinstance(error, DeadlineExceededError)
        assert (error.outcome, error.call_id) == (Outcome.NOT_SENT, second.id)
        assert "s, so with 59.9 s left it was not sent" in str(error)


@pytest.mark.anyio
async def test_result_that_is_no_picture_is_not_shared() -> None:
    """What another middleware may give back in place of a picture is its caller's alone."""
    job = VideoJob(id="job-1")
    everyone, calls = crowd(job), [new_call() for _ in range(3)]
    await everyone.run(*calls)
    assert everyone.results[calls[0].id] is job
    assert len(everyone.server.calls) == 2


@settings(deadline=None, max_examples=60)
@given(fates=st.lists(st.sampled_from(["picture", "bug", "cancelled"]), min_size=1, max_size=7), backend=st.data())
def test_nobody_ends_by_the_fate_of_another(fates: list[str], backend: st.DataObject) -> None:
    """Whoever of a crowd fails or is cancelled, all others get a picture, and it is made once."""
    made: list[str] = []

    async def run() -> None:
        everyone = crowd()

        async def below(call: Call) -> Result:
            await everyone.server.release.wait()
            fate = fates[int(call.tag or 0)]
            made.append(fate)
            if fate == "bug":
                raise ZeroDivisionError
            if fate == "cancelled":
                everyone.scopes[call.id].cancel()
                await anyio.sleep_forever()
            return made_image()

        everyone.server.__class__ = type("Below", (Server,), {"__call__": lambda _, call: below(call)})
        calls = [new_call(tag=str(number)) for number in range(len(fates))]
        await everyone.run(*calls)
        for call, fate in zip(calls, fates, strict=True):
            assert call.id in everyone.results or fate != "picture"
            assert call.id not in everyone.errors or fate == "bug"
        assert ("picture" in fates) == bool(everyone.results)

    anyio.run(run, backend=backend.draw(st.sampled_from(["asyncio", "trio"])))
    assert made.count("picture") == ("picture" in fates)


@pytest.mark.anyio
async def test_flight_that_is_over_keeps_nobody_waiting() -> None:
    """Who finds a flight just before its end, and comes to wait just after, does not wait."""
    flight = _Flight()
    flight.end()
    with anyio.fail_after(5):
        await flight.wait()


def test_failure_keeps_nothing_alive() -> None:
    """An error that is over is gone at once, and with it what its frames hold, without the garbage collector."""

    async def fail(call: Call) -> Result:
        raise ServerError("broke", status=500)

    gc.disable()
    try:
        with pytest.raises(ServerError) as caught:
            SingleFlight().around_call(new_call(), fail).send(None)
        error = weakref.ref(caught.value)
        del caught
        assert error() is None
    finally:
        gc.enable()


@pytest.mark.anyio
async def test_forked_process_does_not_wait_for_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flight that a fork copied has nobody on board: in the child the call is made anew."""
    everyone, calls = crowd(), [new_call(), new_call()]
    async with anyio.create_task_group() as group:
        group.start_soon(everyone.make, calls[0])
        await wait_all_tasks_blocked()
        monkeypatch.setattr("os.getpid", lambda: -1)
        group.start_soon(everyone.make, calls[1])
        await wait_all_tasks_blocked()
        everyone.server.release.set()
    assert everyone.server.calls == calls
