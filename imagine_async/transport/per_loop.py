"""Things that hold connections, and so belong to the event loop they were made on.

A connection cannot be used from a second loop. So every loop gets a thing of its own, which goes when its owner or
its loop does. A loop ends the async generators that were begun on it before it closes, and one of those stands guard.
An owner that nobody refers to any more has its thing closed on the loop, as soon as that has a turn.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any, Generic, Protocol, TypeVar
from weakref import finalize

from anyio.lowlevel import EventLoopToken, current_token

from imagine_async.loop_local import LoopLocal
from imagine_async.tasks import spawn_on

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
        # Stands for this object in the loops' registries, which must not keep it alive.
        self._key = object()

    async def get(self) -> T:
        """Return the running loop's thing; make it on first use."""
        things = _THINGS.get()
        guarded: _Guarded[T] | None = things.get(self._key)
        if guarded is None:
            guarded = things[self._key] = _Guarded(self._make())
            guarded.when_abandoned = finalize(self, _close_soon, current_token(), things, self._key)
            guarded.when_abandoned.atexit = False
            await guarded.open()
        return guarded.thing

    async def aclose(self) -> None:
        """Close the running loop's thing; those of other loops go with their loops."""
        guarded = _THINGS.get().pop(self._key, None)
        if guarded is not None:
            await guarded.aclose()


class _Guarded(Generic[T]):
    def __init__(self, thing: T) -> None:
        self.thing = thing
        self.when_abandoned: finalize[..., Any] | None = None
        self.closing: object = None
        self._guard = self._close_at_the_end()

    async def open(self) -> None:
        await anext(self._guard)

    async def aclose(self) -> None:
        await self._guard.aclose()

    async def _close_at_the_end(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            if self.when_abandoned is not None:
                # Else every loop that the owner was ever used on would stay in memory with it.
                self.when_abandoned.detach()
            await self.thing.aclose()


_Things = dict[object, _Guarded[Any]]
_THINGS = LoopLocal[_Things]("things", dict)


def _close_soon(token: EventLoopToken, things: _Things, key: object) -> None:
    """Have a thing closed on its loop; called by the garbage collector, in whatever thread."""
    # A loop that is gone has taken its things along; each library says so with an error of its own.
    with contextlib.suppress(Exception):
        token.backend_class.run_sync_soon(_close_now, (token, things, key), token.native_token)


def _close_now(token: EventLoopToken, things: _Things, key: object) -> None:
    guarded = things.get(key)
    if guarded is None:
        return

    async def close() -> None:
        # Kept in the registry until it is closed, so that neither task nor guard is collected before.
        try:
            await guarded.aclose()
        finally:
            things.pop(key, None)

    guarded.closing = spawn_on(token, close)
