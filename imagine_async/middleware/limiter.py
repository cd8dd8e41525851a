"""Paces calls before they are sent, so that the server's limit is met and not discovered.

Each call takes the next free slot of the store and learns at once how long to wait, which makes the order fair without
polling. One answer of "too many requests" voids the slots of everybody who shares the store.
"""

from __future__ import annotations

from functools import partial
from weakref import WeakKeyDictionary

from imagine_async.call import Call, Handler, Result
from imagine_async.clock import SYSTEM_CLOCK, Clock
from imagine_async.errors import RateLimitedError
from imagine_async.loop_local import LoopLocal
from imagine_async.middleware.base import Middleware
from imagine_async.middleware.lane import Due, Lane
from imagine_async.middleware.learning import LearntLimit
from imagine_async.stores import RateLimit, Store

__all__ = ["RateLimiter"]


class RateLimiter(Middleware):
    """Holds each attempt until its slot.

    Args:
        limit: The limit.
        store: Where its state lives.
        account: Whose limit it is, in the store.
        clock: The time.
    """

    def __init__(self, limit: RateLimit, *, store: Store, account: str, clock: Clock = SYSTEM_CLOCK) -> None:
        self._learnt = LearntLimit(limit)
        self._store = store
        self._account = account
        self._clock = clock
        self._has_lanes = False

    @property
    def limit(self) -> RateLimit:
        """The limit that is kept now: as it was set, or a lower one that replies told of."""
        return self._learnt.limit

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Wait for a slot, then go on; learn from what comes back."""
        due = await self._turn(call)
        began = self._clock.now()
        call.on_sending = partial(self._note_departure, due)
        try:
            result = await next(call)
        except RateLimitedError as error:
            seconds = self._learnt.pause_after(error, call, began, self._clock.now())
            self._store.post_refusal(self._account, self._learnt.limit, seconds)
            raise
        self._learnt.forget_refusals()
        if call.quota is not None:
            self._learn(call)
        return result

    async def _turn(self, call: Call) -> Due:
        """Take a slot and wait for it; return the one that the call leaves with."""
        limit, asked = self._learnt.limit, self._clock.now()
        slot = await self._store.reserve_slot(self._account, limit)
        if slot.wait <= 0 and not self._has_lanes:
            # Nobody has ever had to wait.
            return Due(asked, slot)
        lanes = _LANES.get()
        lane = lanes.get(self)
        if slot.wait <= 0 and (lane is None or lane.is_empty):
            return Due(asked, slot)
        if lane is None:
            lane = lanes[self] = Lane(self._store, self._account, self._clock)
            self._has_lanes = True
        return await lane.wait(call, limit, slot)

    def _note_departure(self, due: Due) -> None:
        """Tell the store where a call leaves late, as one does that had to make its connection first."""
        late = self._clock.now() - due.at
        if late > self._learnt.limit.tolerated_delay:
            self._store.post_delay(self._account, due.slot, late)

    def _learn(self, call: Call) -> None:
        assert call.quota is not None
        room = self._learnt.learn(call.quota)
        if room is not None:
            self._store.post_room(self._account, self._learnt.limit, room)


_LANES = LoopLocal("lanes", WeakKeyDictionary[RateLimiter, Lane])
