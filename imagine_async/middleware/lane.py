"""The calls of one event loop that wait for their slots."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from heapq import heappop, heappush
from itertools import count

import anyio
from attrs import define, field

from imagine_async.call import Call
from imagine_async.clock import Clock
from imagine_async.errors import DeadlineExceededError
from imagine_async.middleware.preparing import Preparing
from imagine_async.stores import RateLimit, Slot, Store

__all__ = ["Due", "Lane"]

_numbers = count()


@define(order=True)
class Due:
    """A slot, and when it is on the client's own clock.

    Args:
        at: Seconds on that clock.
        slot: The slot.
    """

    at: float
    slot: Slot = field(order=False)


@define(order=True)
class _Waiter:
    """A call in the queue; the least is its head."""

    rank: int
    number: int = field(factory=_numbers.__next__)
    has_left: bool = field(default=False, order=False)
    signal: anyio.Event = field(factory=anyio.Event, order=False)


class Lane:
    """A queue of calls, and the slots that they have reserved.

    Slots belong to the queue, not to a call: the first in the queue takes the first slot, so that a call of a higher
    priority comes before those that wait already, and each of them moves one slot back. Only the head sleeps until
    the first slot; the others wait to become head. One loop uses it, so it needs no lock.

    Args:
        store: Where slots are reserved.
        account: Whose limit.
        clock: The time.
    """

    def __init__(self, store: Store, account: str, clock: Clock) -> None:
        self._store = store
        self._account = account
        self._clock = clock
        self._queue: list[_Waiter] = []
        self._slots: list[Due] = []
        self._waiting: Counter[int] = Counter()
        self._spaced_until = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return not self._queue

    async def wait(self, call: Call, limit: RateLimit, slot: Slot) -> Due:
        """Wait for a turn.

        Args:
            call: Who waits.
            limit: The limit.
            slot: The slot that was reserved for the call.

        Returns:
            The slot that the call takes, which need not be that one.

        Raises:
            DeadlineExceededError: The turn would come after the call's deadline.
            StoreError: The store cannot be used.
        """
        self._add(slot)
        waiter = _Waiter(-call.priority)
        wait = self._expected_wait(waiter)
        if wait >= call.remaining:
            self._free_last(limit)
            raise _too_late(wait, call)
        self._waiting[waiter.rank] += 1
        heappush(self._queue, waiter)
        call.emit("waiting", seconds=max(0.0, wait))
        try:
            with Preparing(call, wait) as preparing:
                while not await self._is_due(waiter, call, limit):
                    pass
                await preparing.finish()
        except BaseException:
            self._leave(waiter)
            self._free_last(limit)
            raise
        taken = self._slots.pop(0)
        # Slots that were moved may lie close together.
        self._spaced_until = self._clock.now() + limit.spacing
        self._leave(waiter)
        return taken

    async def _is_due(self, waiter: _Waiter, call: Call, limit: RateLimit) -> bool:
        """Go one step towards the turn; tell whether it has come."""
        if self._queue[0] is not waiter:
            waiter.signal = anyio.Event()
            await waiter.signal.wait()
            return False
        if len(self._slots) < self._waiting.total():
            self._add(await self._store.reserve_slot(self._account, limit))
            return False
        first = self._slots[0]
        left = max(first.at, self._spaced_until) - self._clock.now()
        if left > 0:
            await self._clock.sleep(left)
            return False
        confirmed = await self._store.confirm_slot(self._account, limit, first.slot)
        if confirmed.refusals != first.slot.refusals:
            self._drop_void(confirmed.refusals)
            return False
        is_there = bool(self._slots) and self._slots[0] is first
        if confirmed.wait > 0 and is_there:
            self._slots.pop(0)
            self._add(confirmed)
            return False
        first.at += confirmed.at - first.slot.at
        first.slot = confirmed
        # While the store was asked, a call of a higher priority may have come, and may have taken the slot.
        return is_there and self._queue[0] is waiter

    def _drop_void(self, refusals: int) -> None:
        """Forget the slots from before a refusal; the heads of the queue reserve others."""
        self._slots = [due for due in self._slots if due.slot.refusals == refusals]

    def _add(self, slot: Slot) -> None:
        insort(self._slots, Due(self._clock.now() + slot.wait, slot))

    def _expected_wait(self, waiter: _Waiter) -> float:
        ahead = sum(number for rank, number in self._waiting.items() if rank <= waiter.rank)
        return self._slots[min(ahead, len(self._slots) - 1)].at - self._clock.now()

    def _leave(self, waiter: _Waiter) -> None:
        waiter.has_left = True
        self._waiting[waiter.rank] -= 1
        while self._queue and self._queue[0].has_left:
            heappop(self._queue)
        if self._queue:
            self._queue[0].signal.set()

    def _free_last(self, limit: RateLimit) -> None:
        """Give back the slot that is one too many: the last, so that all others move up."""
        if len(self._slots) > self._waiting.total():
            self._store.post_slot_back(self._account, limit, self._slots.pop().slot)


def _too_late(wait: float, call: Call) -> DeadlineExceededError:
    return DeadlineExceededError(
        f"the rate limit would hold the call for {wait:.1f} s, and its deadline is in {call.remaining:.1f} s; "
        "nothing was sent: raise timeout= or start fewer calls at once",
        call_id=call.id,
    )
