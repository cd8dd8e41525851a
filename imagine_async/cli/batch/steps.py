"""What may be done next, once a batch has ended or while its journal lies there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from imagine_async.batch.journal import Overview
from imagine_async.batch.records import RowState
from imagine_async.cli.batch.words import counted
from imagine_async.errors import AuthenticationError, BudgetExceededError, InsufficientCreditsError

__all__ = ["after_error", "for_rows"]

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


def for_rows(overview: Overview, journal: str) -> list[str]:
    """Say what may be done about rows that did not end well.

    Args:
        overview: What the journal tells.
        journal: Where it is.

    Returns:
        A line for each kind of them.
    """
    place, steps = shlex.quote(journal), []
    if failed := overview.states.get(RowState.FAILED, 0) - overview.unreadable:
        steps.append(f"{counted(failed, 'row')} failed; to run {_them(failed)} again: imagine batch retry {place}")
    if unreadable := overview.unreadable:
        steps.append(f"{counted(unreadable, 'row')} cannot be used; correct the manifest, and run it again.")
    if unknown := overview.states.get(RowState.UNKNOWN, 0):
        steps.append(f"{counted(unknown, 'row')} may have been charged; to see which: imagine batch unknown {place}")
    if left_over := overview.left_over:
        steps.append(f"{counted(left_over, 'row')} of earlier runs no longer in the manifest.")
    return steps


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
