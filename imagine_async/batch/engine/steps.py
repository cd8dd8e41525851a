"""What a batch does on the way of each attempt: it notes in the journal that a row is about to be sent."""

from __future__ import annotations

from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING

from imagine_async.batch.journal.claims import Claim
from imagine_async.call import Call, Handler, Result
from imagine_async.errors import Outcome
from imagine_async.middleware import Middleware

if TYPE_CHECKING:
    from imagine_async.batch.engine.counting import Counts
    from imagine_async.batch.journal.keeping import Journal

__all__ = ["CLAIM", "Journaling"]

CLAIM: ContextVar[Claim] = ContextVar("imagine_async_claim")
"""The row that a task is doing."""


class Journaling(Middleware):
    """Holds each attempt until the journal says on the disk that it is about to be sent; the innermost step of all.

    Args:
        journal: The journal.
        counts: Is told what attempts have cost.
    """

    def __init__(self, journal: Journal, counts: Counts) -> None:
        self._journal = journal
        self._counts = counts

    async def around_call(self, call: Call, next: Handler) -> Result:
        """Let the rate limiter have attempts noted while they wait."""
        if not call.request.endpoint.paid:
            return await next(call)
        call.before_leaving = partial(self._mark, call, CLAIM.get())
        try:
            return await next(call)
        finally:
            # The two hold each other, and whatever belongs to the call, until the collector comes.
            call.before_leaving = None

    async def around_attempt(self, call: Call, next: Handler) -> Result:
        """See that the attempt is noted, make it, and note what became of it."""
        self._counts.note_leaving(call.id)
        if not call.request.endpoint.paid:
            return await next(call)
        claim = CLAIM.get()
        await self._mark(call, claim)
        claim.is_sent = True
        try:
            result = await next(call)
        except BaseException as error:
            self._note(claim, call, call.outcome_after(error))
            raise
        self._note(claim, call, Outcome.COMPLETED)
        return result

    async def _mark(self, call: Call, claim: Claim) -> None:
        attempt = (call.id, call.attempt)
        if claim.marked == attempt:
            return
        claim.attempts += 1
        claim.call_id = call.id
        await self._journal.mark_sent(claim)
        claim.marked = attempt

    def _note(self, claim: Claim, call: Call, outcome: Outcome) -> None:
        if outcome in (Outcome.NOT_SENT, Outcome.REJECTED):
            claim.is_sent = False
            self._journal.post_unsent(claim)
            return
        if call.tokens is not None:
            claim.tokens = (claim.tokens or 0.0) + call.tokens
        self._counts.note_cost(call.tokens or 0.0, is_held=outcome is Outcome.UNKNOWN)
