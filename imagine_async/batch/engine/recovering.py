"""Rows of a worker that died: what it may have sent is looked for, before anything is sent again."""

from __future__ import annotations

import contextlib

from attrs import frozen

from imagine_async.batch.engine.leftovers import claim_of_leftover
from imagine_async.batch.journal.claims import Claim, Ending, Leftover
from imagine_async.batch.journal.keeping import Journal
from imagine_async.batch.records import RowState
from imagine_async.batch.sinks.base import Sink
from imagine_async.errors import ImagineError

__all__ = ["Recovering"]

# Clocks of file systems and object stores are not quite ours.
_CLOCK_SECONDS = 2.0


@frozen
class Recovering:
    """Finds out what became of rows that a dead worker may have sent.

    Args:
        journal: Knows them.
        sink: May hold their files; `None` where files are not kept.
    """

    journal: Journal
    sink: Sink | None

    async def recover(self) -> list[Claim]:
        """Take over the rows of workers that are dead.

        Returns:
            The rows whose video job goes on, and can be followed.
        """
        jobs = []
        for row in await self.journal.inherit():
            if row.job is not None:
                with contextlib.suppress(ImagineError):
                    jobs.append(await claim_of_leftover(row, self.journal.owner.name))
                    continue
            self.journal.post_end(row, await self._ending(row))
        return jobs

    async def _ending(self, row: Leftover) -> Ending:
        stored = None if self.sink is None else await self.sink.find(row.stem)
        if (
            stored is None
            or stored.modified_at < row.sent_at - _CLOCK_SECONDS
            or await self.journal.is_file_of_another(stored.name, row.position)
        ):
            return Ending(state=RowState.UNKNOWN, error="the process died while the row was under way")
        return Ending(state=RowState.DONE, file=stored.name, size=stored.size, digest=stored.digest)
