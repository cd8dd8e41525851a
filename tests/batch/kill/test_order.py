"""A row is on the disk as sent before the server hears of it."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import attrs
import pytest

from imagine_async.batch.journal.reading import query_journal
from imagine_async.batch.journal.schema import JOURNAL
from imagine_async.stores.sqlite import schema
from imagine_async.stores.sqlite.open_file import OpenFile
from tests.batch.kill.books import Bench, bench
from tests.batch.kill.worker import run

_FULL = 2
_SENT = "SELECT position, attempts FROM rows WHERE state = 'sent' ORDER BY position"
_ATTEMPTS = "SELECT coalesce(sum(attempts), 0) FROM rows"


class LookingIntoTheJournal:
    """What a server does that looks into the journal when a request arrives, before it reads the body.

    Args:
        app: The server.
        look: Looks.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], look: Callable[[], None]) -> None:
        self._app = app
        self._look = look

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith("/_sandbox"):
            await anyio.to_thread.run_sync(self._look)
        await self._app(scope, receive, send)


def _watch(b: Bench, query: str) -> list[list[tuple[Any, ...]]]:
    seen: list[list[tuple[Any, ...]]] = []
    b.server.app.add_middleware(LookingIntoTheJournal, look=lambda: seen.append(query_journal(b.journal, query, ())))
    return seen


def test_the_row_of_each_request_is_sent(tmp_path: Path) -> None:
    """When a request arrives, its row stands in the journal as sent, and so it does when it is tried again."""
    with bench(tmp_path, rows=30, concurrency=1) as b:
        seen = _watch(b, _SENT)
        b.engine.failure = OSError("this picture fails")
        anyio.run(run, attrs.evolve(b.job, rows=1))
        b.engine.failure = None
        assert anyio.run(run, b.job)["by_state"] == {"done": 30}
        assert seen[4:] == [[(position, 1)] for position in range(1, 30)]
        # Three tries of the first run, and one of the second.
        assert seen[:4] == [[(0, attempt)] for attempt in range(1, 5)]


def test_no_request_is_ahead_of_the_journal(tmp_path: Path) -> None:
    """However many rows are in work, no more requests have arrived than attempts stand in the journal."""
    with bench(tmp_path, rows=300, concurrency=50) as b:
        seen = _watch(b, _ATTEMPTS)
        anyio.run(run, b.job)
        b.check_rows()
    assert len(seen) == 300
    assert all(attempts >= number for number, [(attempts,)] in enumerate(seen, 1))


def test_what_is_sent_outlives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each commit that holds a row that is about to be sent waits for the disk."""
    commit = OpenFile.commit
    commits: list[tuple[int, int]] = []

    def note(file: OpenFile) -> None:
        connection = file.transaction.connection
        if schema._value(connection, "PRAGMA application_id") == JOURNAL.application:
            commits.append((schema._value(connection, _ATTEMPTS), schema._value(connection, "PRAGMA synchronous")))
        commit(file)

    monkeypatch.setattr(OpenFile, "commit", note)
    with bench(tmp_path, rows=100) as b:
        anyio.run(run, b.job)
    grown = [how for (before, _), (after, how) in itertools.pairwise(commits) if after > before]
    assert len(grown) > 5
    assert set(grown) == {_FULL}
