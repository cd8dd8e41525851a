"""What is asked of a journal, and what was to be written before it."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from imagine_async.batch.journal import read_records
from imagine_async.batch.journal.claims import Ending
from imagine_async.batch.journal.journal import SqliteJournal
from imagine_async.batch.records import RowState
from tests.batch.journal.making import claim_for


@pytest.mark.anyio
async def test_a_question_that_is_broken_off(tmp_path: Path) -> None:
    """Rows that ended before it are written all the same: whoever asked for something else may have gone away."""
    journal = SqliteJournal(tmp_path / "j.sqlite")
    await journal.open()
    claim = claim_for(0, journal.owner.name)
    await journal.mark_sent(claim)
    journal.post_end(claim, Ending(state=RowState.DONE))
    with anyio.CancelScope() as scope:
        scope.cancel()
        await journal.beat()
    await journal.flush()
    await journal.aclose()
    assert [record.state for record in read_records(tmp_path / "j.sqlite")] == [RowState.DONE]
