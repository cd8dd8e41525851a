"""Rows that take another row's picture: they wait for it without keeping a place from rows that could go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import anyio
import anyio.to_thread
import attrs

from imagine_async.batch.journal.claims import Claim
from imagine_async.batch.journal.keeping import Journal
from imagine_async.batch.records import RowState
from imagine_async.batch.rows import Row, RowError
from imagine_async.batch.sinks.base import Sink
from imagine_async.inputs import RowOutput
from imagine_async.requests import Request
from imagine_async.results import Image
from imagine_async.stores.sqlite.text import clean

__all__ = ["Parents"]


class Parents:
    """Knows which rows are in work, which rows wait for them, and which of those may go on.

    Args:
        journal: Knows the rows that have ended.
        sink: Holds their files; `None` where files are not kept.
    """

    def __init__(self, journal: Journal, sink: Sink | None) -> None:
        self._journal = journal
        self._sink = sink
        self._running: dict[str, Claim] = {}
        self._waiting: dict[str, list[Claim]] = {}
        self._ready: deque[Claim] = deque()
        self._changed = anyio.Event()

    @property
    def waiting(self) -> int:
        """How many rows wait for another one."""
        return sum(map(len, self._waiting.values()))

    @property
    def is_busy(self) -> bool:
        """Whether there are rows that wait for another one, or whose turn has come."""
        return bool(self._waiting or self._ready)

    def next_ready(self) -> Claim | None:
        """Return a row whose turn has come, if there is one."""
        return self._ready.popleft() if self._ready else None

    async def wait(self) -> None:
        """Wait until a row has ended that others wait for."""
        await self._changed.wait()

    async def keys(self, row: Row, position: int) -> dict[str, bytes]:
        """Return the keys of the rows whose pictures a row takes.

        Args:
            row: The row.
            position: Its place in the input.

        Raises:
            RowError: There is no such row before it, or files are not kept.
        """
        found = {}
        for name, source in parents_of(row.request):
            if self._sink is None:
                raise RowError("files are not kept, so no row can take another's picture: pass out=", field=name)
            running = self._running.get(clean(source.row))
            if running is not None:
                found[source.row] = running.key
                continue
            parent = await self._journal.find_parent(source.row, position)
            if parent is None:
                raise RowError(
                    f"no row before this one has the id {source.row!r}: a row takes the picture of an earlier one",
                    line=row.line,
                    field=name,
                )
            found[source.row] = parent.key
        return found

    def admit(self, claim: Claim) -> bool:
        """Take notice of a row that is to be done.

        Args:
            claim: The row.

        Returns:
            False if it has to wait for another one first.
        """
        if claim.id is not None:
            # A second row of the same id is refused by the journal.
            self._running.setdefault(claim.id, claim)
        for _, source in parents_of(claim.request):
            parent = self._running.get(clean(source.row))
            if parent is not None and parent is not claim:
                self._waiting.setdefault(clean(source.row), []).append(claim)
                return False
        return True

    def end(self, claim: Claim) -> None:
        """Take notice of a row that has ended, and let those go on that waited for it.

        Args:
            claim: The row.
        """
        if claim.id is None or self._running.get(claim.id) is not claim:
            return
        del self._running[claim.id]
        for waiting in self._waiting.pop(claim.id, ()):
            # It may take the picture of yet another row.
            if self.admit(waiting):
                self._ready.append(waiting)
        self._changed.set()
        self._changed = anyio.Event()

    def waiting_rows(self) -> list[Claim]:
        """Return the rows that wait, of which nothing will become any more."""
        return [*self._ready, *(claim for claims in self._waiting.values() for claim in claims)]

    async def resolved(self, claim: Claim) -> Request[Any]:
        """Return a row's request with the pictures of other rows in their places.

        Args:
            claim: The row.

        Raises:
            RowError: One of those rows is not done.
        """
        changes: dict[str, Any] = {}
        for name, source in parents_of(claim.request):
            changes[name] = await self._picture(source.row, name, claim)
        if not changes:
            return claim.request
        return await anyio.to_thread.run_sync(lambda: attrs.evolve(claim.request, **changes))

    async def _picture(self, row: str, field: str, claim: Claim) -> Any:
        parent = await self._journal.find_parent(row, claim.position)
        if parent is None or parent.state is not RowState.DONE or parent.file is None or self._sink is None:
            state = "is not there" if parent is None else f"is {parent.state}"
            raise RowError(f"row {row!r}, whose picture this one takes, {state}", line=claim.line, field=field)
        body = await self._sink.read(parent.file)
        return body if isinstance(body, bytes) else _as_image(body, claim)


def parents_of(request: Request[Any]) -> Sequence[tuple[str, RowOutput]]:
    """Return the fields that take another row's picture.

    Args:
        request: The request.
    """
    pictures = request.pictures()
    return [(name, source) for name, source in pictures if isinstance(source, RowOutput)] if pictures else ()


def _as_image(body: Any, claim: Claim) -> Image:
    """Wrap a picture that lies on disk, so that it is sent from there."""
    return Image(content=body, format="", width=0, height=0, request=claim.request)
