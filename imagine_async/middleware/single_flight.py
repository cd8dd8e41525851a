"""Identical calls that run at the same time share one, so that it is paid for once.

Calls may come from several event loops, in several threads. So nothing here takes a lock, which a fork or a Ctrl-C
could leave held: each step on what they share (`setdefault`, `pop`, `append`) is one that Python does not divide.
"""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Iterable
from typing import TypeAlias

import anyio
from anyio.lowlevel import EventLoopToken, current_token
from attrs import define, evolve, field

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import (
    BudgetExceededError,
    ClientClosedError,
    DeadlineExceededError,
    ImagineError,
    InvalidRequestError,
    Outcome,
)
from imagine_async.middleware.base import Middleware
from imagine_async.middleware.request_key import is_repeatable, request_key
from imagine_async.results import Image

__all__ = ["SingleFlight"]

_Waiter: TypeAlias = tuple[EventLoopToken, anyio.Event]

_OF_ONE_CALL_ALONE = (ClientClosedError, DeadlineExceededError, InvalidRequestError)
"""Failures that say nothing of another call with the same form: its client, its deadline and its files are its own."""

_EARLY_SECONDS = 0.01
"""By so much an event loop may round a deadline down."""


class SingleFlight(Middleware):
    """Lets identical calls that run at the same time share one.

    Calls are identical if they send the same form and their callers named the seed. The first goes on; the others wait,
    and get its picture under their own ids, marked as `cached`, for no tokens. If it fails, they get its error under
    their own ids rather than sending it again each; `outcome` then tells what became of the shared call. If it is
    cancelled, or ends for another reason that is its own (its deadline, a budget that does not concern the others), one
    of those who wait goes on in its place; but where the server let the whole time of a call pass, those that have less
    time left end as well, unsent. A deadline or a cancellation of one who waits ends nobody else's call.

    Use one for each account: clients with different keys need one each.

    Example:
        client = AsyncImagine(middleware=[SingleFlight(), Cache("~/.cache/imagine")])
    """

    def __init__(self) -> None:
        # By process as well: a fork copies flights that nobody in the child will ever end.
        self._flights: dict[tuple[int, str], _Flight] = {}

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Make the call, or wait for another one's result.

        Args:
            call: The call.
            next: What to await for the result.

        Returns:
            The picture.

        Raises:
            ImagineError: The call failed, or the one that it shared.
        """
        if not is_repeatable(call):
            return await next(call)
        key = os.getpid(), await request_key(call.request)
        while True:
            mine = _Flight()
            flight = self._flights.setdefault(key, mine)
            if flight is mine:
                return await self._lead(mine, key, call, next)
            await flight.wait()
            if flight.image is not None:
                return _shared_image(flight.image, call)
            if flight.error is not None and _concerns(flight.error, call):
                raise _shared_error(flight.error, call)
            if call.remaining < flight.seconds_in_vain:
                raise _not_sent_in_vain(flight.seconds_in_vain, call)

    async def _lead(self, flight: _Flight, key: tuple[int, str], call: Call, next: Handler) -> Result:
        try:
            result = await next(call)
            flight.image = result if isinstance(result, Image) else None
            return result
        except ImagineError as error:
            # A copy, because the error itself holds the frames that hold the flight.
            flight.error = copy.copy(error)
            raise
        finally:
            # Whatever ends it, also the end of its event loop.
            flight.seconds_in_vain = _seconds_in_vain(call)
            # Taken out before it is over: who finds it there may wait for it.
            self._flights.pop(key, None)
            flight.end()


@define(eq=False)
class _Flight:
    """One call that is shared: its picture or its error, or neither where somebody else has to make it."""

    image: Image | None = None
    error: ImagineError | None = None
    seconds_in_vain: float = 0.0
    _is_over: bool = False
    _waiters: list[_Waiter] = field(factory=list)

    async def wait(self) -> None:
        waiter = current_token(), anyio.Event()
        self._waiters.append(waiter)
        # Looked at after that, as `end` does it the other way round: one of the two sees the other.
        if not self._is_over:
            await waiter[1].wait()

    def end(self) -> None:
        self._is_over = True
        _wake(self._waiters)


def _wake(waiters: Iterable[_Waiter]) -> None:
    """Wake those who wait, loop by loop: each time a loop is woken costs a system call."""
    loops: dict[int, tuple[EventLoopToken, list[anyio.Event]]] = {}
    for token, event in waiters:
        loops.setdefault(id(token.native_token), (token, []))[1].append(event)
    for token, events in loops.values():
        # A loop that is gone has taken along whoever waited; each library says so with an error of its own.
        with contextlib.suppress(Exception):
            token.backend_class.run_sync_soon(_set_all, (events,), token.native_token)


def _set_all(events: Iterable[anyio.Event]) -> None:
    for event in events:
        event.set()


def _concerns(error: ImagineError, call: Call) -> bool:
    """Tell whether what failed one call fails another with the same form as well."""
    if isinstance(error, BudgetExceededError) and error.scope in ("batch", "tag"):
        return bool(getattr(call, error.scope) == error.name)
    return not isinstance(error, _OF_ONE_CALL_ALONE)


def _seconds_in_vain(call: Call) -> float:
    """Tell for how long a call waited whose deadline passed while it was on the wire; 0 for all others."""
    is_on_the_wire = call.outcome in (Outcome.UNKNOWN, Outcome.COMPLETED)
    return call.elapsed if is_on_the_wire and call.remaining < _EARLY_SECONDS else 0.0


def _not_sent_in_vain(seconds: float, call: Call) -> DeadlineExceededError:
    """Without this, calls to a server that hangs would be sent one after another, each perhaps charged for nothing."""
    return DeadlineExceededError(
        f"the identical call that this one waited for had no answer within {seconds:g} s, so with {call.remaining:g} s "
        "left it was not sent: pass a longer timeout=, or ask again",
        call_id=call.id,
    )


def _shared_image(image: Image, call: Call) -> Image:
    call.tokens = 0.0
    return evolve(
        image,
        request=call.request,
        elapsed=call.elapsed,
        attempts=0,
        tokens=0.0,
        call_id=call.id,
        cached=True,
    )


def _shared_error(error: ImagineError, call: Call) -> ImagineError:
    # For each a copy of its own: raised in several tasks, one error would collect their tracebacks.
    copied = copy.copy(error)
    copied.call_id = call.id
    return copied
