"""`imagine batch retry`: runs the rows of a journal that are not done."""

from __future__ import annotations

from pathlib import Path

from imagine_async.batch.journal import look_over
from imagine_async.batch.records import RowState
from imagine_async.cli.batch.journals import JOURNAL_NAME, find_journal
from imagine_async.cli.batch.parts import (
    USUAL_DOING,
    USUAL_SHOWING,
    Doing,
    DoingOptions,
    ShowingOptions,
)
from imagine_async.cli.batch.plans import Plan
from imagine_async.cli.batch.work import run_plan
from imagine_async.cli.output import CommandError, say, shown

__all__ = ["retry"]


def retry(
    journal: Path,
    /,
    *,
    out: str | None = None,
    doing: DoingOptions = USUAL_DOING,
    showing: ShowingOptions = USUAL_SHOWING,
) -> int:
    """Run the rows of a journal once more that have failed or were not sent; the manifest is not needed.

    Rows that may have been charged are left alone, unless --resend-unknown is given. Rows that were never begun stand
    in the manifest alone. Exit codes are those of run.

    Args:
        journal: The journal, or the folder that holds it.
        out: Where the batch's files are, if the journal is not in their folder.
        doing: How rows are run.
        showing: What is shown.
    """
    path = find_journal(journal)
    total = _left(path, doing)
    if not total:
        say("Nothing is left to do here. Rows that were never begun stand in the manifest alone: run that again.")
        return 0
    plan = Plan(source=shown(path), rows=None, total=total, out=_place(path, out), journal=path)
    return run_plan(plan, doing, showing)


def _left(path: Path, doing: Doing) -> int:
    overview = look_over(path)
    wanted = {RowState.PENDING, RowState.LEASED, RowState.SENT, RowState.FAILED}
    if doing.resend_unknown:
        wanted.add(RowState.UNKNOWN)
    return sum(overview.states.get(state, 0) for state in wanted) - overview.unreadable


def _place(path: Path, out: str | None) -> str:
    if out is not None:
        return out
    if path.name != JOURNAL_NAME:
        raise CommandError("where are the files of this batch? Add --out FOLDER, as it was run with", code=2)
    return str(path.parent)
