"""Which rows of the input are to be done, and which are done already.

A row is met again by its place and its fingerprint. As long as the input is the one that the journal knows, no row has
to be read that is done. From the first row on that differs, rows are found by what they ask for, wherever they stand.
"""

from __future__ import annotations

from typing import Any

from attrs import define, field

from imagine_async.batch.engine.admission import Admission
from imagine_async.batch.engine.counting import Counts
from imagine_async.batch.engine.inputs import Inputs
from imagine_async.batch.engine.keys import key_of
from imagine_async.batch.engine.parents import Parents
from imagine_async.batch.engine.reading import BadRow, Candidate, Turn, as_candidate, claim_of
from imagine_async.batch.engine.settings import BatchSettings
from imagine_async.batch.engine.skipping import Skipping
from imagine_async.batch.engine.windows import Windows
from imagine_async.batch.journal.claims import Claim, Known, Window
from imagine_async.batch.journal.keeping import Journal
from imagine_async.batch.records import RowState
from imagine_async.batch.rows import Row, RowInput
from imagine_async.errors import ConfigurationError, ImagineError

__all__ = ["Intake"]


@define
class Intake:
    """Yields the rows of the input that are to be done.

    Args:
        inputs: The caller's rows.
        journal: Knows the rows of earlier runs and of other workers.
        parents: Knows the rows that wait for others.
        skipping: Looks after the files of rows that are done.
        admission: Says whether rows may begin.
        counts: Is told of rows that are not to be done.
        settings: How the batch is run.
        windows: What the journal knows of the rows that come next.
    """

    inputs: Inputs
    journal: Journal
    parents: Parents
    skipping: Skipping
    admission: Admission
    counts: Counts
    settings: BatchSettings
    windows: Windows
    _position: int = 0
    _has_moved: bool = False
    _is_at_end: bool = field(default=False, init=False)

    async def next(self) -> Turn | None:
        """Return the next row that is to be done; `None` if there is none any more, or none may begin."""
        while await self.admission.wait():
            turn = await self._turn()
            if turn is not None:
                return turn
            if self._is_at_end and not self.skipping.has_found and not self.parents.is_busy:
                return None
        return None

    def note_others(self) -> None:
        """Take notice of other workers: from now on rows are leased, and looked at shortly before they begin."""
        self.windows.is_shared = True

    async def aclose(self) -> None:
        """Let go of the input."""
        await self.inputs.aclose()

    async def _turn(self) -> Turn | None:
        ready = self.parents.next_ready()
        if ready is not None:
            return ready
        gone = self.skipping.next_gone()
        if gone is not None:
            return await self._again(*gone)
        if self._is_at_end or self.parents.waiting > 4 * self.settings.concurrency:
            if self.parents.is_busy:
                await self.parents.wait()
            return None
        return await self._from_input()

    async def _from_input(self) -> Turn | None:
        window = await self.windows.at(self._position)
        if window.rows and self.inputs.is_at_hand and not self._has_moved:
            self._position = self.skipping.skip(self.inputs, self._position, window)
            if self.skipping.is_full:
                await self.skipping.look()
                return None
            if self._position >= window.end and not window.is_last:
                return None
        taken = await self.inputs.next()
        if taken is None:
            await self.skipping.look()
            await self._leave_over(window)
            self._is_at_end = True
            return None
        return await self._considered(taken[0], window)

    async def _leave_over(self, window: Window) -> None:
        """Take rows out of their places that lie behind the end of the input."""
        if self.admission.is_over or self.windows.is_shared or self._has_moved:
            return
        if not window.is_last or any(position >= self._position for position in window.rows):
            await self.journal.unsettle(self._position)

    async def _considered(self, item: RowInput, window: Window) -> Turn | None:
        position, self._position = self._position, self._position + 1
        candidate = as_candidate(item)
        known = window.known(position)
        if not self._has_moved and self._may_have_moved(candidate, known, window):
            await self._move(position)
        if self._has_moved:
            return await self._found_again(item, candidate, position)
        if known is None:
            return await self._begun(candidate, position, None)
        return await self._by_state(item, candidate, known)

    def _may_have_moved(self, candidate: Candidate, known: Known | None, window: Window) -> bool:
        if known is None:
            # It may be one that was in the input before, and left it.
            return window.has_left_over and not self.windows.is_shared
        return known.fingerprint != candidate.fingerprint.hex()

    async def _by_state(self, item: RowInput, candidate: Candidate, known: Known) -> Turn | None:
        """Decide by what the journal knows of a row."""
        if known.state == RowState.DONE:
            await self.skipping.add(known, item)
            return None
        if known.owner is not None:
            # Another worker has it.
            return None
        is_unknown = known.state == RowState.UNKNOWN
        if is_unknown and not (self.settings.resend_unknown or known.job or known.kept):
            self.counts.unknown += 1
            return None
        return await self._begun(candidate, known.position, known)

    async def _again(self, known: Known, item: RowInput, is_there: bool) -> Turn | None:
        """Do a row once more whose file is gone, or which sends a file that is another one now."""
        candidate = as_candidate(item)
        if is_there and await self._is_the_same(candidate, known):
            return None
        self.counts.note_skipped(-1)
        return await self._begun(candidate, known.position, known)

    async def _is_the_same(self, candidate: Candidate, known: Known) -> bool:
        """Tell whether files that were written anew hold what they held."""
        try:
            _, _, key = await self._read(candidate, known.position)
        except ImagineError:
            return False
        return key.hex() == known.key

    async def _read(self, candidate: Candidate, position: int) -> tuple[Row, dict[str, Any], bytes]:
        """Read a row; returns it, its request as plain data, and what it asks for."""
        row, data = await candidate.read()
        parents = await self.parents.keys(row, position) if row.request.pictures() else {}
        return row, data, await key_of(row.request, data, parents, candidate.text)

    async def _begun(self, candidate: Candidate, position: int, known: Known | None) -> Turn | None:
        try:
            row, data, key = await self._read(candidate, position)
            claim = claim_of(
                row,
                data,
                known if known is not None and known.key == key.hex() else None,
                position=position,
                fingerprint=candidate.fingerprint,
                key=key,
                owner=self.journal.owner.name,
                settings=self.settings,
            )
        except ImagineError as error:
            return self._refused(candidate, position, error)
        claim.met = None if known is None else (known.state, known.attempts)
        if self._has_moved or self.windows.has_left_over:
            await self._see_whose_name_it_takes(claim)
        return self._claimed(claim)

    async def _see_whose_name_it_takes(self, claim: Claim) -> None:
        """Look for the file of a row that gives its name away: if that comes back, a new one could pass for it."""
        other = await self.journal.out_of_place(claim.stem)
        if other is not None:
            position, file, size = other
            if await self.skipping.will_lack(file, size):
                await self.journal.forget_file(position)

    def _claimed(self, claim: Claim) -> Claim | None:
        self.admission.note_begun(claim.position)
        can_begin = self.parents.admit(claim)
        if self.windows.is_shared or not can_begin:
            # Alone, a worker need not lease what it sends at once.
            self.journal.post_claim(claim)
        return claim if can_begin else None

    def _refused(self, candidate: Candidate, position: int, error: ImagineError) -> BadRow:
        message = f"{type(error).__name__}: {error}"
        self.journal.post_unread(position, candidate.fingerprint, candidate.line, message)
        self.admission.note_begun(position)
        return BadRow(position=position, error=error, line=candidate.line)

    async def _move(self, position: int) -> None:
        if self.windows.is_shared:
            raise ConfigurationError(
                f"row {position} of the input is another one than the journal knows, and other workers are at work on "
                "it: give all workers the same input"
            )
        await self.journal.unsettle(position)
        self._has_moved = True

    async def _found_again(self, item: RowInput, candidate: Candidate, position: int) -> Turn | None:
        try:
            row, _, key = await self._read(candidate, position)
        except ImagineError as error:
            return self._refused(candidate, position, error)
        known = await self.journal.adopt(position, key, row.id, candidate.fingerprint, row.line)
        if known is None:
            return await self._begun(candidate, position, None)
        return await self._by_state(item, candidate, known)
