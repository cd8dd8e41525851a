"""The arithmetic of a rate limit: which slot the next call gets. No I/O, no clock of its own.

The generic cell rate algorithm, by reservation: each call takes the next free slot and learns at once how long to
wait, which makes the order fair without polling. Beside it slots are remembered for a window, so that a burst and the
full steady rate go together and still no window holds more than the limit.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort
from math import inf
from typing import Protocol

from attrs import define, field, frozen

from imagine_async.stores.rates import RateLimit

__all__ = ["Recent", "RecentSlots", "Slot", "SlotBook"]

_LARGEST_JITTER = 1.0


@frozen
class Slot:
    """A place in time for one call.

    Args:
        at: Seconds on the store's clock.
        wait: Seconds from the reservation until then; 0 or less: now.
        refusals: How many refusals the store had seen; a slot from before the newest is void.
    """

    at: float
    wait: float
    refusals: int


class Recent(Protocol):
    """Slots given out, by their seconds on the store's clock, oldest first."""

    def append(self, at: float) -> None:
        """Add the newest."""
        ...

    def newest(self, place: int) -> float | None:
        """Return the newest (1), the one before it (2), and so on; `None` where there are fewer."""
        ...

    def before(self, at: float, until: float, places: int) -> float | None:
        """Return the one that is so many places before the newest up to a time.

        `None` where there is none, and where none is known at `at`, which is before that time.
        """
        ...

    def drop_newest(self) -> None:
        """Take the newest out."""
        ...

    def drop_after(self, now: float) -> None:
        """Take out the newest ones, up to the first that has come."""
        ...

    def forget(self, keep: int, before: float) -> None:
        """Drop the oldest ones that are from then or earlier, but keep so many of the newest."""
        ...

    def shift(self, seconds: float) -> None:
        """Move all of them."""
        ...

    def move(self, at: float, later: float) -> None:
        """Move one that is there from one time to a later one, among the others."""
        ...


class RecentSlots(Recent):
    """Slots given out, in memory."""

    def __init__(self) -> None:
        # A limit of a million calls a second remembers as many: packed, they take 8 MB.
        self._slots = array("d")
        self._forgotten = 0

    def append(self, at: float) -> None:
        """Add the newest."""
        self._slots.append(at)

    def newest(self, place: int) -> float | None:
        """Return one, counted from the newest."""
        return self._at(len(self._slots) - place)

    def before(self, at: float, until: float, places: int) -> float | None:
        """Return one, counted from the newest up to a time."""
        if self._at(bisect_right(self._slots, at) - 1) != at:
            return None
        return self._at(bisect_right(self._slots, until) - 1 - places)

    def move(self, at: float, later: float) -> None:
        """Move one."""
        place = bisect_right(self._slots, at) - 1
        if self._at(place) == at:
            del self._slots[place]
            insort(self._slots, later, lo=self._forgotten)

    def drop_newest(self) -> None:
        """Take the newest out."""
        self._slots.pop()

    def drop_after(self, now: float) -> None:
        """Take out those to come."""
        del self._slots[max(self._forgotten, bisect_right(self._slots, now)) :]

    def forget(self, keep: int, before: float) -> None:
        """Drop the oldest."""
        while len(self._slots) - self._forgotten > keep and self._slots[self._forgotten] <= before:
            self._forgotten += 1
        # Not one by one: all that follow have to be moved.
        if 2 * self._forgotten > len(self._slots):
            del self._slots[: self._forgotten]
            self._forgotten = 0

    def shift(self, seconds: float) -> None:
        """Move all."""
        self._slots = array("d", (at + seconds for at in self._slots))

    def _at(self, place: int) -> float | None:
        return self._slots[place] if place >= self._forgotten else None


@define(eq=False, repr=False, slots=False)
class SlotBook:
    """The slots of one account.

    Args:
        turn: Seconds on the store's clock, when the next slot would be without a burst.
        resume_at: Seconds on the store's clock, before which nobody may leave after a refusal.
        touched: Seconds on the store's clock, when the book was last used.
        refusals: Refusals seen.
        recent: The slots given out that may still keep others from a window.
    """

    turn: float = 0.0
    resume_at: float = 0.0
    touched: float | None = None
    refusals: int = 0
    recent: Recent = field(factory=RecentSlots)

    def reserve(self, limit: RateLimit, now: float) -> Slot:
        """Give out the next free slot.

        Args:
            limit: The limit.
            now: Seconds on the store's clock.

        Returns:
            The slot.
        """
        now = self.steady(now)
        newest = _or_never(self.recent.newest(1))
        held_until = max(newest, self.turn - limit.tolerance, self.resume_at, self._window_opens(limit, now))
        # Those who wait do not burst when the window opens: the first burst may have reached the server late.
        at = now if held_until <= now else max(held_until, newest + limit.spacing)
        self.turn = max(self.turn, at) + limit.interval
        self.recent.append(at)
        return Slot(at, at - now, self.refusals)

    def confirm(self, limit: RateLimit, slot: Slot, now: float) -> Slot:
        """Look at a slot again when it has come: a refusal may have voided it, or the calls before it left late.

        Args:
            limit: The limit.
            slot: The slot.
            now: Seconds on the store's clock.

        Returns:
            The slot as it is now: with the refusals seen meanwhile; moved to now, where its time is over; or moved to
            when its window opens.
        """
        if slot.refusals != self.refusals:
            return Slot(slot.at, 0.0, self.refusals)
        # A clock that has stepped back is the business of whoever reserves next.
        now, at = now if self.touched is None else max(now, self.touched), slot.at
        if now - at > limit.tolerated_delay:
            self.recent.move(at, now)
            at = now
        opens = _or_never(self.recent.before(at, max(now, at), limit.calls)) + limit.window
        if opens <= max(now, at):
            return Slot(at, 0.0, self.refusals)
        self.recent.move(at, opens)
        return Slot(opens, opens - now, self.refusals)

    def give_back(self, limit: RateLimit, at: float) -> bool:
        """Free a slot if nobody stands behind it: moving those who do would break the limit.

        Args:
            limit: The limit.
            at: When the slot is.

        Returns:
            Whether it was free to give.
        """
        if self.recent.newest(1) != at:
            return False
        self.recent.drop_newest()
        self.turn -= limit.interval
        return True

    def delay(self, at: float, seconds: float) -> None:
        """Count a call from when it has really left: its slot alone would let the next window begin too early.

        Args:
            at: When its slot was; one that is not known any more is passed over.
            seconds: How much later it left.
        """
        self.recent.move(at, at + seconds)

    def push_back(self, limit: RateLimit, seconds: float, now: float) -> None:
        """After a refusal: void all slots that have not come, and let nobody leave for a while, nor burst after it.

        Args:
            limit: The limit.
            seconds: How long.
            now: Seconds on the store's clock.
        """
        now = self.steady(now)
        self.refusals += 1
        self.resume_at = max(self.resume_at, now + seconds)
        self.turn = self.resume_at + limit.tolerance
        self.recent.drop_after(now)

    def leave(self, limit: RateLimit, calls: int, now: float) -> None:
        """Let no more than so many calls leave at once from here on, because the server has no room for more.

        Args:
            limit: The limit.
            calls: How many, at least 1.
            now: Seconds on the store's clock.
        """
        now = self.steady(now)
        self.turn = max(self.turn, now + limit.tolerance - limit.interval * (calls - 1))

    def steady(self, now: float) -> float:
        """Note the time; where the clock has stepped back, take it as having stood still since it was last seen.

        Args:
            now: Seconds on the store's clock.

        Returns:
            The time to reckon with.
        """
        back = 0.0 if self.touched is None else self.touched - now
        if back > _LARGEST_JITTER:
            self.turn -= back
            self.resume_at -= back
            self.recent.shift(-back)
        elif back > 0:
            # Two readers of one clock, in the wrong order.
            return now + back
        self.touched = now
        return now

    def _window_opens(self, limit: RateLimit, now: float) -> float:
        first = self.recent.newest(limit.calls)
        if first is None:
            return -inf
        # By age, not by number: when the newest are given back, older ones count again.
        self.recent.forget(limit.calls, now - limit.window)
        return first + limit.window


def _or_never(at: float | None) -> float:
    return -inf if at is None else at
