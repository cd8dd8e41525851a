"""What a batch's engine needs of a journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from imagine_async.batch.journal.claims import Claim, Ending, Known, Leftover, Window
from imagine_async.batch.journal.lookups import Parent
from imagine_async.batch.journal.owners import Owner
from imagine_async.batch.records import RowState

__all__ = ["Journal"]


class Journal(Protocol):
    """The rows of a batch; see `SqliteJournal`."""

    owner: Owner

    async def open(self) -> str:
        """Begin, as a worker; returns the journal's identity."""
        ...

    async def beat(self) -> bool:
        """Say that this worker is alive; false if it was taken for dead in the meantime."""
        ...

    async def has_others(self) -> bool:
        """Tell whether other workers use the journal now."""
        ...

    async def inherit(self) -> Sequence[Leftover]:
        """Take over what dead workers may have sent, and free what they have not."""
        ...

    async def is_file_of_another(self, file: str, position: int) -> bool:
        """Tell whether a file belongs to another row."""
        ...

    async def window(self, start: int, count: int) -> Window:
        """Look at the rows from a position on."""
        ...

    async def unsettle(self, start: int) -> None:
        """Take the rows from a position on out of their places."""
        ...

    async def adopt(
        self, position: int, key: bytes, row_id: str | None, fingerprint: bytes, line: int | None
    ) -> Known | None:
        """Find a row that was taken out of its place, and give it its new one."""
        ...

    async def out_of_place(self, stem: str) -> tuple[int, str, int] | None:
        """Find the row that was taken out of its place, and has the file of a name: its position, file, and size."""
        ...

    async def forget_file(self, position: int) -> None:
        """Note that a row has its file no more."""
        ...

    async def find_parent(self, row_id: str, before: int) -> Parent | None:
        """Find a row by its name in the batch, before a position."""
        ...

    async def take(self, states: tuple[str, ...], start: int, count: int) -> Sequence[Leftover]:
        """Lease rows out of the journal itself."""
        ...

    async def count_states(self) -> Mapping[RowState | None, int]:
        """Count the rows by state, and, under `None`, those that are no longer in the input."""
        ...

    async def spent(self) -> float:
        """Sum up what the rows have cost, in tokens."""
        ...

    def post_claim(self, claim: Claim) -> None:
        """Lease a row."""
        ...

    async def confirm(self, claim: Claim) -> None:
        """See that this worker has a row that it will end without sending it."""
        ...

    async def mark_sent(self, claim: Claim) -> None:
        """Note on the disk that a row is about to be sent."""
        ...

    def post_unsent(self, claim: Claim) -> None:
        """Note that what was about to be sent was not, or was turned away."""
        ...

    def post_job(self, claim: Claim) -> None:
        """Note the video job that a row has begun."""
        ...

    def post_end(self, claim: Claim | Leftover, ending: Ending) -> None:
        """Note how a row ended."""
        ...

    def post_unread(self, position: int, fingerprint: bytes, line: int | None, error: str) -> None:
        """Note a row that cannot be used."""
        ...

    async def flush(self) -> None:
        """Wait until all that was posted is written."""
        ...

    async def aclose(self) -> None:
        """End, as a worker, and let go of the file."""
        ...
