"""Rows out of the journal itself: those that the input is not needed for."""

from __future__ import annotations

from collections import deque
from typing import Any

import anyio.to_thread
import attrs
from attrs import define, field

from imagine_async.batch.engine.admission import Admission
from imagine_async.batch.engine.keys import inputs_of
from imagine_async.batch.engine.parents import Parents
from imagine_async.batch.engine.reading import BadRow, Turn
from imagine_async.batch.engine.settings import BatchSettings
from imagine_async.batch.journal.claims import Claim, Ending, Leftover
from imagine_async.batch.journal.keeping import Journal
from imagine_async.batch.records import RowState
from imagine_async.errors import ImagineError
from imagine_async.serialization import request_from_dict

__all__ = ["JournalIntake", "claim_of_leftover"]

_AT_ONCE = 64


@define
class JournalIntake:
    """Yields the rows that the journal has left.

    Args:
        journal: The journal.
        parents: Knows the rows that wait for others.
        admission: Says whether rows may begin.
        settings: How the batch is run.
    """

    journal: Journal
    parents: Parents
    admission: Admission
    settings: BatchSettings
    _position: int = 0
    _taken: deque[Leftover] = field(factory=deque, init=False)
    _is_at_end: bool = field(default=False, init=False)

    async def next(self) -> Turn | None:
        """Return the next row that is to be done; `None` if there is none any more, or none may begin."""
        while await self.admission.wait():
            ready = self.parents.next_ready()
            if ready is not None:
                return ready
            if not self._taken and not self._is_at_end:
                await self._take()
            if self._taken:
                turn = await self._turn(self._taken.popleft())
                if turn is not None:
                    return turn
            elif self.parents.is_busy:
                await self.parents.wait()
            else:
                break
        return None

    async def _take(self) -> None:
        # No more than can begin soon: what is leased here is kept from other workers.
        count = min(_AT_ONCE, self.settings.concurrency)
        found = await self.journal.take(self.settings.wanted_states, self._position, count)
        self._taken.extend(found)
        self._is_at_end = not found
        if found:
            self._position = found[-1].position + 1

    async def _turn(self, row: Leftover) -> Turn | None:
        self.admission.note_begun(row.position)
        try:
            claim = await claim_of_leftover(row, self.journal.owner.name)
        except ImagineError as error:
            state = RowState.UNKNOWN if row.state is RowState.UNKNOWN else RowState.FAILED
            self.journal.post_end(row, Ending(state=state, error=f"{type(error).__name__}: {error}", kept=row.kept))
            return BadRow(position=row.position, error=error, line=row.line, state=state)
        return claim if self.parents.admit(claim) else None

    def note_others(self) -> None:
        """Do nothing: what is taken from the journal is leased anyway."""

    async def aclose(self) -> None:
        """Give back the rows that were taken and have not begun."""
        while self._taken:
            row = self._taken.popleft()
            state = RowState.UNKNOWN if row.state is RowState.UNKNOWN else RowState.PENDING
            self.journal.post_end(row, Ending(state=state, kept=row.kept))


async def claim_of_leftover(row: Leftover, owner: str) -> Claim:
    """Make a claim of a row out of the journal.

    Args:
        row: The row.
        owner: The worker.

    Returns:
        The claim.

    Raises:
        InvalidRequestError: The request cannot be made anew: a file is gone, or the journal does not hold it.
    """
    data = row.data or {}
    request = await anyio.to_thread.run_sync(request_from_dict, data)
    if row.seed is not None and getattr(request, "seed", 0) is None:
        seed: dict[str, Any] = {"seed": row.seed}
        request = attrs.evolve(request, **seed)
    return Claim(
        position=row.position,
        fingerprint=row.fingerprint,
        key=row.key,
        owner=owner,
        request=request.seeded(),
        id=row.id,
        line=row.line,
        tags=row.tags,
        data=data,
        inputs=inputs_of(request),
        stem=row.stem,
        attempts=row.attempts,
        tokens=row.tokens,
        job=row.job,
        kept=row.kept,
        call_id=row.call_id,
        is_leased=True,
    )
