"""Books every attempt: tokens are reserved before it is sent, then settled, released or held.

A budget cannot be overrun by concurrency, because reserving is one step in the store. A call whose outcome is unknown
keeps its tokens on hold: it may have been charged.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Literal

from imagine_async.call import Call, Handler, Result
from imagine_async.errors import Outcome, UnpricedCallError
from imagine_async.middleware.base import Middleware
from imagine_async.middleware.ledger import Ledger
from imagine_async.prices import PriceList
from imagine_async.results import Image
from imagine_async.stores import Entry, Fate

if TYPE_CHECKING:
    from imagine_async.video import VideoJob

__all__ = ["Credits"]

_FATES = {Outcome.COMPLETED: Fate.SETTLE, Outcome.UNKNOWN: Fate.HOLD}
_REMEMBERED_JOBS = 10_000


class Credits(Middleware):
    """Keeps the ledger for every attempt.

    Args:
        ledger: The books.
        prices: What calls cost.
        unpriced: What to do with a call whose price is not known, where there is a budget.
    """

    def __init__(self, ledger: Ledger, prices: PriceList, *, unpriced: Literal["refuse", "allow"] = "refuse") -> None:
        self.ledger = ledger
        self.prices = prices
        self._unpriced: Literal["refuse", "allow"] = unpriced
        self._jobs: OrderedDict[str, Entry] = OrderedDict()

    def with_ledger(self, ledger: Ledger) -> Credits:
        """Return the same with other books.

        Args:
            ledger: The books.
        """
        return Credits(ledger, self.prices, unpriced=self._unpriced)

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """Reserve, attempt, and book by what became of it; calls that cost nothing pass through."""
        if not call.request.endpoint.paid:
            return self._noticed(await next(call))
        call.tokens = await self._price(call)
        entry = await self.ledger.reserve(call)
        call.emit("reserved", tokens=call.tokens)
        try:
            result = await next(call)
        except BaseException as error:
            self.ledger.book(entry, _FATES.get(call.outcome_after(error), Fate.RELEASE))
            raise
        if call.outcome is Outcome.NOT_SENT:
            # A step of the user's has answered by itself.
            call.tokens = 0.0
            self.ledger.book(entry, Fate.RELEASE)
            return result
        self.ledger.book(entry, Fate.SETTLE)
        call.emit("settled", tokens=call.tokens)
        self._remember(result, entry)
        return result

    async def _price(self, call: Call) -> float | None:
        tokens = self.prices.of(call.request)
        if tokens is None and self._unpriced == "refuse" and await self.ledger.is_capped():
            raise UnpricedCallError(call.request.price_keys[0], call_id=call.id)
        return tokens

    def _remember(self, result: Result, entry: Entry) -> None:
        """Remember what a video job was booked as: should it fail, nobody says whether its tokens come back."""
        job = _job_in(result)
        if job is not None:
            self._jobs[job.id] = entry
            if len(self._jobs) > _REMEMBERED_JOBS:
                self._jobs.popitem(last=False)

    def _noticed(self, result: Result) -> Result:
        job = _job_in(result)
        if job is not None and job.is_failed:
            entry = self._jobs.pop(job.id, None)
            if entry is not None:
                self.ledger.doubt(entry)
        return result


def _job_in(result: Result) -> VideoJob | None:
    if isinstance(result, Image):
        return None
    # Loaded on use: most programs make no videos.
    from imagine_async.video import VideoJob

    return result if isinstance(result, VideoJob) else None
