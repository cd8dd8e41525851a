"""Things that hold connections, and so belong to the event loop they were made on.

A connection cannot be used from a second loop. So every loop gets a thing of its own, which goes when its owner or
its loop does: a loop ends the async generators that were begun on it before it closes, and one of those stands guard.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from anyio.lowlevel import RunVar

__all__ = ["PerLoop"]


class _Closable(Protocol):
    async def aclose(self) -> None: ...


T = TypeVar("T", bound=_Closable)


class PerLoop(Generic[T]):
    """One thing for each event loop that asks.

    Args:
        make: Makes one.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make

    async def get(self) -> T:
        """Return the running loop's thing; make it on first use."""
        guarded: _Guarded[T] | None = _of_this_loop().get(self)
        if guarded is None:
            guarded = _of_this_loop()[self] = _Guarded(self._make())
            await guarded.open()
        return guarded.thing

    async def aclose(self) -> None:
        """Close the running loop's thing; those of other loops go with their loops."""
        guarded = _of_this_loop().pop(self, None)
        if guarded is not None:
            await guarded.aclose()


class _Guarded(Generic[T]):
    def __init__(self, thing: T) -> None:
        self.thing = thing
        self._guard = _close_at_the_end(thing)

    async def open(self) -> None:
        await anext(self._guard)

    async def aclose(self) -> None:
        await self._guard.aclose()


async def _close_at_the_end(thing: _Closable) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await thing.aclose()


_things: RunVar[WeakKeyDictionary[PerLoop[Any], _Guarded[Any]]] = RunVar("imagine_async_things")


def _of_this_loop() -> WeakKeyDictionary[PerLoop[Any], _Guarded[Any]]:
    try:
        return _things.get()
    except LookupError:
        things: WeakKeyDictionary[PerLoop[Any], _Guarded[Any]] = WeakKeyDictionary()
        _things.set(things)
        return things
