"""Doing one row, from its claim to its end in the journal."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from attrs import frozen

from imagine_async.batch.engine.admission import Admission
from imagine_async.batch.engine.counting import Counts
from imagine_async.batch.engine.making import Making
from imagine_async.batch.engine.parents import Parents
from imagine_async.batch.engine.reading import BadRow, Turn
from imagine_async.batch.engine.steps import CLAIM
from imagine_async.batch.engine.storing import KeptElsewhereError, KeptFileGoneError, Made, Storing
from imagine_async.batch.journal.claims import Claim, Ending, RowTakenError
from imagine_async.batch.journal.keeping import Journal
from imagine_async.batch.records import RowRecord, RowState
from imagine_async.batch.results import RowResult
from imagine_async.batch.rows import RowError
from imagine_async.errors import (
    AuthenticationError,
    BudgetExceededError,
    ClientClosedError,
    ConfigurationError,
    ImagineError,
    InsufficientCreditsError,
    Outcome,
    ResultStorageError,
    StoreError,
    VideoFailedError,
)
from imagine_async.results import Image
from imagine_async.video import Video

__all__ = ["Work"]

_FATAL = (
    AuthenticationError,
    BudgetExceededError,
    ClientClosedError,
    ConfigurationError,
    InsufficientCreditsError,
    KeptElsewhereError,
    ResultStorageError,
    StoreError,
)
"""What would befall every other row as well."""


@frozen
class Work:
    """Does rows.

    Args:
        making: Makes what they ask for.
        storing: Stores it.
        journal: Is told how they end.
        parents: Is told as well, for the rows that wait for them.
        admission: Stops the batch where no row could be done any more.
        counts: Counts them.
        stop_on_error: Whether the first row that fails stops the batch.
        resend_unknown: Whether a picture is made once more that was kept elsewhere, and is gone.
    """

    making: Making
    storing: Storing
    journal: Journal
    parents: Parents
    admission: Admission
    counts: Counts
    stop_on_error: bool
    resend_unknown: bool

    async def do(self, turn: Turn) -> RowResult | None:
        """Do a row.

        Args:
            turn: The row.

        Returns:
            How it ended; `None` if it did not end here: it stays pending, or another worker has it.
        """
        if isinstance(turn, BadRow):
            return self._refused(turn)
        self.counts.running += 1
        token = CLAIM.set(turn)
        try:
            return await self._done(turn)
        except Exception as error:
            return self._failed(turn, error)
        except BaseException:
            self._broken_off(turn)
            raise
        finally:
            CLAIM.reset(token)
            self.counts.running -= 1
            self.parents.end(turn)

    async def _done(self, claim: Claim) -> RowResult:
        if claim.kept is not None:
            await self.journal.confirm(claim)
            claim.is_sent = True
            ending = await self.storing.store_kept(claim, Path(claim.kept))
            if ending is not None:
                return self._ended(claim, ending, None)
            if not self.resend_unknown:
                raise KeptFileGoneError(claim.kept)
            claim.is_sent, claim.kept = False, None
        made = await self.making.make(claim)
        if not claim.is_leased:
            # No attempt was made: a cache had it, or another row of the same kind.
            await self.journal.confirm(claim)
        # From here on it is paid for, whatever befalls it.
        claim.is_sent = True
        return self._ended(claim, await self.storing.store(claim, made), made)

    def _ended(self, claim: Claim, ending: Ending, made: Made | None) -> RowResult:
        self.journal.post_end(claim, ending)
        self.counts.note_end(ending.state, size=ending.size or 0)
        return _result(claim, ending, made=made)

    def _failed(self, claim: Claim, error: Exception) -> RowResult | None:
        if isinstance(error, RowTakenError):
            return None
        if isinstance(error, VideoFailedError):
            # Nothing comes of the job any more.
            claim.job = None
        state = _state_after(claim, error)
        is_fatal = isinstance(error, _FATAL) and not _is_in_the_way(error)
        if is_fatal and state is RowState.FAILED:
            state = RowState.PENDING
        kept = getattr(error, "kept", None) or claim.kept
        ending = Ending(state=state, error=f"{type(error).__name__}: {error}", kept=None if kept is None else str(kept))
        if isinstance(error, RowError) and claim.problem is not None:
            # Another row has its name or its id: it stands in the journal as one that cannot be used.
            self.journal.post_unread(claim.position, claim.fingerprint, claim.line, ending.error or "")
        self.journal.post_end(claim, ending)
        self.counts.note_end(state, place=claim.place, error=error)
        if is_fatal or (self.stop_on_error and state is not RowState.PENDING):
            self.admission.stop(error)
        return None if state is RowState.PENDING else _result(claim, ending, error=error)

    def _broken_off(self, claim: Claim) -> None:
        state = RowState.UNKNOWN if claim.is_sent else RowState.PENDING
        error = "the batch was broken off while the row was under way" if claim.is_sent else None
        self.journal.post_end(claim, Ending(state=state, error=error, kept=claim.kept))
        self.counts.note_end(state)

    def _refused(self, row: BadRow) -> RowResult:
        place = f"row {row.position}" if row.line is None else f"line {row.line}"
        self.counts.note_end(row.state, place=place, error=row.error)
        if self.stop_on_error:
            self.admission.stop(row.error)
        record = RowRecord(
            position=row.position,
            key="",
            state=row.state,
            line=row.line,
            error=f"{type(row.error).__name__}: {row.error}",
        )
        return RowResult(state=row.state, position=row.position, read_record=lambda: record, error=row.error)


def _result(claim: Claim, ending: Ending, *, made: Made | None = None, error: Exception | None = None) -> RowResult:
    return RowResult(
        state=ending.state,
        position=claim.position,
        read_record=partial(record_of, claim, ending),
        image=made if isinstance(made, Image) else None,
        video=made if isinstance(made, Video) else None,
        error=error,
    )


def record_of(claim: Claim, ending: Ending) -> RowRecord:
    """Put together what is known of a row that has ended.

    Args:
        claim: The row.
        ending: How it ended.
    """
    return RowRecord(
        position=claim.position,
        key=claim.key.hex(),
        state=ending.state,
        id=claim.id,
        line=claim.line,
        tags=claim.tags,
        request=claim.data,
        stem=claim.stem,
        file=ending.file,
        size=ending.size,
        digest=ending.digest,
        width=ending.width,
        height=ending.height,
        seed=claim.seed,
        tokens=claim.tokens,
        elapsed=ending.elapsed,
        attempts=claim.attempts,
        error=ending.error,
        call_id=claim.call_id,
        job=claim.job,
        owner=claim.owner,
    )


def _is_in_the_way(error: Exception) -> bool:
    """Tell whether it is but a file of this row's name that keeps its own from being stored."""
    return isinstance(error, KeptElsewhereError) and isinstance(error.reason, FileExistsError)


def _state_after(claim: Claim, error: Exception) -> RowState:
    if isinstance(error, RowError):
        return RowState.FAILED
    if isinstance(error, (KeptElsewhereError, VideoFailedError)):
        # Of a video that failed nobody says whether its tokens come back.
        return RowState.UNKNOWN
    if isinstance(error, ImagineError) and error.outcome in (Outcome.NOT_SENT, Outcome.REJECTED):
        # Of a video job that has begun only a question may have failed.
        return RowState.UNKNOWN if claim.job is not None else RowState.FAILED
    return RowState.UNKNOWN if claim.is_sent or isinstance(error, ImagineError) else RowState.FAILED
