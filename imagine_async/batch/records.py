"""What is known of a row of a batch, as the journal keeps it, and of a batch as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import field, frozen

__all__ = ["BatchProgress", "BatchSummary", "RowRecord", "RowState"]


class RowState(StrEnum):
    """How far a row has come."""

    PENDING = "pending"
    """Nothing was sent."""
    LEASED = "leased"
    """A worker has it; nothing was sent yet."""
    SENT = "sent"
    """A worker is about to send it, or has sent it."""
    DONE = "done"
    """Its file is stored whole."""
    FAILED = "failed"
    """It failed, and was not charged; it is tried again when the batch is resumed."""
    UNKNOWN = "unknown"
    """It may have been charged, and its picture is not there; it is not sent again unless told to."""


@frozen(kw_only=True)
class RowRecord:
    """A row as the journal knows it.

    Args:
        position: Its place in the input, from 0; below 0 for a row that is no longer in the input.
        key: What it asks for, as 32 hexadecimal digits: its request with the digests of its pictures.
        state: How far it has come.
        id: Its name in the batch.
        line: Its line in the manifest, from 1.
        tags: Its labels.
        request: The request, as `request_to_dict` writes it; `None` where it could not be read.
        stem: Where its file goes in the sink, without suffix.
        file: Where its file is in the sink, with suffix; `None` if it has none.
        size: Bytes of the file.
        digest: The SHA-256 of the file, in hexadecimal.
        width: Pixels across; `None` for a video.
        height: Pixels down.
        seed: The seed, given or chosen.
        tokens: What it cost by the price list, all tries together; `None` where no price is known.
        elapsed: Seconds from the call to the whole picture.
        attempts: How often it was sent.
        error: What went wrong the last time: the error's class and message.
        call_id: The id of its last call.
        job: The id of its video job.
        owner: The worker that has it, or had it last.
        changed_at: When its state changed last, in seconds since the epoch.
    """

    position: int
    key: str
    state: RowState
    id: str | None = None
    line: int | None = None
    tags: tuple[str, ...] = ()
    request: Mapping[str, Any] | None = None
    stem: str | None = None
    file: str | None = None
    size: int | None = None
    digest: str | None = None
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    tokens: float | None = None
    elapsed: float | None = None
    attempts: int = 0
    error: str | None = None
    call_id: str | None = None
    job: str | None = None
    owner: str | None = None
    changed_at: float = 0.0

    @property
    def endpoint(self) -> str | None:
        """The endpoint's name, for example `text_to_image`."""
        return None if self.request is None else self.request.get("endpoint")

    @property
    def prompt(self) -> str | None:
        """The prompt; `None` where the call takes none."""
        return None if self.request is None else self.request.get("prompt")

    @property
    def style(self) -> str | None:
        """The style; `None` where the call takes none."""
        return None if self.request is None else self.request.get("style")


@frozen(kw_only=True)
class BatchProgress:
    """How far a batch has come, at one moment.

    Args:
        total: Rows in the input, where that is known.
        done: Rows that are done, with those of earlier runs.
        skipped: Of those, rows that were done before this run.
        failed: Rows that failed in this run.
        unknown: Rows that may have been charged and are not there.
        running: Rows in flight.
        waiting: Of those, rows that wait for the rate limiter.
        tokens: Tokens settled by this run.
        tokens_held: Tokens of this run that may have been charged.
        tokens_left: Tokens left of the smallest budget; `None` without one.
        bytes: Bytes of the files that were stored in this run.
        elapsed: Seconds since the run began.
        rate: Rows that ended in the last minute, per second.
        limiter_wait: Seconds that calls have waited for the rate limiter, summed over the calls.
        paused: Whether admission is paused.
    """

    total: int | None = None
    done: int = 0
    skipped: int = 0
    failed: int = 0
    unknown: int = 0
    running: int = 0
    waiting: int = 0
    tokens: float = 0.0
    tokens_held: float = 0.0
    tokens_left: float | None = None
    bytes: int = 0
    elapsed: float = 0.0
    rate: float = 0.0
    limiter_wait: float = 0.0
    paused: bool = False

    @property
    def ended(self) -> int:
        """Rows that are done, failed or unknown."""
        return self.done + self.failed + self.unknown

    @property
    def seconds_left(self) -> float | None:
        """Seconds to the end at the present rate; `None` where nobody can tell."""
        if self.total is None or self.rate <= 0:
            return None
        return max(0, self.total - self.ended) / self.rate


@frozen(kw_only=True)
class BatchSummary:
    """What became of a run of a batch.

    Args:
        progress: The last figures.
        stopped_by: Why it ended before its input did: an error's class and message; `None` if it did not.
        by_state: Rows in the journal by state, with those of earlier runs.
        left_over: Rows in the journal that are no longer in the input.
        failures: The first failures, 20 at most, as pairs of the row's place (`line 7`, `row fox`, `row 12`) and error.
    """

    progress: BatchProgress
    stopped_by: str | None = None
    by_state: Mapping[RowState, int] = field(factory=dict)
    left_over: int = 0
    failures: tuple[tuple[str, str], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every row of the input is done."""
        if any(self.by_state.get(state) for state in (RowState.PENDING, RowState.LEASED, RowState.SENT)):
            # Other workers have them, or had them.
            return False
        return self.stopped_by is None and not self.progress.failed and not self.progress.unknown
