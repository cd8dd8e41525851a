"""What may be done next, once a batch has ended or while its journal lies there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from imagine_async.batch.records import RowState
from imagine_async.cli.batch.words import counted
from imagine_async.errors import AuthenticationError, BudgetExceededError, InsufficientCreditsError

__all__ = ["after_error", "by_states"]

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


def by_states(states: Mapping[RowState, int], journal: str | None) -> list[str]:
    """Say what may be done about the rows that are not done.

    Args:
        states: Rows by state.
        journal: Where the journal is; `None` where none was kept.

    Returns:
        A line for each.
    """
    if journal is None:
        return []
    place = shlex.quote(journal)
    steps = []
    if left := sum(states.get(state, 0) for state in (RowState.PENDING, RowState.LEASED, RowState.SENT)):
        steps.append(f"{counted(left, 'row')} not done yet: imagine batch retry {place}")
    if failed := states.get(RowState.FAILED, 0):
        steps.append(f"{counted(failed, 'failed row')}, to run again: imagine batch retry {place}")
    if unknown := states.get(RowState.UNKNOWN, 0):
        steps.append(f"{counted(unknown, 'row')} may have been charged: imagine batch unknown {place}")
    return steps
