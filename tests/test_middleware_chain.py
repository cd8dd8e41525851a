"""How several middleware become one handler."""

from __future__ import annotations

import pytest

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import ConnectError
from imagine_async.middleware.base import Middleware, attempt_steps, call_steps, chain
from imagine_async.requests import TextToImage
from imagine_async.results import Image
from tests.pictures import made_image

IMAGE = made_image()
OTHER = made_image(seed=8)


def new_call() -> Call:
    return Call(request=TextToImage(prompt="a red fox"), deadline=0.0)


class Noting(Middleware):
    """Notes when a call comes in and goes out again."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name = name
        self.notes = notes

    async def around_call(self, call: Call, next: Handler) -> Result:
        self.notes.append(f"{self.name} in")
        try:
            return await next(call)
        finally:
            self.notes.append(f"{self.name} out")


class Answering(Middleware):
    """Answers by itself."""

    async def around_call(self, call: Call, next: Handler) -> Result:
        return OTHER


class PerAttempt(Middleware):
    """Has an attempt-level method only."""

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        return await next(call)


class Inheriting(PerAttempt):
    """Has the method of its parent."""


class Resending(Middleware):
    """Asks for two results and takes the second."""

    async def around_call(self, call: Call, next: Handler) -> Result:
        await next(call)
        return await next(call)


async def transport(call: Call) -> Image:
    call.headers["sent"] = "yes"
    return IMAGE


async def broken_transport(call: Call) -> Image:
    raise ConnectError("no route", call_id=call.id)


@pytest.mark.anyio
async def test_first_is_outermost() -> None:
    """The first middleware is entered first and left last, and the transport stands innermost."""
    notes: list[str] = []
    handler = chain(call_steps([Noting("a", notes), Noting("b", notes)]), transport)
    assert await handler(new_call()) is IMAGE
    assert notes == ["a in", "b in", "b out", "a out"]


@pytest.mark.anyio
async def test_empty_chain_is_the_transport() -> None:
    """Without any middleware, the handler is the transport itself."""
    assert chain([], transport) is transport


@pytest.mark.anyio
async def test_short_circuit() -> None:
    """A middleware that answers by itself keeps the call from those within and from the transport."""
    notes: list[str] = []
    handler = chain(call_steps([Noting("outer", notes), Answering(), Noting("inner", notes)]), transport)
    call = new_call()
    assert await handler(call) is OTHER
    assert notes == ["outer in", "outer out"]
    assert call.headers == {}


@pytest.mark.anyio
async def test_errors_pass_outwards() -> None:
    """An error goes through every middleware on its way to the caller."""
    notes: list[str] = []
    handler = chain(call_steps([Noting("a", notes), Noting("b", notes)]), broken_transport)
    with pytest.raises(ConnectError):
        await handler(new_call())
    assert notes == ["a in", "b in", "b out", "a out"]


@pytest.mark.anyio
async def test_inner_part_can_be_entered_again() -> None:
    """A middleware may ask for the result any number of times."""
    notes: list[str] = []
    await chain(call_steps([Resending(), Noting("inner", notes)]), transport)(new_call())
    assert notes == ["inner in", "inner out"] * 2


@pytest.mark.anyio
async def test_chain_takes_any_iterable_once() -> None:
    """The steps may come from a generator, and the handler serves many calls all the same."""
    notes: list[str] = []
    handler = chain((step for step in call_steps([Noting("a", notes)])), transport)
    await handler(new_call())
    await handler(new_call())
    assert notes == ["a in", "a out"] * 2


def test_pass_through_methods_are_not_in_the_chain() -> None:
    """Methods that nobody wrote cost nothing: they are left out at both levels."""
    noting, per_attempt, inheriting = Noting("a", []), PerAttempt(), Inheriting()
    everything = [Middleware(), noting, per_attempt, inheriting]
    assert call_steps(everything) == [noting.around_call]
    assert attempt_steps(everything) == [per_attempt.around_attempt, inheriting.around_attempt]


@pytest.mark.anyio
@pytest.mark.parametrize("level", ["around_call", "around_attempt"])
async def test_base_class_passes_through(level: str) -> None:
    """A method that is not overridden hands the call on, so that `super()` works."""
    assert await getattr(Middleware(), level)(new_call(), transport) is IMAGE
