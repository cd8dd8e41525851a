"""No journal: for batches that are not to be resumed. What has an id is remembered for as long as the batch runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imagine_async.batch.journal.claims import Claim, Ending, Known, Leftover, Window
from imagine_async.batch.journal.lookups import Parent
from imagine_async.batch.journal.owners import Owner
from imagine_async.batch.records import RowState
from imagine_async.batch.rows import RowError

__all__ = ["NoJournal"]


class NoJournal:
    """Keeps nothing; see `Journal`."""

    def __init__(self) -> None:
        self.owner = Owner.of_this_process()
        self._named: dict[str, tuple[int, Parent]] = {}

    async def open(self) -> str:
        """Begin."""
        return self.owner.name

    async def beat(self) -> bool:
        """Nobody takes this worker for dead."""
        return True

    async def has_others(self) -> bool:
        """There are no others."""
        return False

    async def inherit(self) -> Sequence[Leftover]:
        """There is nothing to inherit."""
        return ()

    async def is_file_of_another(self, file: str, position: int) -> bool:
        """Nobody asks, because nothing is inherited."""
        return False

    async def window(self, start: int, count: int) -> Window:
        """Nothing is known."""
        return Window({}, start + count, is_last=True, others=frozenset())

    async def unsettle(self, start: int) -> None:
        """No row has a place."""

    async def adopt(
        self, position: int, key: bytes, row_id: str | None, fingerprint: bytes, line: int | None
    ) -> Known | None:
        """No row has lost its place."""
        return None

    async def out_of_place(self, stem: str) -> tuple[int, str, int] | None:
        """No row has lost its place."""
        return None

    async def forget_file(self, position: int) -> None:
        """No file is known."""

    async def find_parent(self, row_id: str, before: int) -> Parent | None:
        """Find a row of this run by its name."""
        position, parent = self._named.get(row_id, (before, None))
        return parent if position < before else None

    async def take(self, states: tuple[str, ...], start: int, count: int) -> Sequence[Leftover]:
        """There is nothing to take."""
        return ()

    async def count_states(self) -> Mapping[RowState | None, int]:
        """Nothing was counted."""
        return {}

    async def spent(self) -> float:
        """Nothing was spent before."""
        return 0.0

    def post_claim(self, claim: Claim) -> None:
        """Take a row, if its id is its own."""
        if claim.id is None:
            return
        if self._is_of_another(claim):
            claim.problem = RowError(
                f"{claim.id!r} is the id of row {self._named[claim.id][0]} already: give each row its own",
                line=claim.line,
                field="id",
            )
            return
        self._named[claim.id] = (claim.position, Parent(RowState.LEASED, None, claim.key))

    async def confirm(self, claim: Claim) -> None:
        """See that the row can be had."""
        self.post_claim(claim)
        if claim.problem is not None:
            raise claim.problem
        claim.is_leased = True

    async def mark_sent(self, claim: Claim) -> None:
        """See that the row can be had."""
        await self.confirm(claim)

    def post_unsent(self, claim: Claim) -> None:
        """Nothing is noted."""

    def post_job(self, claim: Claim) -> None:
        """Nothing is noted."""

    def post_end(self, claim: Claim | Leftover, ending: Ending) -> None:
        """Remember how a row ended that others may name."""
        if isinstance(claim, Claim) and claim.id is not None and not self._is_of_another(claim):
            self._named[claim.id] = (claim.position, Parent(ending.state, ending.file, claim.key))

    def post_unread(self, position: int, fingerprint: bytes, line: int | None, error: str) -> None:
        """Nothing is noted."""

    async def flush(self) -> None:
        """There is nothing to write."""

    async def aclose(self) -> None:
        """There is nothing to let go of."""

    def _is_of_another(self, claim: Claim) -> bool:
        return self._named.get(claim.id or "", (claim.position,))[0] != claim.position
