"""A row that a worker has, and what the journal knows of rows that were met before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from attrs import define, field, frozen

from imagine_async.batch.records import RowState
from imagine_async.errors import ImagineError
from imagine_async.requests import Request

__all__ = ["KNOWN_COLUMNS", "Claim", "Ending", "Known", "Leftover", "RowTakenError", "Window"]


class RowTakenError(ImagineError):
    """Another worker has the row; nothing was sent for it here."""


class Known(NamedTuple):
    """What the journal knows of the row at a position, as far as it takes to go on with it.

    A tuple, because a batch that is resumed meets as many of them as it has rows.

    Attributes:
        position: Its place in the input.
        fingerprint: What it looked like, in hexadecimal.
        key: What it asks for, in hexadecimal.
        state: How far it has come.
        owner: The worker that has it.
        seed: The seed that was sent.
        inputs: The files that it sends, as JSON.
        file: Where its file is.
        size: Bytes of the file.
        attempts: How often it was sent.
        tokens: What that has cost.
        job: Its video job.
        kept: The path of a file that is made and could not be stored.
    """

    position: int
    fingerprint: str
    key: str
    state: str
    owner: str | None
    seed: int | None
    inputs: str | None
    file: str | None
    size: int | None
    attempts: int
    tokens: float | None
    job: str | None
    kept: str | None


KNOWN_COLUMNS = ", ".join(Known._fields)
"""The same, for a query."""


@frozen
class Window:
    """What the journal knows of the rows from a position on.

    Args:
        rows: The rows as the file holds them, by position; those that it has not met are missing. A batch that is
            resumed meets millions of them: they stay plain tuples, which the garbage collector leaves alone.
        end: The position up to which it was asked, exclusively.
        is_last: Whether it knows of no row further on.
        others: The other workers that are alive.
        has_left_over: Whether there are rows that are no longer in the input, and may come back.
    """

    rows: dict[int, tuple[Any, ...]]
    end: int
    is_last: bool
    others: frozenset[str]
    has_left_over: bool = False

    def known(self, position: int) -> Known | None:
        """Return what is known of the row at a position; `None` for one that the journal has not met.

        Args:
            position: Its place in the input.
        """
        row = self.rows.get(position)
        return None if row is None else Known._make(row)


@frozen(kw_only=True)
class Leftover:
    """A row out of the journal, with all that it takes to do it.

    Args:
        position: Its place in the input.
        fingerprint: What its text looked like.
        key: What it asks for.
        id: Its name in the batch.
        line: Its line in the manifest.
        tags: Its labels.
        data: The request as plain data; `None` where the journal does not hold it.
        inputs: The files that it sends, as JSON.
        owner: The worker that has taken it.
        stem: Where its file goes, without suffix.
        seed: The seed that was sent.
        attempts: How often it was sent.
        tokens: What that has cost.
        job: Its video job.
        kept: The path of a file that is made and could not be stored.
        call_id: The id of its last call.
        state: How far it had come.
        sent_at: When it was about to be sent, in seconds since the epoch.
    """

    position: int
    fingerprint: bytes
    key: bytes
    id: str | None
    line: int | None
    tags: tuple[str, ...]
    data: Mapping[str, Any] | None
    inputs: str | None
    owner: str
    stem: str
    seed: int | None
    attempts: int
    tokens: float | None
    job: str | None
    kept: str | None
    call_id: str | None
    state: RowState
    sent_at: float


@define(kw_only=True, eq=False)
class Claim:
    """A row that a worker is about to do, or is doing.

    Args:
        position: Its place in the input, from 0.
        fingerprint: What its text looks like; 16 bytes.
        key: What it asks for; 16 bytes.
        owner: The worker.
        request: What to send, with its seed.
        id: Its name in the batch.
        line: Its line in the manifest.
        tags: Its labels.
        data: The request as plain data.
        inputs: The files that it sends, as JSON.
        stem: Where its file goes, without suffix. The journal numbers it, if another row has it already.
        is_named: Whether the row itself gave that name, so that it must not be changed.
        met: The state in which the journal knew it, and how often it had been sent by then; `None` where it did not
            know it. If that has changed, another worker was there first.
        attempts: How often it was sent.
        tokens: What that has cost; `None` where nobody knows.
        job: Its video job, if one has begun.
        kept: The path of a file that is made and could not be stored.
        call_id: The id of its last call.
        marked: The attempt that the journal was last told of, by the id of the call and its number.
        is_sent: Whether its call may have left, and its outcome is not known.
        is_leased: Whether the journal holds the row under this worker's name; set in the journal's thread.
        problem: Why the row cannot be had; set in the journal's thread.
    """

    position: int
    fingerprint: bytes
    key: bytes
    owner: str
    request: Request[Any]
    id: str | None = None
    line: int | None = None
    tags: tuple[str, ...] = ()
    data: Mapping[str, Any] | None = None
    inputs: str | None = None
    stem: str
    is_named: bool = False
    met: tuple[str, int] | None = None
    attempts: int = 0
    tokens: float | None = None
    job: str | None = None
    kept: str | None = None
    call_id: str | None = None
    marked: tuple[str, int] | None = field(default=None, init=False)
    is_sent: bool = field(default=False, init=False)
    is_leased: bool = False
    problem: Exception | None = field(default=None, init=False)

    @property
    def seed(self) -> int | None:
        """The seed that is sent; `None` where the call takes none."""
        seed: int | None = getattr(self.request, "seed", None)
        return seed

    @property
    def place(self) -> str:
        """What people call the row: by its id, its line, or its place."""
        if self.id is not None:
            return f"row {self.id!r}"
        return f"row {self.position}" if self.line is None else f"line {self.line}"


@frozen(kw_only=True)
class Ending:
    """How a row ended, or what it goes back to.

    Args:
        state: Its state from now on.
        file: Where its file is.
        size: Bytes of the file.
        digest: The SHA-256 of the file.
        width: Pixels across.
        height: Pixels down.
        elapsed: Seconds from the call to the whole picture.
        error: What went wrong.
        kept: The path of a file that is made and could not be stored.
    """

    state: RowState
    file: str | None = None
    size: int | None = None
    digest: str | None = None
    width: int | None = None
    height: int | None = None
    elapsed: float | None = None
    error: str | None = None
    kept: str | None = None
