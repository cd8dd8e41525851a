"""What may be done next, once a batch has ended or while its journal lies there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from imagine_async.batch.journal import Overview
from imagine_async.batch.records import RowState
from imagine_async.cli.batch.journals import JOURNAL_NAME
from imagine_async.cli.batch.words import counted
from imagine_async.cli.output import shown
from imagine_async.errors import AuthenticationError, BudgetExceededError, InsufficientCreditsError

__all__ = ["after_error", "for_rows", "name_of"]

_ADVICE: Mapping[type[Exception], str] = {
    AuthenticationError: "Check the key: keys are made in the Keys tab of https://platform.imagine.art.",
    BudgetExceededError: "Raise the budget, with --budget or in the settings, to go on.",
    InsufficientCreditsError: "Add tokens to the account on https://platform.imagine.art to go on.",
}


def after_error(error: Exception) -> str | None:
    """Say what helps against an error that has ended a batch.

    Args:
        error: The error.

    Returns:
        A sentence; `None` where the error says it itself.
    """
    return next((advice for kind, advice in _ADVICE.items() if isinstance(error, kind)), None)


def for_rows(overview: Overview, journal: Path) -> list[str]:
    """Say what may be done about rows that did not end well.

    Args:
        overview: What the journal tells.
        journal: Where it is.

    Returns:
        A line for each kind of them.
    """
    place, steps = name_of(journal), []
    if failed := overview.states.get(RowState.FAILED, 0) - overview.unreadable:
        steps.append(f"{counted(failed, 'row')} failed; to run {_them(failed)} again: imagine batch retry {place}")
    if unreadable := overview.unreadable:
        steps.append(f"{counted(unreadable, 'row')} cannot be used; correct the manifest, and run it again.")
    if unknown := overview.states.get(RowState.UNKNOWN, 0):
        steps.append(f"{counted(unknown, 'row')} may have been charged; to see which: imagine batch unknown {place}")
    return steps


def name_of(journal: Path) -> str:
    """Write a journal as a command takes it, by its folder where that is enough.

    Args:
        journal: Its path.
    """
    return shlex.quote(shown(journal.parent if journal.name == JOURNAL_NAME else journal))


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
