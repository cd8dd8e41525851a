"""`imagine budget show`, `set` and `drop`: the caps that all programs keep to which share a key and a store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from math import isinf
from typing import Annotated

from cyclopts import Parameter

from imagine_async.cli.books import USUAL_PLACE, Books, Where, work_in_books
from imagine_async.cli.output import CommandError, say
from imagine_async.cli.tables import as_number, as_table, as_text, visible
from imagine_async.errors import ConfigurationError
from imagine_async.stores import Budget, BudgetScope
from imagine_async.usage import BudgetState

__all__ = ["drop_budget", "set_budget", "show_budgets"]

_HEADER = ("Holds for", "Tokens", "Spent", "Left", "Set in")
_STORE = "store"
_NO_BUDGET = "No budget is set: what is spent has no cap but those that a program sets for itself."


def show_budgets(
    *, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False, place: Where = USUAL_PLACE
) -> None:
    """Print the budgets of the store and of the settings, with what is spent and left of each.

    Spent is what was charged, what may have been, and what is under way.
    Where two budgets hold for the same calls, the calls must keep to both.
    Budgets that a program sets by budget= are known to that program alone.

    Args:
        as_json: Print them as JSON.
        place: Which books, as --store and --account say.
    """

    async def look(books: Books) -> None:
        states = await books.ledger.budgets()
        say(_as_json(books, states) if as_json else _as_text(books, states))

    work_in_books(place, look)


def set_budget(
    tokens: float, /, *, scope: BudgetScope = "client", name: str | None = None, place: Where = USUAL_PLACE
) -> None:
    """Set a budget for all programs that share a key and a store, in place of one for the same.

    It holds from their next call on, also for those that run already.

    Args:
        tokens: What may be spent, from 0.
        scope: What it holds for: everything (client), each day in UTC, each tag or each batch.
        name: The one day (as 2026-11-24), tag or batch that is meant, instead of each.
        place: Which books, as --store and --account say.
    """
    if isinf(tokens):
        raise CommandError("a budget without end is none: imagine budget drop takes one away", code=2)
    budget = _budget(tokens, scope, name)

    async def change(books: Books) -> None:
        old = _same(await books.ledger.budgets(), budget)
        await books.ledger.store.set_budget(books.ledger.account, budget)
        instead = "" if old is None else f", instead of {as_text(old.budget.tokens)}"
        where = f"in the books of the account {visible(books.ledger.account)}"
        say(f"Set: {as_text(tokens)} tokens for {_meaning(budget)}{instead}, {where}.\n")
        say(_as_text(books, await books.ledger.budgets()))

    work_in_books(place, change, may_begin=True)


def drop_budget(*, scope: BudgetScope = "client", name: str | None = None, place: Where = USUAL_PLACE) -> None:
    """Take a budget away that was set in the store.

    Args:
        scope: What it holds for: everything (client), each day in UTC, each tag or each batch.
        name: The one day (as 2026-11-24), tag or batch that is meant, instead of each.
        place: Which books, as --store and --account say.
    """
    budget = _budget(0, scope, name)

    async def change(books: Books) -> None:
        ledger = books.ledger
        if not await ledger.store.drop_budget(ledger.account, budget.scope, budget.name):
            table = _as_text(books, await ledger.budgets())
            raise CommandError(f"the store holds no budget for {_meaning(budget)}; nothing was changed.\n{table}")
        say(f"Dropped the budget for {_meaning(budget)}.\n")
        say(_as_text(books, await ledger.budgets()))

    work_in_books(place, change)


def _budget(tokens: float, scope: BudgetScope, name: str | None) -> Budget:
    # The command line may hold bytes that are no text.
    name = None if name is None else name.encode(errors="replace").decode()
    if scope == "day" and name is not None and not _is_day(name):
        raise CommandError(f"--name {visible(name)}: write a day as 2026-11-24", code=2)
    try:
        return Budget(tokens, scope, name)
    except ConfigurationError as error:
        raise CommandError(visible(error.message), code=2) from error


def _is_day(name: str) -> bool:
    try:
        # It also reads spellings that no call is booked under.
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _same(states: Iterable[BudgetState], budget: Budget) -> BudgetState | None:
    found = (state for state in states if state.is_shared)
    return next((each for each in found if (each.budget.scope, each.budget.name) == (budget.scope, budget.name)), None)


def _meaning(budget: Budget) -> str:
    if budget.scope == "client":
        return "everything"
    if budget.name is not None:
        return f"the {budget.scope} {visible(budget.name)}"
    return "each day (UTC)" if budget.scope == "day" else f"each {budget.scope}"


def _as_text(books: Books, states: Sequence[BudgetState]) -> str:
    if not states:
        return _NO_BUDGET
    rows = [
        (
            _meaning(state.budget),
            state.budget.tokens,
            state.spent,
            state.left,
            _place(books, state),
        )
        for state in states
    ]
    return "\n".join([as_table(_HEADER, rows, numbers=_HEADER[1:4]), *_notes(states)])


def _notes(states: Iterable[BudgetState]) -> list[str]:
    kinds = {state.budget.scope for state in states if state.budget.name is None} & {"tag", "batch"}
    kind = " or ".join(sorted(kinds, reverse=True))
    return [f"\nFor each {kind}, spent and left are those of the one that has spent most."] if kinds else []


def _as_json(books: Books, states: Iterable[BudgetState]) -> str:
    budgets = [
        {
            "scope": state.budget.scope,
            "name": state.budget.name,
            "tokens": as_number(state.budget.tokens),
            "spent": as_number(state.spent),
            "left": as_number(state.left),
            "set_in": _place(books, state),
        }
        for state in states
    ]
    return json.dumps({"account": books.ledger.account, "budgets": budgets}, indent=2)


def _place(books: Books, state: BudgetState) -> str:
    return _STORE if state.is_shared else books.budget_source
